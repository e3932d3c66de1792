"use strict";

// Runs once for a part of the page that lists jobs. `element` and `trigger` are Gradio's. A button says what it does
// and with which job: "go_on", "open_again", "delete_job", "deliver", "read". Deleting asks first, in the same place.

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const row = button?.closest("li");
  if (button?.dataset.does) trigger(button.dataset.does, { job: button.dataset.job });
  else if (button?.matches("[data-ask]")) ask(row, true);
  else if (button?.matches("[data-keep]")) ask(row, false);
});

element.addEventListener("keydown", (event) => {
  const row = event.target.closest("li.asking");
  if (event.key === "Escape" && row) ask(row, false);
});

function ask(row, asking) {
  row.classList.toggle("asking", asking);
  row.querySelector(asking ? "[data-keep]" : "[data-ask]").focus();
}
