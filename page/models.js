"use strict";

// Runs once for each model, and for what is said of it. `element` and `trigger` are Gradio's. A button says what it does
// and with which model: "install", "verify", "remove", "stop". Removing asks first, in the same place.

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.does) trigger(button.dataset.does, { model: button.dataset.model });
  else if (button?.matches("[data-ask]")) ask(button.closest(".asks"), true);
  else if (button?.matches("[data-keep]")) ask(button.closest(".asks"), false);
});

element.addEventListener("keydown", (event) => {
  const asking = event.target.closest(".asks.asking");
  if (event.key === "Escape" && asking) ask(asking, false);
});

function ask(part, asking) {
  part.classList.toggle("asking", asking);
  part.querySelector(asking ? "[data-keep]" : "[data-ask]").focus();
}
