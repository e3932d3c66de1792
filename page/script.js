"use strict";

// Copies a transcript, and shows the rest of a long table of words when it is scrolled to.

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
  if (body.rows.length < words.length) delete table.dataset.loading;
}

async function wordsOf(address) {
  const transcript = await (await fetch(address)).json();
  return transcript.segments.flatMap((segment) => segment.words);
}

function row(word) {
  const line = document.createElement("tr");
  const sure = word.confidence == null ? "" : `${Math.round(100 * word.confidence)}%`;
  for (const text of [word.start.toFixed(2), word.end.toFixed(2), word.text, sure]) {
    line.insertCell().textContent = text;
  }
  return line;
}
