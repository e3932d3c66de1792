// What was said: hits as somebody types, and the room as it comes into sight.

const typed = part(".typed"), hits = part(".hits"), shelf = part(".shelf");
const PAUSE_MS = 120; // after a letter, since another may follow

let searches = 0, waiting = 0, shown = "";

async function search() {
  clearTimeout(waiting);
  searches += 1;
  const mine = searches, wanted = typed.value.trim();
  if (!wanted) return show_shelf();
  const answer = await ask("search", { typed: wanted });
  if (mine !== searches) return;
  if (answer.error) return tell(answer.error, true);
  tell(summary(answer));
  const content = JSON.stringify(answer.groups);
  if (content !== shown) show(answer.groups);
  shown = content;
  hits.hidden = false;
  shelf.hidden = true;
}

function show_shelf() {
  hits.hidden = true;
  shelf.hidden = false;
  shown = "";
  tell(HINT);
}

function summary({ groups, transcripts, searched, missing, unfinished }) {
  const left_out = [];
  if (unfinished) left_out.push(plural(unfinished, "unfinished recording", "unfinished recordings"));
  if (missing) left_out.push(`${plural(missing, "transcript", "transcripts")} not ready for it yet`);
  const besides = left_out.length ? ` Not searched: ${left_out.join(", ")}.` : "";
  if (!transcripts) return `Nothing found in ${plural(searched, "transcript", "transcripts")}, as they are corrected now.${besides}`;
  const places = groups.reduce((sum, group) => sum + group.count, 0);
  const rest = transcripts - groups.length;
  const more = rest ? ` And ${plural(rest, "older transcript", "older transcripts")} with more: type another word.` : "";
  return `Found in ${plural(places, "place", "places")} of ${plural(groups.length, "transcript", "transcripts")}.${more}${besides}`;
}

// --- hits

function show(groups) {
  const focused = hits.contains(document.activeElement) ? document.activeElement.dataset : null;
  hits.replaceChildren(...groups.map(section));
  if (focused?.word) hits.querySelector(`[data-job="${focused.job}"][data-word="${focused.word}"]`)?.focus();
}

function section(group) {
  const box = node("section"), heading = node("h3", "", group.name), places = node("ol");
  heading.append(" ", node("span", "", plural(group.count, "place", "places")));
  places.append(...group.hits.map((hit) => place_of(group.job, hit)));
  box.append(heading, places);
  if (group.count > group.hits.length) box.append(button("Show more", "", { all: group.job }));
  return box;
}

function place_of(job, { word, at, pieces }) {
  const item = node("li"), opener = button("", "hit", { does: "read", job, word });
  const text = node("span");
  for (const [piece, found] of pieces) text.append(found ? node("mark", "", piece) : piece);
  opener.append(node("time", "", at), text);
  item.append(opener);
  return item;
}

async function all_of(pressed) {
  const wanted = typed.value.trim(), mine = searches;
  const { groups, error } = await ask("search", { typed: wanted, job: pressed.dataset.all });
  if (mine !== searches || !pressed.isConnected) return;
  if (error) return tell(error, true);
  const box = pressed.closest("section"), known = box.querySelectorAll(".hit").length;
  const fresh = groups.length ? section(groups[0]) : node("section");
  fresh.querySelector("[data-all]")?.replaceWith(node("p", "none", "There are more: type another word."));
  box.replaceWith(fresh);
  fresh.querySelectorAll(".hit")[known]?.focus();
}

// --- keys

typed.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(search, typed.value ? PAUSE_MS : 0);
});

typed.addEventListener("keydown", async (event) => {
  if (event.isComposing || (event.key !== "Enter" && event.key !== "ArrowDown")) return;
  event.preventDefault();
  if (event.key === "Enter") await search();
  hits.querySelector(".hit")?.focus();
});

hits.addEventListener("keydown", (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!by) return;
  event.preventDefault();
  const openers = [...hits.querySelectorAll("button")], to = openers.indexOf(document.activeElement) + by;
  (to < 0 ? typed : openers[to])?.focus();
});

// --- in sight

new IntersectionObserver(([seen]) => {
  if (in_sight === seen.isIntersecting) return;
  in_sight = seen.isIntersecting;
  if (!in_sight) return;
  look();
  if (typed.value.trim()) search().then(() => { if (document.activeElement === document.body) typed.focus(); });
}).observe(element);

tell(HINT);
look();
