// Who says how much, what they are called, and who said the words that are chosen.

const SPEAKERS = { key: "speakers", title: "Speakers", fill: fill_speakers };
const NOBODY = "Nobody named";
const MOST_KEYS = 9;
let whose = null; // "words" or "paragraph", as it was said last

function heard_speakers() {
  const found = new Map();
  for (const { speaker, start, end, ids } of utterances) {
    const each = found.get(speaker) ?? { speaker, ms: 0, words: 0 };
    each.ms += end - start;
    each.words += ids.length;
    found.set(speaker, each);
  }
  return [...found.values()].sort((one, other) => (one.speaker === null) - (other.speaker === null));
}

const named_speakers = () => heard_speakers().map(({ speaker }) => speaker).filter((speaker) => speaker !== null);

function fill_speakers() {
  if (side_body.querySelector("input.typing, input.new-name:focus")) return tell_whose(); // somebody types there
  const all = heard_speakers(), list = made("ul", "speakers");
  const total = all.reduce((sum, { ms }) => sum + ms, 0);
  list.append(...all.map((each) => speaker_row(each, total, all)));
  side_body.replaceChildren(list, who_said());
  tell_whose();
}

function speaker_row({ speaker, ms, words }, total, all) {
  const row = made("li"), called = button_of(speaker ?? NOBODY, () => name_speaker(called, speaker), "called");
  called.title = "Rename";
  row.append(called, made("span", "much", `${clock(ms)} (${Math.round((100 * ms) / Math.max(1, total))} %), ${many(words, "word")}`));
  const others = all.filter((each) => each.speaker !== null && each.speaker !== speaker);
  if (others.length) row.append(merging(speaker, others));
  return row;
}

function name_speaker(button, speaker, typed = speaker ?? "") {
  const field = input(typed, speaker === null ? "Name of those that nobody named" : `New name of ${speaker}`);
  button.before(field);
  button.hidden = true;
  type_in(field, {
    keep: async (name) => {
      if (!name || name === speaker) return;
      const is_kept = await correct(speaker === null ? all_said_by(null, name) : { do: "rename_speaker", speaker, name });
      if (!is_kept && button.isConnected) name_speaker(button, speaker, name);
    },
    close: () => { button.hidden = false; },
  });
}

function merging(speaker, others) {
  const choice = made("select");
  choice.setAttribute("aria-label", `${speaker ?? NOBODY} is the same as`);
  choice.append(new Option("is the same as …", ""), ...others.map((each) => new Option(each.speaker, each.speaker)));
  choice.addEventListener("change", async () => {
    const into = choice.value;
    if (!await correct(speaker === null ? all_said_by(null, into) : { do: "merge_speakers", speaker, into })) choice.value = "";
  });
  return choice;
}

// Runs of utterances, one edit each.
function all_said_by(speaker, name) {
  const edits = [];
  let open_run = null;
  for (const each of utterances) {
    if (!each.ids.length) continue;
    if (each.speaker !== speaker) { open_run = null; continue; }
    if (!open_run) edits.push(open_run = { do: "assign_speaker", first: each.ids[0], speaker: name });
    open_run.last = each.ids.at(-1);
  }
  return { do: "compound", edits };
}

// --- giving words to somebody

function who_said() {
  const box = made("fieldset", "who-said"), title = made("legend", "", "Who said it?");
  const said_by = made("div", "said-by"), fresh = made("input", "new-name");
  named_speakers().forEach((speaker, index) => {
    const button = button_of(speaker, () => give(speaker));
    if (index < MOST_KEYS) button.append(" ", made("kbd", "", String(index + 1)));
    said_by.append(button);
  });
  fresh.placeholder = "Somebody else";
  fresh.setAttribute("aria-label", "Name of somebody else who said it");
  fresh.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !fresh.value.trim()) return;
    event.preventDefault();
    give_to_new(fresh);
  });
  said_by.append(button_of("Nobody named", () => give(null)), fresh, button_of("Give", () => fresh.value.trim() && give_to_new(fresh)));
  box.append(title, which_words("paragraph", "The whole paragraph"), which_words("words", ""), said_by);
  return box;
}

async function give_to_new(field) {
  if (!await give(field.value.trim())) return;
  field.value = "";
  field.blur();
  fill_speakers();
}

function which_words(value, text) {
  const label = made("label"), choice = made("input");
  [choice.type, choice.name, choice.value] = ["radio", "whose", value];
  choice.addEventListener("change", () => { whose = value; });
  label.append(choice, made("span", "", text));
  return label;
}

// Told by choose() of every choice.
function tell_whose() {
  if (shown_beside !== SPEAKERS) return;
  const choices = side_body.querySelectorAll("[name=whose]");
  if (!choices.length) return;
  whose = ends && ends[0] !== ends[1] ? "words" : whose_of_one();
  for (const choice of choices) choice.checked = choice.value === whose;
  const texts = [...chosen_now].slice(0, 3).map(text_of).join(" ");
  const what = chosen_now.size > 1 ? `Only the ${chosen_now.size.toLocaleString("en")} chosen words` : "Only the chosen word";
  choices[1].nextSibling.textContent = ends ? `${what}: “${texts}${chosen_now.size > 3 ? " …" : ""}”` : "Choose words first";
  for (const control of side_body.querySelectorAll(".who-said :is(input, button)")) control.disabled = !ends;
}

// Of one word that was clicked the paragraph is meant, unless somebody said otherwise.
let told_of_choice = null;
function whose_of_one() {
  const is_same = told_of_choice === cursor;
  told_of_choice = cursor;
  return is_same && whose ? whose : "paragraph";
}

function meant() {
  if (whose === "words") return ends;
  const { parts } = home.get(ends[0]).block, filled = parts.filter((each) => each.ids.length);
  return [filled[0].ids[0], filled.at(-1).ids.at(-1)];
}

async function give(speaker) {
  if (!ends) return false;
  const [first, last] = meant();
  if ([...run(first, last)].every((id) => home.get(id).speaker === speaker)) return true; // as it is
  return correct({ do: "assign_speaker", first, last, speaker });
}

// The figures mean speakers as long as one sees whom.
document.addEventListener("keydown", function figure(event) {
  if (!pane.isConnected) return document.removeEventListener("keydown", figure);
  if (shown_beside !== SPEAKERS || event.target.matches("input:not([type=radio]), select") || !/^[1-9]$/.test(named(event)) || event.altKey) return;
  const speaker = named_speakers()[Number(event.key) - 1];
  if (speaker !== undefined) give(speaker);
});
