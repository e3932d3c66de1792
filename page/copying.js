"use strict";

// Runs once where a report is shown. `element` is Gradio's. Copies the report as plain text.

const SHOWN_MS = 2000;

element.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy-report]");
  if (!button) return;
  const said = button.textContent;
  const copied = await copy(element.querySelector("pre"));
  button.textContent = copied ? "Copied" : "Press Ctrl+C";
  setTimeout(() => (button.textContent = said), SHOWN_MS);
});

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text.textContent);
    return true;
  } catch { // browsers refuse pages that come from another machine without encryption
    text.hidden = false;
    getSelection().selectAllChildren(text);
    return false;
  }
}
