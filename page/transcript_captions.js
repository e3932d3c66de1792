// Captions over the picture, as they would be exported now: laid out again by the program after each correction.

const captions_switch = part(".captioned input");
const captions_said = part(".captioned span");
const REST_MS = 1500; // without a correction, after which captions are laid out again
const { track: captions_track, hold: hold_captions } = captions_on(video);
let captions_due = 0, laying_out = false, caption_again = false;

function captions_soon() {
  clearTimeout(captions_due);
  if (part(".captioned").hidden) return;
  captions_due = setTimeout(lay_out_captions, version_laid ? REST_MS : 0);
}

let version_laid = null;
async function lay_out_captions() {
  if (!pane.isConnected || captions_track.mode === "disabled" || version_laid === version) return;
  if (laying_out) { caption_again = true; return; }
  laying_out = true;
  const asked = version;
  let answer;
  try {
    answer = JSON.parse(await server.captions({ job }));
  } catch {
    answer = { error: NO_ANSWER };
  }
  laying_out = false;
  if (!pane.isConnected) return;
  captions_said.textContent = answer.error ? "Captions cannot be laid out now" : "Captions";
  captions_said.title = answer.error ?? "";
  if (!answer.error) {
    version_laid = asked;
    hold_captions(answer.cues);
  }
  if (caption_again) { caption_again = false; captions_soon(); }
}

captions_switch.addEventListener("change", () => {
  captions_track.mode = captions_switch.checked ? "showing" : "disabled";
  captions_soon();
});
video.textTracks.addEventListener("change", () => { captions_switch.checked = captions_track.mode === "showing"; });
element.addEventListener("opened", ({ detail }) => { part(".captioned").hidden = !(detail.address && detail.picture); });
element.addEventListener("settled", captions_soon);
