
// Runs once in the player, after playing.js. `element`, `props` and `watch` are Gradio's. The recording is played where it
// lies; its captions change while it plays.

const figure = element.querySelector("figure");
const video = element.querySelector("video");
const cannot = element.querySelector(".cannot");
const spoken = element.querySelector(".spoken");
const { track, hold } = captions_on(video);
const UNPLAYABLE = "Your browser cannot play this recording. Its captions can be exported all the same.";
const SOUND_ONLY = "Your browser plays the sound of this recording, but not its picture.";
let address = "", hasPicture = false, lines = [];

function show() {
  const wanted = props.value ? JSON.parse(props.value) : { address: "", cues: [], picture: false };
  if (wanted.address !== address) load(wanted);
  lines = wanted.cues;
  hold(lines);
  speak();
}

function load(wanted) {
  ({ address, picture: hasPicture } = wanted);
  say("");
  figure.hidden = !address;
  if (address) video.src = address;
  else video.removeAttribute("src");
  video.load();
}

// Browsers show no captions where there is no picture.
function speak() {
  const now = video.currentTime, soundOnly = video.readyState > 0 && !video.videoWidth;
  const said = soundOnly ? lines.filter(([start, end]) => start <= now && now < end).map(([, , text]) => text) : [];
  spoken.textContent = said.join("\n");
}

function say(sentence) {
  cannot.textContent = sentence;
  cannot.hidden = !sentence;
}

cure(video, () => say(UNPLAYABLE));
video.addEventListener("loadedmetadata", () => {
  if (hasPicture && !video.videoWidth) say(SOUND_ONLY);
  video.classList.toggle("tall", video.videoHeight > video.videoWidth);
});
for (const moment of ["timeupdate", "seeked", "loadedmetadata"]) video.addEventListener(moment, speak);
track.addEventListener("cuechange", speak);
watch("value", show);
show();
