// Find: the program looks through the words, and those that it found are marked where they are in sight.

const bar = part(".find-bar"), sought = part(".find-bar [type=search]"), found_count = part(".find-bar .count");
const with_row = part(".find-bar .with"), unfold = part(".find-bar .unfold");
const WAIT_MS = 150; // after a letter was typed
const NONE = { firsts: [], lasts: [], starts: [], words: [] };
let hits = NONE, marked = new Set(), hit = -1; // the number of the one that one stands at
let from_ms = 0, search_timer = 0, searches = 0;
let is_current = false, is_to_go = false; // whether the hits are of what is typed now; whether to go to one of them

const is_found = (id) => marked.has(id);

const FINDING = { find: () => open_bar(false), replace: () => open_bar(true), hit: () => go_to_hit(1), hit_before: () => go_to_hit(-1) };
const FINDING_KEYS = { "Ctrl+f": "find", "Ctrl+h": "replace", F3: "hit", "Shift+F3": "hit_before" };

function open_bar(replacing) {
  const was = bar.offsetHeight;
  bar.hidden = false;
  if (replacing) with_row.hidden = false;
  unfold.hidden = !with_row.hidden;
  pane.scrollTop += bar.offsetHeight - was; // the words stay where they are
  from_ms = Math.max(0, cursor === null ? in_sight_ms() : standing());
  const chosen = ends && ends[0] !== ends[1] && chosen_now.size < 10 ? [...chosen_now].map(text_of).join(" ") : "";
  if (chosen && document.activeElement !== sought) sought.value = chosen;
  sought.focus();
  sought.select();
  if (sought.value) search();
}

function close_bar() {
  const was = bar.offsetHeight;
  bar.hidden = with_row.hidden = true;
  pane.scrollTop -= was;
  searches += 1; // whatever is still looked for
  is_to_go = false;
  take_hits(NONE);
  if (shown_beside === PREVIEW) close_side();
  pane.focus({ preventScroll: true });
}

const text_of = (id) => home.get(id).texts[index_of(id)];
const in_sight_ms = () => blocks[at(pane.scrollTop)]?.parts?.[0].start ?? 0;
const wishes = () => ({
  text: sought.value.trim(),
  whole_word: part(".find-bar [name=whole]").checked,
  match_case: part(".find-bar [name=case]").checked,
});

function search_soon(how) {
  is_current = false;
  is_to_go ||= !how?.stay;
  clearTimeout(search_timer);
  search_timer = setTimeout(search, WAIT_MS, how);
}

// Goes to the next place from where one stood, or leaves one there.
async function search({ stay = false } = {}) {
  clearTimeout(search_timer);
  is_to_go ||= !stay;
  const mine = searches += 1;
  const answer = wishes().text ? await look("find", wishes()) : NONE;
  if (mine !== searches || !answer) return;
  take_hits(answer);
  if (is_to_go) show_hit(hits.starts.findIndex((start) => start >= from_ms));
  is_to_go = false;
}

function take_hits(answer) {
  const stood_at = hits.firsts[hit];
  is_current = true;
  hits = answer;
  marked = new Set(answer.words);
  hit = hits.firsts.indexOf(stood_at);
  for (const node of sheet.querySelectorAll("[data-word]")) repaint(word_of(node));
  count_hits();
}

function count_hits() {
  const all = hits.firsts.length, [number, of] = [hit + 1, all].map((each) => each.toLocaleString("en"));
  found_count.textContent = !sought.value.trim() ? "" : !all ? "Nothing found" : hit < 0 ? `${of} found` : `${number} of ${of}`;
  bar.classList.toggle("vain", Boolean(sought.value.trim()) && !all);
  for (const button of bar.querySelectorAll("[data-needs-hit]")) button.disabled = !all;
}

function go_to_hit(by) {
  if (bar.hidden || !sought.value.trim()) return open_bar(false);
  if (!is_current) return search();
  const here = standing();
  const next = hit >= 0 ? hit + by : by > 0 ? hits.starts.findIndex((start) => start >= here) : hits.starts.findLastIndex((start) => start < here);
  show_hit(next < 0 && by < 0 ? hits.firsts.length - 1 : next);
}

// After the last one comes the first.
function show_hit(number) {
  const all = hits.firsts.length;
  hit = all ? (number < 0 ? 0 : number % all) : -1;
  count_hits();
  const [first, last] = [hits.firsts[hit], hits.lasts[hit]];
  if (!home.has(first) || !home.has(last)) return;
  pick(last, first);
  from_ms = standing();
  follow(false);
  reveal(first);
  if (video.paused) stand(home.get(first).starts[index_of(first)]);
}

// --- keys and clicks

sought.addEventListener("input", () => search_soon());
for (const option of bar.querySelectorAll("[type=checkbox]")) option.addEventListener("change", () => { search(); if (shown_beside === PREVIEW) PREVIEW.fill(); });
part(".find-bar .before").addEventListener("click", () => go_to_hit(-1));
part(".find-bar .after").addEventListener("click", () => go_to_hit(1));
part(".find-bar .close").addEventListener("click", close_bar);
unfold.addEventListener("click", () => open_bar(true));

bar.addEventListener("submit", (event) => event.preventDefault());
bar.addEventListener("keydown", (event) => {
  if (event.isComposing) return;
  if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); close_bar(); }
  if (event.key === "Enter" && event.target === sought) { event.preventDefault(); go_to_hit(event.shiftKey ? -1 : 1); }
});

// Also from within a field, where other keys are letters; what was typed there is kept as one leaves it.
function caught(event) {
  if (!pane.isConnected) return document.removeEventListener("keydown", caught, true);
  const does = FINDING_KEYS[named(event)];
  if (!does || event.altKey) return;
  event.preventDefault();
  event.stopPropagation();
  FINDING[does]();
}
document.addEventListener("keydown", caught, true);
