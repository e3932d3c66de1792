// All places to check as a list: when, the words among their neighbours, why, and five seconds of sound of each.

const places_list = part(".places"), rows_pane = part(".places .rows"), rows_sheet = part(".places .all");
const list_button = part("[data-key=list]"), kinds = part(".places .kinds"), nothing = part(".places .none");
const ROW_PX = 84, ROWS_BEYOND = 4, AROUND_WORDS = 4, BEFORE_MS = 2000, HEARD_MS = 5000;
const IS_OF = {
  all: () => true,
  grave: ({ marks }) => marks & GRAVE,
  doubted: ({ marks }) => marks & DOUBTED,
  heard: ({ marks }) => marks & HEARD,
  outside: ({ marks }) => marks & OUTSIDE_SPEECH,
  unheard: ({ gap }) => gap,
};
let listed = [], active = 0, shown_rows = new Map(); // by place

// --- which

const kind = () => kinds.querySelector("input:checked").value;

function list_places() {
  if (places_list.hidden) return;
  for (const input of kinds.querySelectorAll("input")) {
    const count = places.filter(IS_OF[input.value]).length;
    input.parentElement.querySelector("b").textContent = count.toLocaleString("en");
    input.parentElement.classList.toggle("empty", !count);
  }
  listed = places.filter(IS_OF[kind()]);
  nothing.hidden = listed.length > 0;
  nothing.textContent = places.length ? "Nothing of this kind is left to check." : "Nothing is left to check.";
  rows_pane.setAttribute("aria-rowcount", String(listed.length));
  rows_sheet.style.height = `${listed.length * ROW_PX}px`;
  for (const row of shown_rows.values()) row.remove();
  shown_rows = new Map();
  activate(Math.min(active, listed.length - 1));
}

// --- only what is in sight is laid out

let rows_wait = 0;
function rows_soon() {
  rows_wait ||= requestAnimationFrame(() => { rows_wait = 0; draw_rows(); });
}

function draw_rows() {
  const first = Math.max(0, Math.floor(rows_pane.scrollTop / ROW_PX) - ROWS_BEYOND);
  const last = Math.ceil((rows_pane.scrollTop + rows_pane.clientHeight) / ROW_PX) + ROWS_BEYOND;
  const near = new Set(listed.slice(first, last));
  for (const [place, row] of shown_rows) if (!near.has(place)) { row.remove(); shown_rows.delete(place); }
  for (let index = first; index < last && index < listed.length; index += 1) {
    if (!shown_rows.has(listed[index])) rows_sheet.append(row_of(listed[index], index));
  }
}

function row_of(place, index) {
  const row = made("div", "row"), when = cell("when"), what = cell("what");
  const hear = made("button", "hear", "▶");
  hear.type = "button";
  hear.tabIndex = -1;
  hear.title = "Hear five seconds";
  hear.setAttribute("aria-label", `Hear five seconds around ${clock(place.start)}`);
  when.append(hear, made("span", "", clock(place.start)));
  what.append(place.gap ? made("p", "context", "No words were found here.") : context(place), made("p", "why", why(place)));
  row.append(when, what);
  row.setAttribute("role", "row");
  row.id = `place-${index}`;
  row.ariaRowIndex = String(index + 1);
  row.ariaSelected = String(index === active);
  row.style.top = `${index * ROW_PX}px`;
  row.place = place;
  shown_rows.set(place, row);
  return row;
}

function cell(looks) {
  const node = made("div", looks);
  node.setAttribute("role", "gridcell");
  return node;
}

function context(place) {
  const line_of = made("p", "context"), words = [...run(place.first, place.last)];
  const [before, after] = [neighbours(place.first, -1).reverse(), neighbours(place.last, 1)];
  const text = (ids) => ids.map((id) => home.get(id).texts[index_of(id)]).join(" ");
  line_of.append(before.length ? `${text(before)} ` : "");
  for (const id of words) line_of.append(made("mark", looks_of(id), text([id])), " ");
  line_of.append(text(after));
  return line_of;
}

