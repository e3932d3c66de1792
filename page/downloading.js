"use strict";

// Runs once where files are offered. `element` and `watch` are Gradio's. What was asked for begins to download at once, once.

const begun = new Set();

watch("value", () => {
  const link = element.querySelector("a[data-begin]");
  if (!link || begun.has(link.href)) return;
  begun.add(link.href);
  link.click();
});

// A moment that is pointed at is shown in the player.
element.addEventListener("click", (event) => {
  const at = event.target.closest("[data-at]");
  const video = document.querySelector("#player video");
  if (!at || !video?.src) return;
  video.currentTime = Number(at.dataset.at) + 0.001;
  video.scrollIntoView({ block: "nearest" });
});
