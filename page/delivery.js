"use strict";

// Runs once above what is handed over. `element`, `props`, `trigger` and `watch` are Gradio's. It takes the place of
// the rest of the page while something is open; then what opened it has the focus again.

const TRIES = 40, PAUSE_MS = 50; // until the page is back
let job = null;

element.addEventListener("click", (event) => {
  if (event.target.closest(".back")) trigger("leave");
});

function turn() {
  if (!props.value) return goBack(TRIES);
  job = element.querySelector("[data-job]").dataset.job;
  window.scrollTo(0, 0);
  element.querySelector("h2").focus();
}

function goBack(tries) {
  const opener = document.querySelector(job ? `[data-does=deliver][data-job="${job}"]` : "#check-captions");
  if (opener?.checkVisibility()) opener.focus();
  else if (tries) setTimeout(goBack, PAUSE_MS, tries - 1);
}

watch("value", turn);
if (props.value) turn();