function neighbours(id, by) {
  const found = [];
  for (let at = step(id, by); found.length < AROUND_WORDS && at !== (found.at(-1) ?? id); at = step(at, by)) found.push(at);
  return found;
}

function looks_of(id) {
  const mark = home.get(id).marks[index_of(id)];
  return mark & GRAVE ? "w grave" : mark & DOUBTED ? "w doubted" : "w outside";
}

function why(place) {
  if (place.gap) return `Somebody speaks for ${((place.gap[1] - place.gap[0]) / 1000).toFixed(1)} s`;
  const told = [...run(place.first, place.last)].map((id) => home.get(id).reasons[index_of(id)]).filter(Boolean);
  return [...new Set(told)].join("; ") || "goes with the words before";
}

// --- going through it

function activate(index) {
  active = Math.max(0, index);
  for (const row of shown_rows.values()) row.ariaSelected = String(row.place === listed[active]);
  if (!listed.length) return rows_pane.removeAttribute("aria-activedescendant");
  const top = active * ROW_PX, bottom = top + ROW_PX - rows_pane.clientHeight;
  if (rows_pane.scrollTop > top) rows_pane.scrollTop = top;
  if (rows_pane.scrollTop < bottom) rows_pane.scrollTop = bottom;
  draw_rows();
  rows_pane.setAttribute("aria-activedescendant", `place-${active}`);
}

// Its words are chosen in the text, so that every key means them.
function go_to_row(index) {
  activate(Math.max(0, Math.min(index, listed.length - 1)));
  const place = listed[active];
  if (!place) return;
  if (place.gap) stand_at_gap(place);
  else {
    pick(place.last, place.first);
    reveal(place.first);
  }
  if (video.paused) stand(place.start);
}

function hear_row(index) {
  go_to_row(index);
  if (listed[active]) hear_around(listed[active].start);
}

function hear_around(ms) {
  const from = Math.max(0, ms - BEFORE_MS);
  play_from(from, from + HEARD_MS);
}

// What is checked leaves, and what came after it stands in its row.
function check_row() {
  go_to_row(active);
  if (listed.length) mark_checked(() => { if (listed.length) hear_row(active); });
}

const IN_LIST = {
  ArrowDown: () => go_to_row(active + 1),
  ArrowUp: () => go_to_row(active - 1),
  PageDown: () => go_to_row(active + Math.floor(rows_pane.clientHeight / ROW_PX)),
  PageUp: () => go_to_row(active - Math.floor(rows_pane.clientHeight / ROW_PX)),
  Home: () => go_to_row(0),
  End: () => go_to_row(listed.length - 1),
  Enter: () => hear_row(active),
  "Ctrl+Enter": check_row,
};

rows_pane.addEventListener("keydown", (event) => {
  const does = IN_LIST[named(event)];
  if (!does) return;
  event.preventDefault();
  event.stopPropagation();
  does();
});
rows_pane.addEventListener("click", (event) => {
  const row = event.target.closest(".row");
  if (!row) return;
  const index = listed.indexOf(row.place);
  if (event.target.closest(".hear")) hear_row(index);
  else go_to_row(index);
  rows_pane.focus({ preventScroll: true });
});
rows_pane.addEventListener("scroll", rows_soon, { passive: true });
new ResizeObserver(rows_soon).observe(rows_pane);
kinds.addEventListener("change", () => { active = 0; rows_pane.scrollTop = 0; list_places(); });
element.addEventListener("settled", list_places);

// --- opening and closing

function show_list() {
  if (places_list.hidden && shown_beside) close_side();
  places_list.hidden = !places_list.hidden;
  list_button.setAttribute("aria-expanded", String(!places_list.hidden));
  if (places_list.hidden) return pane.focus({ preventScroll: true });
  const here = standing();
  active = Math.max(0, places.filter(IS_OF[kind()]).findIndex(({ start }) => start >= here));
  list_places();
  rows_pane.focus({ preventScroll: true });
}
