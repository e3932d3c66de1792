// All that is not as the model wrote it; each place can be heard, and put back.

const COMPARING = { key: "compare", title: "What was corrected", fill: fill_comparison };
let comparisons = 0;

async function fill_comparison() {
  const mine = comparisons += 1;
  const answer = await look("compare");
  if (!answer || mine !== comparisons || shown_beside !== COMPARING) return;
  const top = side_body.scrollTop, list = made("ul", "lines");
  side_body.replaceChildren(restore_all(answer.differences.length), list);
  list_rows(list, answer.differences, difference_row);
  side_body.scrollTop = top;
}

function restore_all(count) {
  const row = made("div", "to-do");
  const differ = `${many(count, "place differs", "places differ")} from what the model wrote.`;
  row.append(made("p", "", count ? differ : "All words are as the model wrote them."));
  const question = "Shall every word, paragraph and speaker be as the model wrote it? Undo brings your corrections back.";
  const button = button_of("Put back everything", () => ask_first(button, question, () => correct({ do: "restore_all" })));
  if (steps.undo) row.append(button);
  return row;
}

function difference_row([word, start, before, now, first, last]) {
  const row = made("li", "difference"), line = made("button", "line");
  line.type = "button";
  line.append(made("span", "at", clock(start)), " ");
  if (before === now) line.append(now, made("i", "", " (only when it was said)"));
  else line.append(before ? made("del", "", before) : made("i", "", "nothing"), " ", now ? made("ins", "", now) : made("i", "", "deleted"));
  line.addEventListener("click", () => go_to_difference(start, first, last));
  row.append(line, button_of("Put back", () => correct({ do: "restore", word })));
  return row;
}

function go_to_difference(start, first, last) {
  const near = home.has(first) ? first : word_at(start) ?? undefined;
  if (near === undefined) return play_from(start);
  pick(home.has(last) ? last : near, near);
  play_from(Math.max(0, start - LEAD_MS));
  reveal(near);
}
