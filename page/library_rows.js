"use strict";

// Runs once in the library room, before library_search.js, which shares its names. `element`, `props`, `server`,
// `trigger` and `watch` are Gradio's. Here: the list of all jobs, of which the page's tree has those that were in sight.

const part = (selector) => element.querySelector(selector);
const list = part("#history"), told = part(".told"), none = part(".none"), filter = part(".filter");
const bar_sure = part(".sure.all"), several = part(".several");

const LOOK_MS = 2000; // between two looks at what has changed, while the room is in sight
const ROWS_AT_ONCE = 60;
const NO_ANSWER = "The program does not answer. Is its window still open?";
const HINT = "Finds what was said in every finished transcript, with your corrections. A click on a place opens it there.";
const EMPTY = "What you transcribe is kept here until you delete it.";
const UNNAMED = "No transcript has a name like that.";
const LOST = "Deletes the transcript, its corrections, its waveform and its job. Your recording and files you saved stay.";
const ALL_LOST = "With them go their corrections, waveforms and jobs. Your recordings and files you saved stay.";
const BEGUN_LOST = "Deletes what was heard so far, and its job. Your recording and files you saved stay.";

let rows = [], stamp = "", limit = ROWS_AT_ONCE, looks = 0, timer = 0, in_sight = false;
const made = new Map(); // of each job its row in the list, and what that shows
const picked = new Set(); // jobs

async function ask(name, wanted) {
  try {
    return JSON.parse(await server[name](wanted));
  } catch {
    return { error: NO_ANSWER };
  }
}

function tell(sentence, wrong = false) {
  told.textContent = sentence;
  told.classList.toggle("wrong", wrong);
}

function node(name, looks, text = "", more = {}) {
  const made = Object.assign(document.createElement(name), more);
  if (looks) made.className = looks;
  if (text) made.textContent = text;
  return made;
}

const plural = (count, one, several) => `${count.toLocaleString("en")} ${count === 1 ? one : several}`;

// --- what there is

async function look() {
  clearTimeout(timer);
  looks += 1;
  const mine = looks, answer = await ask("jobs", { stamp });
  if (mine !== looks || !element.isConnected) return;
  if (answer.rows) {
    ({ rows, stamp } = answer);
    if (answer.error) tell(answer.error, true);
    lay_out();
  }
  if (in_sight) timer = setTimeout(look, LOOK_MS);
}

const named = () => {
  const wanted = filter.value.trim().toLocaleLowerCase();
  return rows.filter((row) => `${row.name}\n${row.recording}`.toLocaleLowerCase().includes(wanted));
};

function lay_out() {
  const all = named(), shown = all.slice(0, limit), jobs = new Set(shown.map((row) => row.job));
  for (const job of [...made.keys()]) if (!jobs.has(job)) forget(job);
  for (const { job, state } of shown) if (state === "running") picked.delete(job);
  const items = shown.map(item_of);
  let place = list.firstElementChild;
  for (const item of items) {
    if (item === place) place = place.nextElementSibling;
    else list.insertBefore(item, place);
  }
  none.hidden = all.length > 0;
  none.textContent = rows.length ? UNNAMED : EMPTY;
  part(".count").textContent = all.length === rows.length ? `${rows.length || ""}` : `${all.length} of ${rows.length}`;
  count_picked();
}

function forget(job) {
  made.get(job).item.remove();
  made.delete(job);
  picked.delete(job);
}

// A row that somebody is about to change stays as it is.
function item_of(row) {
  const content = JSON.stringify(row), old = made.get(row.job);
  if (old && (old.content === content || old.item.matches(".asking, .naming"))) return old.item;
  const item = node("li", row.state);
  item.dataset.job = row.job;
  item.setAttribute("aria-label", row.name);
  item.append(pick(row), what(row), share(row), does(row), sure(row));
  if (old) {
    const place = controls(old.item).indexOf(document.activeElement);
    old.item.replaceWith(item);
    controls(item)[place]?.focus();
  }
  made.set(row.job, { item, content });
  return item;
}

const controls = (item) => [...item.querySelectorAll(".pick, button")];

// --- a row

function pick(row) {
  const box = node("input", "pick", "", { type: "checkbox", checked: picked.has(row.job), disabled: row.state === "running" });
  box.setAttribute("aria-label", `Choose ${row.name}`);
  return box;
}

function what(row) {
  const facts = row.name === row.recording ? row.facts : [row.recording, ...row.facts];
  const box = node("div", "what"), line = node("span", "", facts.join(" · "));
  box.append(node("b", "", row.name, { title: row.path }), line);
  const state = { unfinished: "Unfinished", running: "In work" }[row.state] ?? (row.corrected ? "Corrected" : "");
  if (state) line.prepend(node("em", "", state), " ");
  return box;
}

function share(row) {
  const box = node("div", "checked");
  if (row.checked === null) return box;
  const bar = node("i");
  bar.style.setProperty("--share", row.checked / 100);
  box.append(node("span", "", `${row.checked} % checked`), bar);
  box.title = "How many of its words somebody has looked at: marked as checked, or corrected";
  return box;
}

const DOES = {
  finished: [["read", "Read and correct"], ["deliver", "Captions and export"], ["open_again", "Show"]],
  unfinished: [["go_on", "Go on"]],
  running: [],
};

