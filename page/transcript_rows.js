
// Runs once, after playing.js and with the other transcript_*.js, each time a transcript is opened. `element`, `props`, `server`, `trigger`
// and `watch` are Gradio's. Here: the words, laid out so that only those in sight are in the page's tree.

const part = (selector) => element.querySelector(selector);
const pane = part(".pane"), sheet = part(".sheet");

// as in reading.py
const DOUBTED = 1, GRAVE = 2, OUTSIDE_SPEECH = 4, HEARD = 8, CHECKED = 16, CORRECTED = 32;
const DOUBTS = DOUBTED | GRAVE | OUTSIDE_SPEECH | HEARD;
const isOpen = (mark) => (mark & DOUBTS) !== 0 && !(mark & CHECKED);

const BEYOND_PX = 500; // laid out above and below what is in sight
const PAUSE_MS = 1500; // begins a paragraph, as does another speaker
const MOST_WORDS = 80; // in a paragraph, more or less: it ends with an utterance
const LINE_PX = 30, MARGIN_PX = 18, LETTERS_A_LINE = 75; // until a paragraph is measured

let utterances = [], gaps = [], blocks = [], tops = [0];
const home = new Map(); // of each word its utterance
const drawn = new Map(); // of each block in the tree its element
let cursor = null, anchor = null; // words: what is chosen goes from one to the other
let speaking = null;
const leaders = new Set(); // the utterances that begin a paragraph
let first_made = Infinity; // utterances from this id on were made by a person, and begin one too

// --- what there is

function utterance([id, start, end, speaker, ids, texts, starts, ends, marks, reasons]) {
  const made = { id, start, end, speaker, ids, texts, starts, ends, marks, reasons, leads: false };
  for (const word of ids) home.set(word, made);
  return made;
}

function take(answer) {
  const fresh = answer.paragraphs.map(utterance);
  const old = utterances.slice(answer.at, answer.at + answer.removed);
  utterances.splice(answer.at, answer.removed, ...fresh);
  for (const each of old) for (const word of each.ids) if (home.get(word) === each) home.delete(word);
  first_made = answer.fresh ?? first_made;
  for (const each of fresh) each.leads = leaders.has(each.id) || each.id >= first_made;
  gaps = answer.unheard;
  group(old.length === 0);
}

// Where paragraphs begin is found out once, so that a correction moves no other paragraph's words.
function group(anew) {
  const held = holding(), before = new Map(blocks.map((block) => [block.key, block]));
  const made = [];
  let block = null, words = 0, last = null, gap = 0;
  const begin = (fresh) => { made.push(fresh); block = fresh; words = 0; };
  for (const each of utterances) {
    let parted = last === null || last.speaker !== each.speaker || block.gap !== undefined;
    for (; gap < gaps.length && gaps[gap][0] <= each.start; gap += 1, parted = true) begin(silence(gaps[gap]));
    if (anew && (each.start - (last?.end ?? 0) >= PAUSE_MS || words >= MOST_WORDS)) lead(each);
    if (parted || each.leads || block.gap !== undefined) begin({ key: each.id, parts: [], height: 0 });
    if (anew && block.parts.length === 0) lead(each);
    block.parts.push(each);
    words += each.ids.length;
    last = each;
  }
  for (; gap < gaps.length; gap += 1) begin(silence(gaps[gap]));
  name_speakers(made);
  blocks = made.map((each) => same(before.get(each.key), each) ? before.get(each.key) : each);
  for (const each of blocks) each.height ||= before.get(each.key)?.height || estimated(each);
  for (const each of blocks) for (const one of each.parts ?? []) one.block = each;
  for (const [each, node] of drawn) if (!blocks.includes(each)) discard(each, node);
  place(held);
}

// Also if it goes for a while, until it is brought back.
function lead(each) {
  each.leads = true;
  leaders.add(each.id);
}

// A name stands where somebody else begins to speak.
function name_speakers(made) {
  let before = null;
  for (const each of made) {
    if (!each.parts) continue;
    each.names = each.parts[0].speaker !== before;
    before = each.parts[0].speaker;
  }
}

const silence = (gap) => ({ key: `gap ${gap[0]}`, gap, height: 0 });
const same = (old, made) => old !== undefined && old.names === made.names && old.parts?.length === made.parts?.length
  && (made.parts ?? []).every((each, index) => each === old.parts[index]);

function estimated(block) {
  if (block.gap) return 2 * LINE_PX + MARGIN_PX;
  const letters = block.parts.reduce((sum, each) => each.texts.reduce((own, text) => own + text.length + 1, sum), 0);
  return Math.ceil(letters / LETTERS_A_LINE) * LINE_PX + MARGIN_PX + (block.parts[0].speaker && block.names ? LINE_PX : 0);
}

