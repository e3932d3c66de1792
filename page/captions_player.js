"use strict";

// Runs once in the player. `element`, `props` and `watch` are Gradio's. The recording is played where it lies; captions
// are given to the browser as a track of their own, so that they change while it plays, and go with it to full screen.

const figure = element.querySelector("figure");
const video = element.querySelector("video");
const cannot = element.querySelector(".cannot");
const spoken = element.querySelector(".spoken");
const track = video.addTextTrack("captions", "Captions", "");
const UNPLAYABLE = "Your browser cannot play this recording. Its captions can be exported all the same.";
const SOUND_ONLY = "Your browser plays the sound of this recording, but not its picture.";
track.mode = "showing";
let address = "", hasPicture = false, lines = [];

function show() {
  const wanted = props.value ? JSON.parse(props.value) : { address: "", cues: [], picture: false };
  if (wanted.address !== address) load(wanted);
  hold(wanted.cues);
}

function load(wanted) {
  ({ address, picture: hasPicture } = wanted);
  say("");
  figure.hidden = !address;
  if (address) video.src = address;
  else video.removeAttribute("src");
  video.load();
}

// A track that is switched off has no list of cues; whether it is on stays the user's choice.
function hold(cues) {
  const mode = track.mode;
  track.mode = "hidden";
  while (track.cues.length) track.removeCue(track.cues[0]);
  for (const [start, end, text] of cues) track.addCue(new VTTCue(start, end, plain(text)));
  track.mode = mode;
  lines = cues;
  speak();
}

// Browsers show no captions where there is no picture.
function speak() {
  const now = video.currentTime, soundOnly = video.readyState > 0 && !video.videoWidth;
  const said = soundOnly ? lines.filter(([start, end]) => start <= now && now < end).map(([, , text]) => text) : [];
  spoken.textContent = said.join("\n");
}

const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

function say(sentence) {
  cannot.textContent = sentence;
  cannot.hidden = !sentence;
}

video.addEventListener("error", () => { if (address) say(UNPLAYABLE); });
video.addEventListener("loadedmetadata", () => {
  if (hasPicture && !video.videoWidth) say(SOUND_ONLY);
  video.classList.toggle("tall", video.videoHeight > video.videoWidth);
});
for (const moment of ["timeupdate", "seeked", "loadedmetadata"]) video.addEventListener(moment, speak);
track.addEventListener("cuechange", speak);
watch("value", show);
show();