function does(row) {
  const box = node("div", "does");
  DOES[row.state].forEach(([name, label], place) => {
    box.append(button(label, place ? "" : "lead", { does: name, job: row.job }));
  });
  if (row.state === "finished") box.append(button("Rename", "", { rename: "" }));
  if (row.state !== "running") box.append(button("Delete", "", { ask: "" }));
  return box;
}

function sure(row) {
  const box = node("div", "sure");
  box.append(node("span", "", row.state === "finished" ? LOST : BEGUN_LOST));
  box.append(button("Delete", "stop", { sure: "" }), button("Keep", "", { keep: "" }));
  return box;
}

function button(label, looks, meaning) {
  const made = node("button", looks, label, { type: "button" });
  Object.assign(made.dataset, meaning);
  return made;
}

// --- deleting

function ask_first(row, asking) {
  row.classList.toggle("asking", asking);
  row.querySelector(asking ? "[data-keep]" : "[data-ask]").focus();
}

function ask_for_all(asking) {
  part(".bar").classList.toggle("asking", asking);
  bar_sure.hidden = !asking;
  bar_sure.querySelector("span").textContent = picked.size === 1 ? LOST : `Deletes all ${picked.size}. ${ALL_LOST}`;
  bar_sure.querySelector("[data-keep]").focus();
  if (!asking) several.firstElementChild.focus();
}

function count_picked() {
  several.hidden = picked.size === 0;
  several.firstElementChild.textContent = `Delete ${picked.size} chosen`;
  if (picked.size === 0 && !bar_sure.hidden) ask_for_all(false);
}

async function remove(jobs) {
  const names = new Map(rows.map((row) => [row.job, row.name]));
  const { gone = [], error } = await ask("delete", { jobs });
  for (const job of jobs) made.get(job)?.item.classList.remove("asking");
  const after = made.get(jobs.at(-1))?.item.nextElementSibling;
  rows = rows.filter((row) => !gone.includes(row.job));
  lay_out();
  if (gone.length) trigger("gone", { jobs: gone });
  if (error) return tell(error, true);
  tell(`${gone.length === 1 ? names.get(gone[0]) : plural(gone.length, "job", "jobs")} ${gone.length === 1 ? "was" : "were"} deleted.`);
  (after?.querySelector("button") ?? filter).focus();
  look();
}

// --- renaming

function rename(row) {
  const label = row.querySelector("b"), field = node("input", "name", "", { value: label.textContent, maxLength: 200 });
  field.setAttribute("aria-label", "Name of the transcript");
  row.classList.add("naming");
  label.replaceWith(field);
  field.select();
  let done = false;
  const close = (keep, focus) => {
    if (done) return;
    done = true;
    const name = keep && field.value.trim() !== label.textContent ? field.value : null;
    field.replaceWith(label);
    row.classList.remove("naming");
    if (focus) row.querySelector("[data-rename]").focus();
    if (name !== null) keep_name(row, label, name);
  };
  field.addEventListener("keydown", (event) => {
    if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
    event.preventDefault(); // else the button that gets the focus would be pressed
    close(event.key === "Enter", true);
  });
  field.addEventListener("blur", () => close(true, false));
}

async function keep_name(row, label, name) {
  const before = label.textContent;
  if (name.trim()) label.textContent = name.trim();
  const { error } = await ask("rename", { job: row.dataset.job, name });
  if (error) {
    label.textContent = before;
    tell(error, true);
  }
  look();
}

// --- clicks

element.addEventListener("click", (event) => {
  const pressed = event.target.closest("button"), row = pressed?.closest("#history li"), data = pressed?.dataset;
  if (!pressed) return;
  if (data.does) trigger(data.does, { job: data.job, word: data.word === undefined ? null : Number(data.word) });
  else if (data.all !== undefined) all_of(pressed);
  else if (data.several !== undefined) ask_for_all(true);
  else if (data.rename !== undefined) rename(row);
  else if (data.ask !== undefined) ask_first(row, true);
  else if (data.keep !== undefined) row ? ask_first(row, false) : ask_for_all(false);
  else if (data.sure !== undefined) remove(row ? [row.dataset.job] : [...picked]);
});

element.addEventListener("change", (event) => {
  if (!event.target.matches(".pick")) return;
  const { job } = event.target.closest("li").dataset;
  if (event.target.checked) picked.add(job);
  else picked.delete(job);
  count_picked();
});

element.addEventListener("keydown", (event) => {
  const row = event.target.closest("li.asking");
  if (event.key !== "Escape") return;
  if (row) ask_first(row, false);
  else if (event.target.closest(".sure.all")) ask_for_all(false);
});

filter.addEventListener("input", () => {
  limit = ROWS_AT_ONCE;
  lay_out();
});

new IntersectionObserver(([seen]) => {
  if (!seen.isIntersecting || limit >= rows.length) return;
  limit += ROWS_AT_ONCE;
  lay_out();
}, { rootMargin: "600px" }).observe(part(".more"));

// What an answer of Gradio's events has to say: that something could not be opened.
watch("value", () => {
  const said = props.value && JSON.parse(props.value);
  if (said) tell(said.wrong, true);
});
