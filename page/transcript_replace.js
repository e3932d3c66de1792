// Replace: one place at once; all of them after a look at what becomes of each, also in other transcripts.

const new_text = part(".find-bar [name=with]"), scope = part(".find-bar [name=scope]");
const PREVIEW = { key: "preview", title: "Replace", fill: fill_preview };
const unticked = new Set(); // places, by transcript and word
const replaced_elsewhere = new Set(); // transcripts, whose results on the page have to be renewed
let looked_through = [], previews_asked = 0; // transcripts: {job, title, version, places}

const changes_wanted = () => ({ ...wishes(), with: new_text.value });

async function replace_one() {
  if (!is_current || hit < 0) return search();
  const number = hit, before = hits.firsts.length;
  if (!await ask("replace", { ...changes_wanted(), only: number })) return;
  await search({ stay: true });
  const again = hits.firsts.length - before + 1; // places that the new words have themselves
  if (number + again < hits.firsts.length || again === 0) show_hit(number + again);
}

// --- the preview

function preview_all() {
  if (!sought.value.trim()) return sought.focus();
  unticked.clear();
  open_side(PREVIEW);
}

async function fill_preview() {
  const mine = previews_asked += 1;
  looked_through = [];
  const wanted = [{ job, version, title: heading.textContent }];
  if (scope.value === "all") wanted.push(...(await look("others"))?.others ?? []);
  for (const [number, { job: of, version: known = null, title }] of wanted.entries()) {
    if (wanted.length > 1) side_body.replaceChildren(made("p", "", `Looking through ${number + 1} of ${wanted.length.toLocaleString("en")} transcripts …`));
    const answer = await look("preview", { ...changes_wanted(), job: of, version: of === job ? version : known });
    if (mine !== previews_asked || shown_beside !== PREVIEW) return;
    if (answer?.places.length) looked_through.push({ job: of, title, version: answer.version, places: answer.places });
  }
  show_preview(wanted.length);
}

function show_preview(searched) {
  const rows = looked_through.flatMap((each) => [...(searched > 1 ? [{ of: each }] : []), ...each.places.map((place) => ({ of: each, place }))]);
  const list = made("ul", "lines");
  side_body.replaceChildren(rows.length ? to_do() : made("p", "", searched > 1 ? "It was found in none of them." : "It was not found."), list);
  list_rows(list, rows, ({ of, place }) => (place ? place_row(of, place) : title_row(of)));
}

// How many places, and the button for it; above the list, where it stays in sight.
function to_do() {
  const row = made("div", "to-do");
  const go = button_of("", replace_ticked, "lead go");
  row.append(go, button_of("Leave them", close_side), made("p", "", "Untick what is to stay as it is."));
  count_ticked(go);
  return row;
}

const name_of = (of, place) => `${of.job} ${place[0]}`;
const ticked = (of) => of.places.filter((place) => !unticked.has(name_of(of, place)));
const many = (count, one, more = `${one}s`) => `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

function count_ticked(button) {
  const count = looked_through.reduce((sum, each) => sum + ticked(each).length, 0);
  button.textContent = `Replace ${many(count, "place")}`;
  button.disabled = count === 0;
}

function tick(of, places, wanted) {
  for (const place of places) {
    if (wanted) unticked.delete(name_of(of, place));
    else unticked.add(name_of(of, place));
  }
  count_ticked(side_body.querySelector(".go"));
}

function tick_box(is_ticked, change) {
  const box = made("input");
  box.type = "checkbox";
  box.checked = is_ticked;
  box.addEventListener("change", () => change(box.checked));
  return box;
}

function title_row(of) {
  const row = made("li", "of"), label = made("label");
  const box = tick_box(ticked(of).length > 0, (wanted) => {
    tick(of, of.places, wanted);
    for (const each of side_body.querySelectorAll("[data-place]")) if (each.of === of) each.checked = wanted;
  });
  label.append(box, made("strong", "", of.title), ` ${many(of.places.length, "place")}`);
  row.append(label);
  return row;
}

function place_row(of, place) {
  const [, start, leading, before, after, trailing] = place;
  const row = made("li"), label = made("label"), line = made("span", "line");
  const box = tick_box(!unticked.has(name_of(of, place)), (wanted) => tick(of, [place], wanted));
  box.dataset.place = "";
  box.of = of;
  line.append(made("span", "at", clock(start)), ` ${leading} `, made("del", "", before), " ", made("ins", "", after), ` ${trailing}`);
  label.append(box, line);
  row.append(label);
  return row;
}

// --- making it

async function replace_ticked() {
  side_body.querySelector(".go").disabled = true;
  const made_in = await at_work(replace_everywhere);
  if (shown_beside !== PREVIEW) return;
  const told = told_of(made_in);
  // what was done last is something else once there is another correction
  open_side({ key: "replaced", title: "Replaced", fill: () => (told.isConnected ? close_side() : side_body.append(told)) });
}

async function replace_everywhere() {
  const made_in = [];
  for (const each of looked_through) {
    const count = ticked(each).length;
    if (count && await replace_in(each)) made_in.push({ ...each, count });
  }
  return made_in;
}

async function replace_in(each) {
  const without = each.places.filter((place) => unticked.has(name_of(each, place))).map(([word]) => word);
  const wanted = { ...changes_wanted(), without, version: each.version };
  if (each.job === job) return ask("replace", wanted);
  const answer = await look("replace", { ...wanted, job: each.job });
  if (answer) replaced_elsewhere.add(each.job);
  each.version = answer?.version;
  return Boolean(answer);
}

function told_of(made_in) {
  const box = made("div", "done");
  const count = made_in.reduce((sum, each) => sum + each.count, 0), elsewhere = made_in.filter((each) => each.job !== job);
  box.append(made("p", "", `${many(count, "place")} replaced${elsewhere.length ? ` in ${many(made_in.length, "transcript")}` : ""}.`));
  const back = button_of(elsewhere.length ? "Undo it in all of them" : "Undo it", async () => {
    back.disabled = true;
    if (await at_work(() => undo_in(made_in))) box.replaceChildren(made("p", "", "It is as it was."));
  });
  if (count) box.append(back);
  return box;
}

async function undo_in(made_in) {
  let is_undone = true;
  for (const each of made_in) {
    const answer = each.job === job ? await ask("undo") : await look("undo", { job: each.job, version: each.version });
    is_undone = Boolean(answer) && is_undone;
  }
  return is_undone;
}

part(".find-bar .one").addEventListener("click", replace_one);
part(".find-bar .all").addEventListener("click", preview_all);
scope.addEventListener("change", () => { if (shown_beside === PREVIEW) fill_preview(); });
new_text.addEventListener("input", () => { if (shown_beside === PREVIEW) close_side(); });
new_text.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.isComposing) return;
  event.preventDefault();
  if (event.ctrlKey || event.metaKey) preview_all();
  else replace_one();
});
