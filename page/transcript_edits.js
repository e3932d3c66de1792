// Corrections: each is kept by the program at once, and what it changed comes back.

const wrong = part(".wrong-here"), again = part(".again"), kept = part(".kept");
const NO_ANSWER = "The program does not answer, so this correction is not kept. Start the program again, then correct it once more.";
let job = "", version = 0, steps = { undo: 0, redo: 0 }, line = Promise.resolve();

// One after the other: each is made of what the one before it has left.
function ask(name, wanted = {}) {
  const answer = line.then(() => answered(name, wanted));
  line = answer;
  return answer;
}

async function answered(name, wanted) {
  let answer;
  try {
    answer = JSON.parse(await server[name]({ job, version, ...wanted }));
  } catch {
    answer = { error: NO_ANSWER, stale: false };
  }
  if (!pane.isConnected) return false;
  complain(answer.error ?? "", answer.stale);
  if (answer.error) return false;
  settle(name === "read" ? { at: 0, removed: utterances.length, ...answer } : answer, name);
  return true;
}

function settle(answer, name) {
  version = answer.version;
  steps = { undo: answer.undo, redo: answer.redo };
  const at_word = cursor !== null && home.get(cursor), place = at_word ? utterances.indexOf(at_word) : -1;
  const index = at_word ? index_of(cursor) : 0, [last, first] = [cursor, anchor];
  choose(null);
  take(answer);
  find_doubts();
  if (home.has(first) && home.has(last)) choose(last, first);
  else if (at_word) choose_near(place, index);
  draw();
  mark_speaking();
  element.dispatchEvent(new Event("settled"));
  for (const each of ["undo", "redo"]) part(`[data-key=${each}]`).disabled = !steps[each];
  if (name !== "read") kept.textContent = "Kept";
  look_again();
}

function choose_near(place, index) {
  const each = utterances[Math.min(place, utterances.length - 1)];
  if (each?.ids.length) choose(each.ids[Math.min(index, each.ids.length - 1)]);
}

function complain(sentence, stale = false) {
  wrong.hidden = !sentence;
  wrong.firstElementChild.textContent = sentence;
  again.hidden = !stale;
  if (sentence) kept.textContent = "";
}

const correct = (edit) => ask("correct", { edit });
again.addEventListener("click", () => ask("read"));

// --- typing in place of words

function edit_words(typed = null) {
  if (!ends || typing()) return;
  const [first, last] = ends, ids = [...run(first, last)];
  if (ids.some((id) => home.get(id).block !== home.get(first).block)) return complain("Choose words of one paragraph to correct them together.");
  video.pause();
  reveal(first);
  const said = ids.map((id) => home.get(id).texts[index_of(id)]).join(" ");
  const nodes = ids.map(node_at);
  const field = input(typed ?? said, "Correct these words");
  nodes[0].before(field);
  for (const node of nodes) node.hidden = true;
  type_in(field, {
    keep: (text, next) => (text === said ? next && move_on(last) : replace_words(first, last, text, next)),
    close: () => { for (const node of nodes) node.hidden = false; },
  });
}

async function replace_words(first, last, text, next) {
  const after = step(last, 1);
  const parts = [...new Set([...run(first, last)].map((id) => home.get(id)))];
  const edit = parts.length === 1 ? { do: "replace", first, last, text } : across(parts, first, last, text);
  if (!await correct(edit)) {
    choose(last, first);
    edit_words(text); // nothing that was typed is lost
  } else if (next && home.has(after)) move_on(after, false);
}

// Words of several utterances that read as one paragraph: these are joined first.
const across = (parts, first, last, text) => ({
  do: "compound",
  edits: [...parts.slice(1).map((each) => ({ do: "join_paragraph", paragraph: each.id })), { do: "replace", first, last, text }],
});

function move_on(id, from_last = true) {
  const next = from_last ? step(id, 1) : id;
  pick(next);
  reveal(next);
  edit_words();
}

function input(text, label) {
  const field = document.createElement("input");
  field.className = "typing";
  field.value = text;
  field.size = Math.max(4, text.length);
  field.spellcheck = true;
  field.setAttribute("aria-label", label);
  return field;
}

function type_in(field, { keep, close }) {
  let over = false;
  const end = (wanted, next = false) => {
    if (over) return;
    over = true;
    const text = field.value;
    field.remove();
    close();
    if (wanted) keep(text.trim(), next);
    if (!typing()) pane.focus({ preventScroll: true });
  };
  field.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.isComposing) return;
    if (event.key === "Enter" || event.key === "Escape" || event.key === "Tab") event.preventDefault();
    if (event.key === "Enter" || event.key === "Tab") end(true, event.key === "Tab");
    if (event.key === "Escape") end(false);
  });
  field.addEventListener("input", () => { field.size = Math.max(4, field.value.length); });
  field.addEventListener("blur", () => end(true));
  field.focus({ preventScroll: true });
  field.select();
}

// --- other corrections

async function mark_checked(then = () => go_to_doubt(1)) {
  if (stood !== null) return settle_gap(gaps.find(([start]) => start === stood), then);
  if (ends && await correct({ do: "mark_checked", first: ends[0], last: ends[1], checked: true })) then();
}

const delete_words = () => ends && correct({ do: "delete", first: ends[0], last: ends[1] });

async function settle_gap([start, end], then = () => go_to_doubt(1)) {
  stood = start;
  if (await correct({ do: "settle_unheard", start: start / 1000, end: end / 1000 })) then();
}

function write_gap([start, end], node, typed = "") {
  const said = node.querySelector("p"), field = input(typed, "What is said there");
  said.before(field);
  said.hidden = true;
  const times = { start: start / 1000, end: end / 1000 };
  type_in(field, {
    keep: async (text) => {
      const edits = [{ do: "new_paragraph", ...times, text }, { do: "settle_unheard", ...times }];
      if (text && !await correct({ do: "compound", edits })) write_gap([start, end], node, text);
    },
    close: () => { said.hidden = false; },
  });
}

function rename(button, typed = button.textContent) {
  const speaker = button.textContent, field = input(typed, "Name of the speaker");
  button.before(field);
  button.hidden = true;
  type_in(field, {
    keep: async (text) => {
      if (text && text !== speaker && !await correct({ do: "rename_speaker", speaker, name: text })) rename(button, text);
    },
    close: () => { button.hidden = false; },
  });
}
