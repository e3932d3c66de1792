"use strict";

// Runs once for each model, and for what is said of it. `element` and `trigger` are Gradio's. A button says what it does
// and with which model: "install", "verify", "remove", "stop". Removing asks first, in the same place.

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.does) asked = -1;
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
  asked = asking ? place_of(part) : -1;
}

// A question stays open while what is said of the model is brought up to date around it.
let asked = -1; // which of the questions
const place_of = (part) => [...element.querySelectorAll(".asks")].indexOf(part);
watch("value", () => requestAnimationFrame(() => {
  const part = element.querySelectorAll(".asks")[asked];
  if (part && !part.matches(".asking")) ask(part, true);
}));
