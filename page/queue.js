"use strict";

// Runs once in the card of the queue. `element`, `props`, `trigger` and `watch` are Gradio's. Rows are changed and moved
// in place, never drawn anew: whoever is about to press a button finds it where it was, with the focus on it.

const card = element.querySelector("section");
const list = card.querySelector("ul");
const said = card.querySelector(".said");
const all = card.querySelector(".all");
const more = card.querySelector(".more");
const rows = new Map();
const OWN = "transcribe-queue"; // in the session of this very tab: which entries it waits for
const WORDS = {
  first: ["First", "Move % to the top"],
  up: ["Up", "Move % up"],
  down: ["Down", "Move % down"],
  remove: ["Remove", "Remove % from the queue"],
  cancel: ["Cancel", "Cancel %"],
  retry: ["Retry", "Try % again"],
  pause: ["Pause", "Pause the queue"],
  resume: ["Resume", "Resume the queue"],
  cancel_all: ["Cancel all", "Cancel all that is in the queue"],
  clear_failed: ["Clear failed", "Remove from the queue what has failed"],
};
let joined = false;

function draw() {
  const queue = props.value && JSON.parse(props.value);
  if (!queue) return;
  const held = document.activeElement;
  rejoin(queue.mine);
  card.hidden = queue.rows.length === 0;
  put(said, queue.said);
  put(more, queue.more);
  offer(all, [
    ...(queue.working ? [queue.paused ? "resume" : "pause", "cancel_all"] : []),
    ...(queue.rows.some((row) => row.state === "failed") ? ["clear_failed"] : []),
  ], "");
  drawRows(queue.rows);
  holdOn(held);
}

function drawRows(wanted) {
  const kept = new Set(wanted.map(({ id }) => id));
  for (const [id, row] of rows) if (!kept.has(id)) { row.remove(); rows.delete(id); }
  wanted.forEach((entry, place) => {
    const row = rows.get(entry.id) ?? made(entry);
    if (list.children[place] !== row) list.insertBefore(row, list.children[place] ?? null);
    fill(row, entry);
  });
  const line = wanted.filter(({ does }) => does.includes("up")).map(({ id }) => rows.get(id));
  line.forEach((row, place) => atEnds(row, place === 0, place === line.length - 1));
}

function made({ id, name, where }) {
  const row = document.createElement("li");
  row.dataset.id = id;
  row.setAttribute("aria-label", name);
  row.innerHTML = '<div class="what"><b></b><span></span></div><div class="does"></div>' +
    '<div class="bar" role="progressbar" aria-valuemin="0" aria-valuemax="100"><i></i></div>';
  const title = row.querySelector("b");
  title.textContent = name;
  title.title = where;
  row.querySelector(".bar").setAttribute("aria-label", name);
  rows.set(id, row);
  return row;
}

function fill(row, entry) {
  row.className = entry.state;
  put(row.querySelector(".what span"), entry.said);
  offer(row.querySelector(".does"), entry.does, entry.name);
  const bar = row.querySelector(".bar");
  bar.hidden = entry.share === null;
  if (bar.hidden) return;
  bar.setAttribute("aria-valuenow", Math.round(100 * entry.share));
  bar.style.setProperty("--share", entry.share);
}

function offer(where, does, name) {
  if ([...where.children].map((button) => button.dataset.does).join() === does.join()) return;
  where.replaceChildren(...does.map((what) => {
    const button = document.createElement("button");
    button.type = "button";
    button.dataset.does = what;
    button.textContent = WORDS[what][0];
    button.setAttribute("aria-label", WORDS[what][1].replace("%", () => name));
    return button;
  }));
}

// At the ends of the line a move changes nothing. Its button stays where it is, and keeps the focus.
function atEnds(row, first, last) {
  for (const [what, off] of [["first", first], ["up", first], ["down", last]]) {
    row.querySelector(`[data-does="${what}"]`).setAttribute("aria-disabled", off);
  }
}

function put(part, text) {
  if (part.textContent !== text) part.textContent = text;
}

// A row that moves loses the focus, and a button that has gone had it: the next best one gets it.
function holdOn(held) {
  if (!held || held === document.activeElement || !(held.closest && "does" in held.dataset)) return;
  const row = rows.get(held.closest("li")?.dataset.id);
  (held.isConnected ? held : (row ?? card).querySelector("button"))?.focus();
}

// --- after a reload --------------------------------------------------------------------------------------------------

function rejoin(mine) {
  if (!joined) {
    joined = true;
    const ids = remembered();
    if (ids.length) trigger("rejoin", { ids });
    if (ids.length && !mine.length) return; // they are not the tab's own yet
  }
  remember(mine);
}

function remembered() {
  try {
    return JSON.parse(sessionStorage.getItem(OWN) ?? "[]");
  } catch { // a browser that keeps nothing
    return [];
  }
}

function remember(mine) {
  try {
    sessionStorage.setItem(OWN, JSON.stringify(mine));
  } catch { // nor will it after a reload
  }
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-does]");
  if (!button || button.getAttribute("aria-disabled") === "true") return;
  const id = button.closest("li")?.dataset.id ?? "";
  if (button.dataset.does === "retry") trigger("retry", { id });
  else trigger("ask", { does: button.dataset.does, id });
});
watch("value", draw);
