"use strict";

// Runs once in the list of formats. `element` and `trigger` are Gradio's. A button says what to make of what is chosen:
// a "download" of one format, a "pack", or files that are written: "save_beside".

const boxes = [...element.querySelectorAll("input[type=checkbox]")];
const chosen = () => boxes.filter((box) => box.checked).map((box) => box.value);

function choose(all) {
  for (const box of boxes) box.checked = all;
  count();
}

function count() {
  element.querySelector(".chosen").textContent = `${chosen().length} formats chosen`;
}

element.addEventListener("change", count);
element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  if (button.matches("[data-all], [data-none]")) choose(button.matches("[data-all]"));
  else trigger(button.dataset.make, { formats: button.dataset.format ? [button.dataset.format] : chosen() });
});
count();
