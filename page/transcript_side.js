// What opens beside the words: one thing at a time, kept as true as they are.

const side = part(".side"), side_title = part(".side h3"), side_body = part(".side-body");
const side_buttons = element.querySelectorAll("[data-key=speakers], [data-key=compare]");
const ROWS = 100; // of a list, laid out at a time
let shown_beside = null; // {key, title, fill}

const SIDES = { speakers: () => toggle_side(SPEAKERS), compare: () => toggle_side(COMPARING), close: close_what_is_open };
const SIDE_KEYS = { s: "speakers", c: "compare", Escape: "close" };
const KEEPS_FOCUS = new Set(["help", "list", "find", "replace", "speakers", "compare"]);

function toggle_side(wanted) {
  if (shown_beside?.key === wanted.key) close_side();
  else open_side(wanted);
}

function open_side(wanted) {
  if (!places_list.hidden) show_list();
  shown_beside = wanted;
  side_title.textContent = wanted.title;
  side_body.replaceChildren();
  side.hidden = false;
  press_buttons();
  wanted.fill();
  side_title.focus({ preventScroll: true });
}

function close_side() {
  shown_beside = null;
  side.hidden = true;
  side_body.replaceChildren();
  press_buttons();
  pane.focus({ preventScroll: true });
}

function press_buttons() {
  for (const button of side_buttons) button.setAttribute("aria-expanded", String(shown_beside?.key === button.dataset.key));
}

function close_what_is_open() {
  if (shown_beside) close_side();
  else if (!bar.hidden) close_bar();
}

// After every correction, and every reading.
function look_again() {
  if (!bar.hidden) search_soon({ stay: true });
  if (!is_at_work) shown_beside?.fill();
}

let is_at_work = false; // what is beside the words stays until a row of corrections is made
async function at_work(act) {
  is_at_work = true;
  const answer = await act();
  is_at_work = false;
  return answer;
}

// A question to the program that changes nothing; null if it cannot be answered, which has been said then.
async function look(name, wanted = {}) {
  await line;
  const asked_of = version, of_this = (wanted.job ?? job) === job;
  let answer;
  try {
    answer = JSON.parse(await server[name]({ job, version, ...wanted }));
  } catch {
    answer = { error: NO_LOOK, stale: false };
  }
  if (!pane.isConnected || (answer.error && of_this && asked_of !== version)) return null; // it was about what is no more
  if (answer.error) complain(answer.error, answer.stale);
  return answer.error ? null : answer;
}
const NO_LOOK = "The program does not answer. Start it again, then load this page again.";

// Thousands of rows, of which those far below are made when one scrolls there.
function list_rows(list, rows, make) {
  const end = made("li", "more");
  let count = 0;
  const go_on = () => {
    end.before(...rows.slice(count, count + ROWS).map(make));
    count += ROWS;
    if (count >= rows.length) { near_end.disconnect(); end.remove(); }
  };
  const near_end = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) return;
    near_end.unobserve(end); // it is told of again only if it is observed anew
    go_on();
    if (end.isConnected) near_end.observe(end);
  }, { root: side_body, rootMargin: "300px" });
  list.append(end);
  near_end.observe(end);
  go_on();
}

function button_of(label, act, looks = "") {
  const button = made("button", looks, label);
  button.type = "button";
  button.addEventListener("click", act);
  return button;
}

// A question that is asked, and answered, where it arises.
function ask_first(button, question, act) {
  const box = made("div", "ask");
  const over = () => { box.remove(); button.hidden = false; };
  const no = button_of("Leave it", over);
  box.append(made("p", "", question), button_of(button.textContent, () => { over(); act(); }, "lead"), no);
  button.after(box);
  button.hidden = true;
  no.focus();
}

part(".side .close").addEventListener("click", close_side);
side.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  event.stopPropagation();
  close_side();
});
