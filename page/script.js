"use strict";

// Copies a transcript, shows the rest of a long table of words when it is scrolled to, and what a second model heard.

const ROWS_AT_ONCE = 500;
const rest = new WeakMap();

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  const copied = await copy(button.closest("article").querySelector(".text"));
  button.textContent = copied ? "Copied" : "Press Ctrl+C";
  setTimeout(() => (button.textContent = "Copy text"), 2000);
});

async function copy(text) {
  const paragraphs = [...text.querySelectorAll("p")].map((paragraph) => paragraph.textContent);
  try {
    await navigator.clipboard.writeText(paragraphs.join("\n\n"));
    return true;
  } catch { // browsers refuse pages that come from another machine without encryption
    getSelection().selectAllChildren(text);
    return false;
  }
}

document.addEventListener("scroll", (event) => {
  const table = event.target;
  if (!table.matches?.(".words[data-more]")) return;
  if (table.scrollTop + 2 * table.clientHeight > table.scrollHeight) showMore(table);
}, true);

async function showMore(table) {
  if (table.dataset.loading) return;
  table.dataset.loading = "yes";
  const body = table.querySelector("tbody");
  const words = rest.get(table) ?? await wordsOf(table.dataset.more);
  rest.set(table, words);
  body.append(...words.slice(body.rows.length, body.rows.length + ROWS_AT_ONCE).map(row));
  for (const line of body.querySelectorAll(".shared")) line.title = table.querySelector("table").dataset.shared;
  if (body.rows.length < words.length) delete table.dataset.loading;
}

async function wordsOf(address) {
  const transcript = await (await fetch(address)).json();
  return transcript.segments.flatMap((segment) => segment.words);
}

function row(word) {
  const line = document.createElement("tr");
  const sure = word.confidence == null ? "" : `${Math.round(100 * word.confidence)}%`;
  if (word.timing === "shared") line.className = "shared";
  for (const text of [word.start.toFixed(2), word.end.toFixed(2), word.text, sure]) {
    line.insertCell().textContent = text;
  }
  return line;
}

// A mark is described for screen readers; for everybody else its description floats beside it, until Escape.

const bubble = document.createElement("div");
bubble.id = "reading";
bubble.hidden = true;
const marked = (event) => event.target.closest?.(".text mark");
const show = (event) => { if (marked(event)) describe(marked(event)); };
const hide = () => { bubble.hidden = true; };

function describe(mark) {
  bubble.textContent = mark.getAttribute("aria-description");
  bubble.hidden = false;
  document.querySelector(".gradio-container").append(bubble);
  const line = mark.getClientRects()[0];
  const { width, height } = bubble.getBoundingClientRect();
  const above = line.top - height;
  bubble.style.left = `${Math.max(8, Math.min(line.left, document.documentElement.clientWidth - width - 8))}px`;
  bubble.style.top = `${above > 0 ? above : line.bottom}px`;
}

document.addEventListener("mouseover", show);
document.addEventListener("focusin", show);
document.addEventListener("mouseout", (event) => { if (marked(event) && event.relatedTarget !== bubble) hide(); });
bubble.addEventListener("mouseleave", hide);
document.addEventListener("focusout", hide);
document.addEventListener("scroll", hide, true);
document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
