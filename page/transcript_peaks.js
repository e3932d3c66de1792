// The recording as two strips under the player: all of it, and a close-up around the needle with the words in it. The
// waveform is drawn from peaks that the program computes once; the browser never decodes the recording for it.

const strips = part(".strips"), far_strip = part(".strip.far"), close_strip = part(".strip.close"), drawn_share = part(".drawn");
const ASK_MS = 400, PEAKS_PER_S = 100, CLOSE_PX_PER_S = 100, LABEL_PX = 15, TURN = 0.92, LANDING = 0.08;
const MARKED = ["--grave-line", "--doubted-line", "--ink-soft"];
let peaks = null; // lowest and highest, -127 to 127, for each hundredth of a second
let close_from = 0; // seconds: where the close-up begins
let scale = 1; // the loudest fills the strip
let dragging = false;
const sizes_of = new Map(); // of each strip: asking the page for it would have it laid out

const length_s = () => (Number.isFinite(video.duration) ? video.duration : 0) || (peaks ? peaks.length / 2 / PEAKS_PER_S : 0);

// --- fetching

async function fetch_peaks() {
  const mine = job;
  while (strips.isConnected && mine === job) {
    const answer = document.hidden ? {} : await asked_for_peaks();
    if (answer.error !== undefined) return say_drawn(`No waveform: ${answer.error}`);
    if (answer.address) return take_peaks(answer.address);
    if (answer.share !== undefined) say_drawn(`Drawing the waveform: ${Math.floor(100 * answer.share)} %`);
    await new Promise((then) => setTimeout(then, ASK_MS));
  }
}

async function asked_for_peaks() {
  try {
    return JSON.parse(await server.peaks({ job }));
  } catch {
    return { error: "the program does not answer." };
  }
}

async function take_peaks(address) {
  try {
    const answer = await fetch(address);
    if (!answer.ok) throw new Error(answer.statusText);
    peaks = new Int8Array(await answer.arrayBuffer());
  } catch {
    return say_drawn("No waveform: the program does not answer.");
  }
  let loudest = 1;
  for (const each of peaks) if (each > loudest) loudest = each;
  scale = 1 / loudest;
  say_drawn("");
  draw_strips();
}

function say_drawn(sentence) {
  drawn_share.textContent = sentence;
}

// --- drawing

let strips_wait = 0;
function draw_strips() {
  strips_wait ||= requestAnimationFrame(() => { strips_wait = 0; draw_far(); draw_close(); move_needles(); });
}

const COLOURS = ["--wave", "--ink", "--line", "--grave", "--doubted", ...MARKED];
function brush_of(strip) {
  const canvas = strip.querySelector("canvas"), ratio = devicePixelRatio, { width, height } = sizes_of.get(strip) ?? { width: 0, height: 0 };
  const looks_now = getComputedStyle(strips); // asked once: asking has the page laid out
  const colours = Object.fromEntries(COLOURS.map((name) => [name, looks_now.getPropertyValue(name).trim()]));
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const paint = canvas.getContext("2d");
  paint.scale(ratio, ratio);
  paint.font = `12px ${looks_now.fontFamily}`;
  paint.textBaseline = "bottom";
  return { paint, width, height, colours };
}

// Lowest and highest of each pixel's stretch; `peaks_a_px` need not be whole.
function columns(from, peaks_a_px, width) {
  const reach = new Int8Array(2 * Math.ceil(width));
  for (let x = 0; x < width; x += 1) {
    const begin = Math.max(0, Math.floor(from + x * peaks_a_px)), end = Math.max(begin + 1, Math.floor(from + (x + 1) * peaks_a_px));
    let low = 0, high = 0;
    for (let at = 2 * begin; at < 2 * end && at < peaks.length; at += 2) {
      if (peaks[at] < low) low = peaks[at];
      if (peaks[at + 1] > high) high = peaks[at + 1];
    }
    reach[2 * x] = low;
    reach[2 * x + 1] = high;
  }
  return reach;
}

function wave({ paint, colours }, reach, height) {
  paint.fillStyle = colours["--wave"];
  for (let x = 0; 2 * x < reach.length; x += 1) {
    const [low, high] = [reach[2 * x], reach[2 * x + 1]];
    paint.fillRect(x, (height / 2) * (1 - high * scale), 1, Math.max(1, (height / 2) * (high - low) * scale));
  }
}

let far_reach = null, far_of = ""; // of hours: millions of peaks, found out once for each width
function draw_far() {
  const brush = brush_of(far_strip), { paint, width, height, colours } = brush, seconds = length_s();
  if (!seconds || !width) return;
  const wanted = `${width} ${seconds} ${peaks?.length}`;
  if (peaks && far_of !== wanted) [far_reach, far_of] = [columns(0, (seconds * PEAKS_PER_S) / width, width), wanted];
  if (far_reach) wave(brush, far_reach, height);
  for (const name of [...MARKED].reverse()) {
    paint.fillStyle = colours[name];
    for (const place of places) if (colour_name(place) === name) paint.fillRect((place.start / 1000 / seconds) * width, height - 5, 2, 5);
  }
}

function colour_name({ gap, marks }) {
  if (gap) return MARKED[1];
  return marks & GRAVE ? MARKED[0] : marks & DOUBTED ? MARKED[1] : MARKED[2];
}

