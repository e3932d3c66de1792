// Clicks and keys, and how it all begins.

const help = part(".keys"), help_button = part("[data-key=help]");

const DOES = {
  next: () => go_to_doubt(1),
  last: () => go_to_doubt(-1),
  checked: () => mark_checked(),
  list: show_list,
  edit: () => edit_words(),
  undo: () => steps.undo && ask("undo"),
  redo: () => steps.redo && ask("redo"),
  remove: delete_words,
  help: () => {
    help.hidden = !help.hidden;
    help_button.setAttribute("aria-expanded", String(!help.hidden));
  },
  ...FINDING, ...SHAPING, ...SIDES,
  toggle: () => (video.paused ? (follow(true), play()) : video.pause()),
  rewind: () => play_from(Math.max(0, video.currentTime - STEP_S) * 1000),
  pause: () => video.pause(),
  faster: () => {
    const next = FASTER[FASTER.indexOf(video.playbackRate) + 1] ?? FASTER.at(-1);
    video.playbackRate = video.paused ? 1 : next;
    follow(true);
    play();
  },
};

const KEYS = {
  ...FINDING_KEYS, ...SHAPING_KEYS, ...SIDE_KEYS,
  F8: "next", "Shift+F8": "last", "Ctrl+Enter": "checked", Enter: "edit", F2: "edit", Delete: "remove",
  "Ctrl+z": "undo", "Ctrl+y": "redo", "Ctrl+Shift+z": "redo", "?": "help", " ": "toggle", j: "rewind", k: "pause", l: "faster",
};

const MOVES = { ArrowLeft: (id) => step(id, -1), ArrowRight: (id) => step(id, 1), ArrowUp: (id) => beside(id, -1), ArrowDown: (id) => beside(id, 1) };

function named(event) {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const shift = event.shiftKey && (key.length > 1 || event.ctrlKey || event.metaKey);
  return `${event.ctrlKey || event.metaKey ? "Ctrl+" : ""}${shift ? "Shift+" : ""}${key}`;
}

// Keys mean the same all over the panel, but in fields, and on buttons where they press these.
function pressed(event) {
  if (!pane.isConnected) return document.removeEventListener("keydown", pressed);
  const target = event.target;
  if (target.matches("input, textarea, select") || event.altKey || event.isComposing) return;
  if (target.matches("button, video") && (event.key === " " || event.key === "Enter" || event.key.startsWith("Arrow"))) return;
  const does = KEYS[named(event)], move = MOVES[event.key];
  if (!does && !move) return;
  event.preventDefault();
  if (does) DOES[does]();
  else if (!event.ctrlKey && !event.metaKey) moved(move, event.shiftKey);
}

function moved(move, extends_it) {
  const from = cursor ?? speaking ?? utterances.find((each) => each.ids.length)?.ids[0];
  if (from === undefined || from === null) return;
  const to = cursor === null ? from : move(cursor);
  pick(to, extends_it ? anchor ?? to : to);
  reveal(to);
  if (video.paused && !extends_it) stand(home.get(to).starts[index_of(to)]);
}

// --- the mouse

const word_of = (node) => Number(node.dataset.word);

pane.addEventListener("click", (event) => {
  const target = event.target.closest("[data-word], [data-does], .time, .who");
  if (!target) return;
  if (target.matches(".time")) return play_from(Number(target.dataset.ms));
  if (target.matches(".who")) return rename(target);
  if (target.dataset.does) return in_gap(target);
  const id = word_of(target);
  if (event.shiftKey && cursor !== null) return pick(id, anchor);
  if (event.detail > 1 || dragged()) return;
  pick(id);
  play_from(home.get(id).starts[index_of(id)]);
});

pane.addEventListener("dblclick", (event) => {
  const target = event.target.closest("[data-word]");
  if (!target) return;
  getSelection().removeAllRanges();
  pick(word_of(target));
  edit_words();
});

pane.addEventListener("mousedown", (event) => { if (event.shiftKey) event.preventDefault(); });

// Words that the mouse was drawn over are chosen.
function dragged() {
  const marked = getSelection();
  if (marked.isCollapsed || !pane.contains(marked.anchorNode)) return false;
  const [from, to] = [marked.anchorNode, marked.focusNode].map((node) => (node.closest ? node : node.parentElement).closest("[data-word]"));
  if (!from || !to || from === to) return false;
  marked.removeAllRanges();
  pick(word_of(to), word_of(from));
  return true;
}
pane.addEventListener("mouseup", (event) => { if (!event.target.closest("[data-word]")) dragged(); });

function in_gap(button) {
  const node = button.closest(".passage"), { gap } = node.block;
  if (button.dataset.does === "hear") play_from(...gap);
  if (button.dataset.does === "settle") settle_gap(gap);
  if (button.dataset.does === "write") write_gap(gap, node);
}

for (const tools of element.querySelectorAll(".tools")) tools.addEventListener("click", (event) => {
  const button = event.target.closest("[data-key]");
  if (!button) return;
  DOES[button.dataset.key]();
  if (!KEEPS_FOCUS.has(button.dataset.key) && !typing()) pane.focus({ preventScroll: true });
});

part(".back").addEventListener("click", () => {
  video.pause();
  line.then(() => {
    trigger("leave", { job, others: [...replaced_elsewhere] });
    setTimeout(go_back, TRY_MS, job, TRIES);
  });
});

const TRIES = 40, TRY_MS = 50; // until the page is back
function go_back(from, tries) {
  const at = opened_at === null ? "" : `[data-word="${opened_at}"]`;
  const openers = document.querySelectorAll(`[data-does=read][data-job="${from}"]${at}`);
  const opener = [...openers].find((each) => each.checkVisibility());
  if (opener) opener.focus();
  else if (tries && !pane.isConnected) setTimeout(go_back, TRY_MS, from, tries - 1);
  else if (tries) setTimeout(go_back, TRY_MS, from, tries);
}

// --- opening

const heading = part("h2");
let opened_at = null; // a word

function open() {
  const wanted = props.value && JSON.parse(props.value);
  if (!wanted || wanted.job === job) return;
  job = wanted.job;
  opened_at = wanted.word;
  heading.textContent = wanted.name;
  window.scrollTo(0, 0);
  heading.focus();
  load(wanted);
  element.dispatchEvent(new CustomEvent("opened", { detail: wanted }));
  ask("read").then((opened) => {
    if (!opened) return;
    pane.focus({ preventScroll: true });
    if (home.has(opened_at)) go_to(opened_at);
  });
}

function go_to(word) {
  pick(word);
  reveal(word, true);
  stand(home.get(word).starts[index_of(word)]);
}

document.addEventListener("keydown", pressed);
watch("value", open);
open();
