// What deserves a look: runs of doubtful words, and stretches in which no word was found.

const left = part(".left"), checked_share = part(".checked");
let places = []; // in order: {first, last, start, end, marks} of words, {gap, start} of what was not heard

function find_doubts() {
  places = gaps.map((gap) => ({ gap, start: gap[0] }));
  let words = 0, checked = 0;
  for (const each of utterances) {
    let run_of = null;
    each.marks.forEach((mark, index) => {
      checked += (mark & CHECKED) !== 0;
      if (!isOpen(mark)) { run_of = null; return; }
      if (!run_of) places.push(run_of = { first: each.ids[index], start: each.starts[index], marks: 0 });
      run_of.marks |= mark;
      run_of.last = each.ids[index];
      run_of.end = each.ends[index];
    });
    words += each.ids.length;
  }
  places.sort((one, other) => one.start - other.start);
  left.textContent = places.length ? `${places.length.toLocaleString("en")} left to check` : "Nothing left to check";
  checked_share.textContent = `${words.toLocaleString("en")} words, ${checked.toLocaleString("en")} of them checked`;
}

function stand_at_gap(place) {
  choose(null);
  stood = place.start;
  reveal_block(blocks.find((block) => block.gap && block.gap[0] === place.start));
}

// From the word that is chosen on, and from the end again to the start.
function go_to_doubt(by) {
  if (!places.length) return;
  const here = standing();
  const ahead = by > 0 ? places.find(({ start }) => start > here) : places.findLast(({ start }) => start < here);
  show_place(ahead ?? places.at(by > 0 ? 0 : -1));
}

let stood = null; // at a gap, where no word can be chosen
const standing = () => stood ?? (cursor === null ? -1 : home.get(ends[0]).starts[index_of(ends[0])]);

function show_place(place) {
  if (place.gap) {
    stand_at_gap(place);
    return play_from(place.start, place.gap[1]);
  }
  pick(place.last, place.first);
  reveal(place.first);
  play_from(Math.max(0, place.start - LEAD_MS));
}

function pick(id, from = id) {
  stood = null;
  choose(id, from);
}