// --- where it is

// The paragraph at the top of what is in sight stays where it is, whatever is found out of those above it.
function holding() {
  const index = at(pane.scrollTop);
  return blocks[index] && { key: blocks[index].key, offset: pane.scrollTop - tops[index] };
}

function place(held) {
  tops = [0];
  for (const block of blocks) tops.push(tops[tops.length - 1] + block.height);
  sheet.style.height = `${tops[blocks.length]}px`;
  for (const [block, node] of drawn) node.style.top = `${tops[blocks.indexOf(block)]}px`;
  const index = held ? blocks.findIndex((block) => block.key === held.key) : -1;
  if (index >= 0 && pane.scrollTop !== tops[index] + held.offset) pane.scrollTop = tops[index] + held.offset;
  soon();
}

function at(top) {
  let low = 0, high = Math.max(0, tops.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (tops[middle] <= top) low = middle;
    else high = middle - 1;
  }
  return low;
}

let waiting = 0;
function soon() {
  if (!waiting) waiting = requestAnimationFrame(() => { waiting = 0; draw(); });
}

// First what is in sight; what is beyond it comes a frame later, so that a long leap is no long task.
function draw() {
  const fresh = lay_out(0);
  if (fresh) soon();
  else lay_out(BEYOND_PX);
  pane.setAttribute("aria-busy", "false");
}

function lay_out(beyond) {
  const from = at(pane.scrollTop - beyond), to = at(pane.scrollTop + pane.clientHeight + beyond);
  const near = new Set(blocks.slice(at(pane.scrollTop - BEYOND_PX), at(pane.scrollTop + pane.clientHeight + BEYOND_PX) + 1));
  for (const [block, node] of drawn) if (!near.has(block) && !node.contains(typing())) discard(block, node);
  let count = 0;
  for (let index = from; index <= to && index < blocks.length; index += 1) {
    if (drawn.has(blocks[index])) continue;
    put_in(node_of(blocks[index], tops[index]), tops[index]);
    count += 1;
  }
  return count;
}

// In the order in which it is read, also aloud, and in which the mouse is drawn over it.
function put_in(node, top) {
  const below = [...sheet.children].find((each) => Number.parseFloat(each.style.top) > top);
  sheet.insertBefore(node, below ?? null);
}

const typing = () => sheet.querySelector("input");

function discard(block, node) {
  sizes.unobserve(node);
  node.remove();
  drawn.delete(block);
}

const sizes = new ResizeObserver((entries) => {
  let changed = false;
  for (const { target } of entries) {
    const height = target.offsetHeight;
    if (!target.isConnected || !height || target.block.height === height) continue;
    target.block.height = height;
    changed = true;
  }
  if (changed) place(holding());
});
new ResizeObserver(soon).observe(pane);
pane.addEventListener("scroll", soon, { passive: true });

// --- what it looks like

function made(name, looks, text = "") {
  const node = document.createElement(name);
  if (looks) node.className = looks;
  if (text) node.textContent = text;
  return node;
}

function node_of(block, top) {
  const node = made("section", block.gap ? "passage gap" : "passage");
  node.style.top = `${top}px`;
  node.block = block;
  node.append(...(block.gap ? unheard(block.gap) : spoken(block)));
  drawn.set(block, node);
  sizes.observe(node);
  return node;
}

function spoken(block) {
  const [first] = block.parts, text = made("p");
  const nodes = [moment(first.start), text];
  if (first.speaker && block.names) nodes.splice(1, 0, name(first.speaker));
  for (const each of block.parts) each.ids.forEach((id, index) => text.append(word(each, index), " "));
  return nodes;
}

function moment(ms) {
  const node = made("button", "time", clock(ms));
  node.type = "button";
  node.tabIndex = -1;
  node.dataset.ms = ms;
  node.setAttribute("aria-label", `Play from ${clock(ms)}`);
  return node;
}

function name(speaker) {
  const node = made("button", "who", speaker);
  node.type = "button";
  node.title = "Rename";
  return node;
}

function word(each, index) {
  const node = made("span", looks(each, index), each.texts[index]);
  node.id = `word-${each.ids[index]}`;
  node.dataset.word = each.ids[index];
  const reason = each.reasons[index];
  if (reason) node.title = reason;
  return node;
}

