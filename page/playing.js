"use strict";

// What the players of the page have in common; it stands before the script of each.

const EARLIER_S = 2, RETRIES = 2;
const CUES_AT_ONCE = 200; // a recording of hours has thousands, and a task is to be short

// Chromium finds no place near the end of a FLAC file without an index, and then gives up the whole file: it is played
// from a little earlier. Whatever else is wrong, `give_up` says.
function cure(video, give_up) {
  let wanted = 0, retries = 0, plays = false; // `paused` is true already when an error is told
  video.addEventListener("seeking", () => { wanted = video.currentTime; });
  video.addEventListener("play", () => { plays = true; });
  video.addEventListener("pause", () => { plays = false; });
  video.addEventListener("playing", () => { retries = 0; });
  video.addEventListener("error", () => {
    if (!video.getAttribute("src")) return;
    if (!Number.isFinite(video.duration) || retries >= RETRIES) return give_up();
    retries += 1;
    const earlier = Math.max(0, wanted - retries * EARLIER_S), goes_on = plays;
    video.load();
    video.addEventListener("loadedmetadata", () => {
      video.currentTime = earlier;
      if (goes_on) video.play().catch(() => {}); // what is wrong with it the next error says
    }, { once: true });
  });
}

// Captions as a track of the browser's own, which goes with the picture to full screen. `hold` shows others: only those
// that are not the same are touched, and these a few at a time. Whether the track is on stays the user's choice.
function captions_on(video) {
  const track = video.addTextTrack("captions", "Captions", "");
  const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  const held = new Map(); // by what they are
  let turn = 0;
  track.mode = "showing";

  async function hold(cues) {
    const mine = turn += 1, wanted = new Map(cues.map((cue) => [cue.join(" "), cue]));
    const gone = [...held].filter(([key]) => !wanted.has(key)), fresh = [...wanted].filter(([key]) => !held.has(key));
    for (const [key] of gone) held.delete(key);
    await in_slices(gone, ([, shown]) => track.removeCue(shown));
    await in_slices(fresh, ([key, [start, end, text]]) => {
      const shown = new VTTCue(start, end, plain(text));
      track.addCue(shown);
      held.set(key, shown);
    }, () => mine === turn);
  }
  return { track, hold };
}

async function in_slices(items, act, goes_on = () => true) {
  for (let from = 0; from < items.length && goes_on(); from += CUES_AT_ONCE) {
    if (from) await new Promise((then) => setTimeout(then));
    items.slice(from, from + CUES_AT_ONCE).forEach(act);
  }
}
