// Where paragraphs begin, and words that nobody wrote yet. Typing in place does the rest: one word for two, two for one.

const SHAPING = { part: split_here, join: join_up, insert: () => insert_words("after"), insert_before: () => insert_words("before") };
const SHAPING_KEYS = { "Ctrl+Shift+Enter": "part", "Ctrl+Shift+Backspace": "join", Insert: "insert", "Shift+Insert": "insert_before" };

const joined = (each) => ({ do: "join_paragraph", paragraph: each.id });

// A paragraph in sight may consist of several utterances: where one of them begins it is first made part of the last.
function split_here() {
  if (!ends) return complain("Choose the word that the new paragraph is to begin with.");
  const [word] = ends, each = home.get(word), split = { do: "split_paragraph", word };
  if (each.ids[0] !== word) return correct(split);
  if (each.block.parts[0] === each) return complain("The paragraph begins with that word already.");
  return correct({ do: "compound", edits: [joined(each), split] });
}

// All of it, so that it is one paragraph from now on however long it is.
function join_up() {
  if (!ends) return complain("Choose a word of the paragraph that is to go on in the one before it.");
  const { block } = home.get(ends[0]);
  if (!blocks.slice(0, blocks.indexOf(block)).some((each) => each.parts)) return complain("There is no paragraph before this one.");
  return correct({ do: "compound", edits: block.parts.map(joined) });
}

function insert_words(side, typed = "") {
  if (typing()) return;
  if (!ends) return complain("Choose the word that you want to write something beside.");
  const beside = ends[side === "after" ? 1 : 0];
  video.pause();
  reveal(beside);
  const field = input(typed, side === "after" ? "Words to insert after it" : "Words to insert before it");
  node_at(beside)[side](field);
  type_in(field, {
    keep: async (text) => {
      if (text && !await correct({ do: "insert", beside, text, side })) insert_words(side, text);
    },
    close: () => {},
  });
}
