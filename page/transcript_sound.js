// The recording, played where it lies; the word under the needle is marked, and kept in sight.

const video = part("video"), cannot = part(".cannot"), back_to_needle = part(".return");
const UNPLAYABLE = "Your browser cannot play this recording. Its words can be corrected all the same.";
const GONE = "The recording is not on this computer any more. Its words can be corrected all the same.";
const STEP_S = 3, FASTER = [1, 1.25, 1.5, 2], LEAD_MS = 300; // before a word that is to be checked
let stop_at = null, follows = true, listened = 0;

function load(wanted) {
  part(".screen").classList.toggle("sound", !wanted.picture);
  tell(wanted.address ? "" : GONE);
  video.hidden = !wanted.address;
  if (wanted.address) video.src = wanted.address;
}

function tell(sentence) {
  cannot.textContent = sentence;
  cannot.hidden = !sentence;
}

function stand(ms) {
  stop_at = null;
  video.currentTime = ms / 1000;
  mark_speaking();
}

function play_from(ms, until = null) {
  stand(ms);
  stop_at = until;
  follow(true);
  play();
}

function play() {
  if (video.src) video.play().catch(() => {}); // what is wrong with it the `error` event says
}

function follow(wanted) {
  follows = wanted;
  back_to_needle.hidden = follows || video.paused;
}

// --- the word under the needle

function word_at(ms) {
  let low = 0, high = utterances.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (utterances[middle].start <= ms) low = middle;
    else high = middle - 1;
  }
  const each = utterances[low];
  if (!each || each.start > ms) return null;
  let found = 0;
  while (found + 1 < each.ids.length && each.starts[found + 1] <= ms) found += 1;
  return each.ids[found] ?? null;
}

function mark_speaking() {
  const now = word_at(Math.round(video.currentTime * 1000));
  if (now === speaking) return;
  const before = speaking;
  speaking = now;
  if (before !== null) repaint(before);
  if (now === null) return;
  repaint(now);
  if (follows && !video.paused && !typing()) reveal(now);
}

function watch_needle() {
  if (!pane.isConnected) return;
  if (stop_at !== null && video.currentTime * 1000 >= stop_at) {
    video.pause();
    stop_at = null;
  }
  mark_speaking();
  if (!video.paused) listened = requestAnimationFrame(watch_needle);
}

video.addEventListener("play", () => { cancelAnimationFrame(listened); follow(follows); watch_needle(); });
video.addEventListener("pause", () => follow(follows));
video.addEventListener("seeked", mark_speaking);
cure(video, () => tell(UNPLAYABLE));
back_to_needle.addEventListener("click", () => { follow(true); if (speaking !== null) reveal(speaking, true); pane.focus(); });

// Whoever scrolls wants to read elsewhere.
for (const moved of ["wheel", "touchmove"]) pane.addEventListener(moved, () => follow(false), { passive: true });
pane.addEventListener("pointerdown", (event) => { if (event.target === pane) follow(false); }); // the scroll bar