function draw_close() {
  const brush = brush_of(close_strip), { paint, width, height, colours } = brush, tall = height - 2 * LABEL_PX;
  const left_ms = close_from * 1000, right_ms = left_ms + (width / CLOSE_PX_PER_S) * 1000;
  const place_of = (ms) => ((ms - left_ms) / 1000) * CLOSE_PX_PER_S;
  const shade = (start, end, name) => {
    paint.fillStyle = colours[name];
    paint.fillRect(place_of(start), 0, Math.max(2, place_of(end) - place_of(start)), height);
  };
  for (const [start, end] of gaps) if (start < right_ms && end > left_ms) shade(start, end, "--doubted");
  const found = words_between(left_ms, right_ms);
  for (const { start, end, mark } of found) if (isOpen(mark)) shade(start, end, mark & GRAVE ? "--grave" : "--doubted");
  if (peaks) wave(brush, columns(close_from * PEAKS_PER_S, PEAKS_PER_S / CLOSE_PX_PER_S, width), tall);
  found.forEach((each, index) => label(brush, each, place_of, { row: index % 2, tall, until: found[index + 2] }));
}

// Neighbours stand in two rows, so that each has the room of two.
function label({ paint, colours }, { start, text }, place_of, { row, tall, until }) {
  const x = place_of(start), room = until ? place_of(until.start) - x - 4 : 200;
  paint.fillStyle = colours["--line"];
  paint.fillRect(x, 0, 1, tall + (row + 1) * LABEL_PX);
  paint.save();
  paint.beginPath();
  paint.rect(x, tall, room, 2 * LABEL_PX);
  paint.clip();
  paint.fillStyle = colours["--ink"];
  paint.fillText(text, x + 3, tall + (row + 1) * LABEL_PX);
  paint.restore();
}

function words_between(left_ms, right_ms) {
  const found = [];
  const first = Math.max(0, utterances.findIndex((each) => each.end > left_ms));
  for (const each of utterances.slice(first, first + 60)) {
    if (each.start > right_ms) break;
    each.ids.forEach((id, index) => {
      if (each.ends[index] < left_ms || each.starts[index] > right_ms) return;
      found.push({ start: each.starts[index], end: each.ends[index], text: each.texts[index], mark: each.marks[index] });
    });
  }
  return found;
}

// --- the needle

let told_at = "";
function move_needles() {
  const now = video.currentTime, seconds = length_s();
  if (!dragging) turn_to(now);
  needle(far_strip, seconds ? (now / seconds) * (sizes_of.get(far_strip)?.width ?? 0) : 0);
  needle(close_strip, (now - close_from) * CLOSE_PX_PER_S);
  const told = `${clock(now * 1000)} of ${clock(seconds * 1000)}`;
  if (told === told_at) return;
  told_at = told;
  for (const strip of [far_strip, close_strip]) {
    strip.ariaValueMax = String(Math.floor(seconds));
    strip.ariaValueNow = String(Math.floor(now));
    strip.ariaValueText = told;
  }
}

function needle(strip, x) {
  strip.querySelector(".needle").style.transform = `translateX(${x.toFixed(1)}px)`;
}

// Like a page that is turned: what is seen stands still while the needle goes over it.
function turn_to(now) {
  const seen = (sizes_of.get(close_strip)?.width ?? 0) / CLOSE_PX_PER_S, at = (now - close_from) / seen;
  if (!seen || (at >= 0 && at <= TURN)) return;
  close_from = Math.max(0, now - LANDING * seen);
  draw_close();
}

function follow_needle() {
  if (!strips.isConnected) return;
  move_needles();
  if (!video.paused) requestAnimationFrame(follow_needle);
}

// --- going where somebody points

function seconds_at(strip, event) {
  const box = strip.getBoundingClientRect(), x = Math.max(0, Math.min(box.width, event.clientX - box.left));
  const there = strip === far_strip ? (x / box.width) * length_s() : close_from + x / CLOSE_PX_PER_S;
  return Math.max(0, Math.min(length_s(), there));
}

function seek(seconds) {
  stand(1000 * Math.max(0, Math.min(length_s(), seconds)));
  follow(true);
  move_needles();
  if (speaking !== null && !dragging) reveal(speaking);
}

// While somebody drags, the recording is sent to the newest place once it has come to the last one.
let chased = null;
function chase(seconds) {
  chased = seconds;
  if (!video.seeking) requestAnimationFrame(catch_up);
}

function catch_up() {
  if (chased === null || video.seeking) return;
  const there = chased;
  chased = null;
  seek(there);
}

const STEPS = {
  ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10,
};

for (const [strip, step_s] of [[far_strip, 5], [close_strip, 0.1]]) {
  strip.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    dragging = true;
    strip.setPointerCapture(event.pointerId);
    seek(seconds_at(strip, event));
  });
  strip.addEventListener("pointermove", (event) => { if (dragging) chase(seconds_at(strip, event)); });
  for (const over of ["pointerup", "pointercancel"]) {
    strip.addEventListener(over, () => {
      if (!dragging) return;
      dragging = false;
      seek(chased ?? video.currentTime);
      chased = null;
    });
  }
  strip.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const to = { Home: 0, End: length_s() }[event.key] ?? (STEPS[event.key] && video.currentTime + STEPS[event.key] * step_s);
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    seek(to);
  });
}

// --- when

element.addEventListener("opened", ({ detail }) => {
  strips.hidden = !detail.address;
  if (detail.address) fetch_peaks();
});
element.addEventListener("settled", draw_strips);
for (const moment of ["seeking", "seeked", "timeupdate", "loadedmetadata"]) video.addEventListener(moment, move_needles);
video.addEventListener("seeked", catch_up);
video.addEventListener("durationchange", draw_strips);
video.addEventListener("play", follow_needle);
const measured = new ResizeObserver((entries) => {
  for (const { target, contentRect } of entries) sizes_of.set(target, contentRect);
  draw_strips();
});
for (const strip of [far_strip, close_strip]) measured.observe(strip);

const darkness = matchMedia("(prefers-color-scheme: dark)");
darkness.addEventListener("change", function repaint_strips() {
  if (strips.isConnected) draw_strips();
  else darkness.removeEventListener("change", repaint_strips);
});