function looks(each, index) {
  const mark = each.marks[index], kinds = ["w"];
  if (isOpen(mark)) kinds.push(mark & GRAVE ? "grave" : mark & DOUBTED ? "doubted" : "outside");
  if (mark & CORRECTED) kinds.push("corrected");
  else if (mark & CHECKED) kinds.push("seen");
  const id = each.ids[index];
  if (is_found(id)) kinds.push("found");
  if (isChosen(id)) kinds.push("chosen");
  if (id === speaking) kinds.push("now");
  return kinds.join(" ");
}

function unheard([start, end]) {
  const said = made("p", "", `Somebody speaks, but no words were found, for ${((end - start) / 1000).toFixed(1)} s. `);
  for (const [does, label] of [["hear", "Listen"], ["write", "Write it down"], ["settle", "Nothing is missing"]]) {
    const button = made("button", "", label);
    button.type = "button";
    button.dataset.does = does;
    said.append(button, " ");
  }
  return [moment(start), said];
}

function clock(ms) {
  const seconds = Math.floor(ms / 1000), two = (number) => String(number).padStart(2, "0");
  const hours = Math.floor(seconds / 3600), minutes = Math.floor(seconds / 60) % 60;
  return hours ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

// --- what is chosen

const node_at = (id) => document.getElementById(`word-${id}`);
const index_of = (id) => home.get(id).ids.indexOf(id);

function order(one, other) {
  const [a, b] = [home.get(one), home.get(other)];
  return a === b ? a.ids.indexOf(one) - a.ids.indexOf(other) : utterances.indexOf(a) - utterances.indexOf(b);
}

let ends = null; // first and last word of what is chosen
let chosen_now = new Set();
const isChosen = (id) => chosen_now.has(id);

function choose(id, from = id) {
  const before = chosen_now;
  [cursor, anchor] = [id, from];
  ends = id === null ? null : order(from, id) <= 0 ? [from, id] : [id, from];
  chosen_now = new Set(ends ? run(...ends) : []);
  for (const each of before) if (!isChosen(each)) repaint(each);
  for (const each of chosen_now) if (!before.has(each)) repaint(each);
  if (id !== null) pane.setAttribute("aria-activedescendant", `word-${id}`);
  tell_whose();
}

function repaint(id) {
  const node = node_at(id), each = home.get(id);
  if (node && each) node.className = looks(each, each.ids.indexOf(id));
}

function* run(first, last) {
  for (let place = utterances.indexOf(home.get(first)); place < utterances.length; place += 1) {
    const each = utterances[place], from = each === home.get(first) ? each.ids.indexOf(first) : 0;
    for (let index = from; index < each.ids.length; index += 1) {
      yield each.ids[index];
      if (each.ids[index] === last) return;
    }
  }
}

function step(id, by) {
  const each = home.get(id);
  let place = utterances.indexOf(each), index = each.ids.indexOf(id) + by;
  while (index < 0 || index >= utterances[place].ids.length) {
    place += by;
    if (place < 0 || place >= utterances.length) return id;
    index = by > 0 ? 0 : utterances[place].ids.length - 1;
    if (!utterances[place].ids.length) index = by > 0 ? 0 : -1;
  }
  return utterances[place].ids[index];
}

// The word right above or below in sight.
function beside(id, by) {
  const here = node_at(id)?.getBoundingClientRect();
  if (!here) return step(id, by);
  const middle = here.left + here.width / 2;
  let best = null, near = Infinity, line = null;
  const rows = [...sheet.querySelectorAll("[data-word]")].map((node) => [node, node.getBoundingClientRect()]);
  const off = (box) => by * (box.top - here.top);
  for (const [, box] of rows) if (off(box) > box.height / 2 && (line === null || off(box) < line)) line = off(box);
  for (const [node, box] of rows) {
    const far = Math.abs(box.left + box.width / 2 - middle);
    if (line !== null && Math.abs(off(box) - line) < box.height / 2 && far < near) [best, near] = [node, far];
  }
  return best ? Number(best.dataset.word) : id;
}

// --- bringing into sight

const LOW = 0.1, HIGH = 0.8, GOAL = 0.3; // of the height in sight

function reveal(id, always = false) {
  const block = home.get(id)?.block;
  if (!block) return;
  if (!drawn.has(block)) {
    pane.scrollTop = tops[blocks.indexOf(block)] - GOAL * pane.clientHeight;
    draw();
  }
  const box = node_at(id).getBoundingClientRect(), frame = pane.getBoundingClientRect();
  const share = (box.top - frame.top) / pane.clientHeight;
  if (always || share < LOW || share > HIGH) pane.scrollTop += (share - GOAL) * pane.clientHeight;
}

function reveal_block(block) {
  pane.scrollTop = tops[blocks.indexOf(block)] - GOAL * pane.clientHeight;
  draw();
}
