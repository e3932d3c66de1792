"use strict";

// Runs once for each model, and for what is said of it. `element` and `trigger` are Gradio's. A button says what it does
// and with which model: "install", "verify", "remove", "stop". Removing asks first, in the same place.

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { does, model } = button.dataset, question = button.closest(".asks");
  if (question) ask(question, button.matches("[data-ask]"));
  if (does) trigger(does, { model });
});

element.addEventListener("keydown", (event) => {
  const asking = event.target.closest(".asks.asking");
  if (event.key === "Escape" && asking) ask(asking, false);
});

function ask(part, asking) {
  part.classList.toggle("asking", asking);
  part.querySelector(asking ? "[data-keep]" : "[data-ask]").focus();
  asked = asking ? about(part) : "";
}

// A question stays open while what is said of the model is brought up to date around it.
let asked = ""; // which model, or which version of it, a question is about
const about = (part) => part.querySelector("[data-does]").dataset.model;
new MutationObserver(() => {
  const part = [...element.querySelectorAll(".asks:not(.asking)")].find((each) => about(each) === asked);
  if (part) ask(part, true);
}).observe(element, { childList: true, subtree: true });
