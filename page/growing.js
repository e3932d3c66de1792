"use strict";

// Runs once in the part of the page where a transcript grows. `element`, `props`, `server` and `watch` are Gradio's.
// What is new is fetched and added; nothing that is shown already is sent or drawn again.

const article = element.querySelector("article");
const title = article.querySelector("h3");
const count = article.querySelector(".count");
const text = article.querySelector(".text");
const PAUSE_MS = 1000; // after a failure, before it is tried again
let key = null, part = null, words = 0, fetching = false, follows = true;

async function grow() {
  const wanted = props.value && JSON.parse(props.value);
  article.hidden = !wanted;
  if (!wanted || fetching) return;
  if (wanted.key !== key || wanted.part !== part) turnOver(wanted);
  fetching = true;
  const pause = await fetchMore().then(() => 0, () => PAUSE_MS);
  fetching = false;
  if (isBehind()) setTimeout(grow, pause);
}

async function fetchMore() {
  const shown = text.childElementCount;
  const news = await server.fetch({ key, part, shown });
  if (!news) throw new Error("that work is over");
  if (news.part === part && news.from === shown) add(news.paragraphs);
}

function isBehind() {
  const wanted = props.value && JSON.parse(props.value);
  return wanted && (wanted.key !== key || wanted.part !== part || wanted.count > text.childElementCount);
}

function turnOver(wanted) {
  ({ key, part } = wanted);
  words = 0;
  follows = true;
  title.textContent = wanted.name;
  text.replaceChildren();
}

function add(paragraphs) {
  text.append(...paragraphs.map(paragraph));
  words += paragraphs.reduce((sum, each) => sum + each.text.split(/\s+/).length, 0);
  count.textContent = `${words.toLocaleString("en")} words so far`;
  follow();
}

// Who scrolls up to read stays there; who is at the end stays at the end, also when the window changes.
function follow() {
  if (follows) text.scrollTop = text.scrollHeight;
}

function paragraph({ text, speaker }) {
  const line = document.createElement("p");
  if (speaker) {
    const name = document.createElement("b");
    name.className = "speaker";
    name.textContent = `${speaker}: `;
    line.append(name);
  }
  line.append(text);
  return line;
}

text.addEventListener("scroll", () => { follows = text.scrollTop + text.clientHeight >= text.scrollHeight - 8; });
new ResizeObserver(follow).observe(text);
watch("value", grow);
grow();
