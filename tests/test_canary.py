"""Canary's way from a snapshot to text, with a SALM that is real and tiny: no request, no doubt, no odd reply."""

import json
import shutil
import struct
import sys
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import tiny_salm
from speech_data import long_speech, sample, short_speech, wordless
from windows_locks import Locks

from transcriber import hub, loading, pipeline, speech
from transcriber.catalogue import MODEL_CONFIGS
from transcriber.errors import (
    ClipFailedError,
    CorruptModelError,
    MemoryExhaustedError,
    MissingDependencyError,
    ModelUnloadedError,
    UnsupportedOptionError,
)
from transcriber.loading import LoadSettings
from transcriber.options import SAMPLE_RATE, TranscribeOptions
from transcriber.recognizer import Clip, Recognition

OPTIONS = TranscribeOptions()
CANARY = MODEL_CONFIGS["canary"]
WEIGHTS = "model.safetensors"
SPEECH = [*short_speech(), sample()]


@pytest.fixture(scope="module")
def canary(nemo: None) -> Iterator[Any]:
    """The trained one in memory."""
    from transcriber.nemo import canary

    loaded = canary.load(CANARY, tiny_salm.TRAINED, "cpu")
    yield loaded
    loaded.close()


@pytest.fixture(scope="module")
def restore(nemo: None) -> Callable[[Path], Any]:
    """A snapshot as a model, in float32."""
    import torch

    from transcriber.nemo import salm

    return lambda folder: salm.restore(CANARY, folder, torch.float32)


@pytest.fixture
def snapshot(tmp_path: Path) -> Path:
    """A copy to be broken."""
    return tiny_salm.copy_trained(tmp_path / "canary")


def hear(canary: Any, *clips: Any) -> list[str]:
    asked = [Clip(np.asarray(samples, np.float32), 0.0) for samples in clips]
    return [each.text for each in canary.recognize(asked, OPTIONS)]


def sentences(text: str) -> list[str]:
    return [each.strip() for each in text.replace("?", ".").replace("7:30", "7-30").split(".") if each.strip()]


# --- what it hears


def test_the_tiny_model_writes_down_what_it_was_taught(canary):
    heard = hear(canary, *(one.samples() for one in SPEECH))

    assert heard == [one.text for one in SPEECH]


def test_its_recognitions_have_no_words_because_it_knows_no_times(canary):
    assert canary.recognize([Clip(sample().samples(), 5.0)], OPTIONS) == [Recognition(sample().text, ())]
    assert not canary.spec.word_times


def test_several_clips_at_once_are_heard_as_each_alone(canary):
    clips = [one.samples() for one in SPEECH] * 2

    assert hear(canary, *clips) == [hear(canary, each)[0] for each in clips]


def test_the_same_clip_gives_the_same_text_from_eight_threads(canary):
    clips = [one.samples() for one in SPEECH] * 3

    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(lambda samples: hear(canary, samples)[0], clips))

    assert together == [one.text for one in SPEECH] * 3


def test_what_is_not_speech_gives_no_text(canary):
    assert hear(canary, *(one.samples() for one in wordless())) == [""] * len(wordless())


@pytest.mark.parametrize("count", [1, 10, 160, 1600])
def test_a_moment_of_sound_is_no_error(canary, count):
    assert len(hear(canary, np.full(count, 0.1))) == 1


def test_no_sample_is_not_a_number_when_it_reaches_the_model(canary):
    samples = sample().samples()
    gap = slice(round(3.1 * SAMPLE_RATE), round(3.3 * SAMPLE_RATE))
    broken, zeroed = samples.copy(), samples.copy()
    broken[gap], zeroed[gap] = np.nan, 0.0

    assert hear(canary, broken, np.full(SAMPLE_RATE, np.inf)) == [hear(canary, zeroed)[0], ""]


def test_ten_minutes_lose_no_clip_and_no_question_is_longer_than_forty_seconds(canary, tmp_path, monkeypatch):
    samples, asked = long_speech().samples(), []
    recording = tmp_path / "ten minutes.wav"
    soundfile.write(recording, np.tile(samples, 9)[: 600 * SAMPLE_RATE], SAMPLE_RATE)
    generate = canary._generate
    monkeypatch.setattr(canary, "_generate", lambda clips: asked.extend(clips) or generate(clips))
    heard = spied(canary, monkeypatch)

    pipeline.transcribe(recording, canary, TranscribeOptions(word_times=False))

    covered = sum(clip.duration for clip, _ in heard)
    assert covered == pytest.approx(600, abs=0.1)
    assert all(clip.duration <= 40 for clip in asked)
    assert all(text for _, text in heard)
    said = [each for _, text in heard for each in sentences(text)]
    known = sentences(long_speech().text)
    assert len([each for each in said if each in known]) >= 0.9 * 8 * len(known)


def spied(canary: Any, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Clip, str]]:
    """What `recognize` is given, and what it gives."""
    heard: list[tuple[Clip, str]] = []
    recognize = canary.recognize

    def spy(clips: Any, options: TranscribeOptions) -> list[Recognition]:
        found = recognize(clips, options)
        heard.extend((clip, each.text) for clip, each in zip(clips, found, strict=True))
        return found

    monkeypatch.setattr(canary, "recognize", spy)
    return heard


# --- what it does with odd replies


@pytest.fixture
def scripted(canary, monkeypatch):
    """The recognizer with another model's replies: a function from a clip to a reply, and the clips it was asked."""
    from transcriber.nemo.replies import Reply

    def script(answer: Callable[[Clip], Any]) -> list[Clip]:
        asked: list[Clip] = []

        def generate(clips: list[Clip]) -> list[Any]:
            asked.extend(clips)
            return [each if isinstance(each, Reply) else Reply(each, finished=True) for each in map(answer, clips)]

        monkeypatch.setattr(canary, "_generate", generate)
        return asked

    return script


def tone(*seconds: float) -> np.ndarray:
    """Tones of those lengths with 0.5 s of quiet between them."""
    generator = np.random.default_rng(0)
    pieces = [0.1 * generator.standard_normal(round(each * SAMPLE_RATE)) for each in seconds]
    quiet = np.full(SAMPLE_RATE // 2, 1e-4)
    return np.concatenate([part for piece in pieces for part in (piece, quiet)][:-1]).astype(np.float32)


def test_a_reply_that_is_cut_off_is_asked_for_again_in_halves_cut_where_it_is_quiet(canary, scripted):
    from transcriber.nemo.replies import Reply

    samples = tone(11, 13)
    asked = scripted(lambda clip: Reply("and so", finished=False) if clip.duration > 20 else f"{clip.start:.2f}.")

    text = hear(canary, samples)

    assert [clip.start for clip in asked[:2]] == [0.0, 0.0]
    assert 11.0 < asked[2].start < 11.5
    assert np.array_equal(np.concatenate([clip.samples for clip in asked[1:]]), samples)
    assert text == [f"0.00. {asked[2].start:.2f}."]


def test_a_model_that_never_gets_it_right_is_asked_a_bounded_number_of_times_and_its_refrain_cut(canary, scripted):
    from transcriber.nemo.replies import Reply

    asked = scripted(lambda _: Reply("la la" + " la la la" * 50, finished=False))

    [text] = hear(canary, tone(40))

    assert len(asked) == 1 + 2 + 4 + 8
    assert len(text) < 8 * 20


def test_a_reply_that_stops_early_is_replaced_only_by_a_longer_one(canary, scripted, monkeypatch):
    monkeypatch.setattr(speech, "spans", lambda samples: [(0.0, len(samples) / SAMPLE_RATE)])
    enough = " ".join(f"word{number}" for number in range(30))
    scripted(lambda clip: "one two three" if clip.duration > 20 else enough)

    assert hear(canary, tone(15, 15)) == [f"{enough} {enough}"]

    scripted(lambda clip: "one two three" if clip.duration > 20 else "one")
    assert hear(canary, tone(15, 15)) == ["one two three"]


def test_an_answer_instead_of_a_transcript_is_asked_for_again(canary, scripted):
    scripted(lambda clip: "Sure, here is what I think." if clip.duration > 20 else "Good morning.")

    assert hear(canary, tone(12, 12)) == ["Good morning. Good morning."]


def test_nobody_is_asked_about_silence(canary, scripted):
    asked = scripted(lambda _: "Thank you for watching.")

    assert hear(canary, np.zeros(5 * SAMPLE_RATE), [], np.full(SAMPLE_RATE, 1e-5)) == ["", "", ""]
    assert canary.recognize([], OPTIONS) == []
    assert asked == []


def test_a_clip_longer_than_the_model_takes_is_cut_first(canary, scripted):
    asked = scripted(lambda clip: f"{clip.start:.0f}")

    [text] = hear(canary, tone(30, 30, 30))

    assert all(clip.duration <= 40 for clip in asked)
    assert sum(len(clip.samples) for clip in asked) == 91 * SAMPLE_RATE
    assert text.split() == [f"{clip.start:.0f}" for clip in asked]


def test_a_random_language_model_comes_to_an_end(nemo, tmp_path):
    from transcriber.nemo import canary

    babbler = canary.load(CANARY, tiny_salm.build(tmp_path / "random", seed=3), "cpu")

    assert len(hear(babbler, sample().samples())) == 1
    babbler.close()


def test_prompt_sound_and_reply_never_exceed_what_the_model_takes(canary):
    from transcriber.nemo.canary import MOST_TOKENS

    for seconds in (0.1, 1, 10, 25, 40):
        sound = seconds / canary._model.token_equivalent_duration
        assert len(canary._prompt) + sound + canary._most_tokens(seconds) <= MOST_TOKENS
    assert canary._most_tokens(40) / 40 > 8
    assert canary._most_tokens(1) < 30


# --- what becomes of failures


def test_running_out_of_memory_says_at_what(canary, monkeypatch):
    def fail(_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(canary, "_generate", fail)

    with pytest.raises(MemoryExhaustedError, match=r"CPU while recognizing 3 s of audio with canary"):
        hear(canary, tone(3))


def test_a_failure_of_the_model_names_the_clip(canary, monkeypatch):
    def fail(_: object) -> None:
        raise IndexError("no audio")

    monkeypatch.setattr(canary, "_generate", fail)

    with pytest.raises(ClipFailedError, match=r"between 7\.0 s and 10\.0 s: IndexError: no audio"):
        canary.recognize([Clip(tone(3), 7.0)], OPTIONS)


def test_an_unloaded_recognizer_says_so(nemo):
    from transcriber.nemo import canary

    gone = canary.load(CANARY, tiny_salm.TRAINED, "cpu")
    gone.close()
    gone.close()

    with pytest.raises(ModelUnloadedError, match="canary was unloaded"):
        hear(gone, tone(1))


# --- what it is loaded from


@pytest.fixture(scope="module")
def plain(nemo, tmp_path_factory):
    """The same snapshot as NeMo itself loads it."""
    from nemo.collections.speechlm2.models import SALM

    folder = tiny_salm.copy_trained(tmp_path_factory.mktemp("plain") / "canary")
    edit(folder / "config.json", pretrained_llm=str(folder / tiny_salm.LANGUAGE_MODEL))
    with warnings.catch_warnings(action="ignore"):
        return SALM.from_pretrained(str(folder)).eval()


def edit(path: Path, **changes: Any) -> None:
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content | changes), encoding="utf-8")


def test_every_tensor_is_the_one_that_nemo_loads(restore, plain):
    import torch

    ours, theirs = (
        dict([*each.named_parameters(), *each.named_buffers()]) for each in (restore(tiny_salm.TRAINED), plain)
    )

    assert ours.keys() == theirs.keys()
    assert all(tensor.dtype == theirs[name].dtype for name, tensor in ours.items())
    assert [name for name, tensor in ours.items() if not torch.equal(tensor, theirs[name])] == []


def test_replies_are_those_of_nemos_own_generate(restore, plain):
    import torch

    from transcriber.nemo import canary

    ours = canary.CanaryRecognizer(CANARY, restore(tiny_salm.TRAINED), torch.device("cpu"), "the trained one")
    message = {"role": "user", "content": f"Transcribe the following: {tiny_salm.TAG}"}
    for one in SPEECH:
        signal = torch.from_numpy(one.samples())[None]
        lengths = torch.tensor([signal.shape[1]])
        tokens = plain.generate([[dict(message)]], audios=signal, audio_lens=lengths, max_new_tokens=128)
        text = plain.tokenizer.tokenizer.decode(tokens[0], skip_special_tokens=True).strip()
        assert hear(ours, one.samples()) == [text]


def test_weights_stay_as_they_are_stored_and_the_head_is_the_embedding(nemo):
    import torch

    from transcriber.nemo import salm

    model = salm.restore(CANARY, tiny_salm.TRAINED, torch.bfloat16)

    assert {each.dtype for each in model.parameters()} == {torch.bfloat16}
    assert model.llm.lm_head.weight is model.embed_tokens.weight
    assert model.perception.preprocessor.featurizer.fb.dtype == torch.float32
    assert model.llm.model.model.rotary_emb.inv_freq.dtype == torch.float32
    assert not any(each.requires_grad or each.is_meta for each in model.parameters())
    assert not any(module.training for module in model.modules())


def test_weights_are_mapped_not_read(nemo):
    import psutil
    import torch

    from transcriber.nemo import salm

    model = salm.restore(CANARY, tiny_salm.TRAINED, torch.bfloat16)

    mapped = {Path(each.path).resolve() for each in psutil.Process().memory_maps()}
    assert (tiny_salm.TRAINED / WEIGHTS).resolve() in mapped
    del model


class Requests:
    """What this process asks of any network while it listens."""

    def __init__(self) -> None:
        self.listening, self.seen = False, list[str]()
        sys.addaudithook(self._hear)

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.listening and event in (
            "socket.connect",
            "socket.getaddrinfo",
            "socket.gethostbyname",
            "socket.sendto",
        ):
            self.seen.append(f"{event} {arguments[1:]}")
            raise OSError("no network here")


REQUESTS = Requests()


def test_loading_and_recognizing_make_no_request(nemo, snapshot):
    from transcriber.nemo import canary

    REQUESTS.listening = True
    try:
        loaded = canary.load(CANARY, snapshot, "cpu")
        heard = hear(loaded, sample().samples())
    finally:
        REQUESTS.listening = False

    assert REQUESTS.seen == []
    assert heard == [sample().text]


def test_load_model_loads_a_snapshot_that_is_here_by_its_commit(nemo, snapshot, tmp_path, monkeypatch):
    commit = "0123456789abcdef0123456789abcdef01234567"
    resolved = hub.Resolved(commit, "Offline: the last known main.")
    monkeypatch.setattr(hub, "resolve_revision", lambda *_, **__: resolved)
    monkeypatch.setattr(hub, "fetch_snapshot", lambda *_, **__: snapshot)

    loaded = loading.load(CANARY, LoadSettings(models_dir=tmp_path, device="cpu"))

    assert loaded.spec.revision == commit
    assert loaded.notes[0] == "Offline: the last known main."
    assert hear(loaded, sample().samples()) == [sample().text]
    loaded.close()


def test_without_peft_one_sentence_has_the_pip_command_and_parakeet_loads(nemo, snapshot, monkeypatch, tmp_path):
    monkeypatch.setattr(hub, "resolve_revision", lambda *_, **__: hub.Resolved("0" * 40))
    monkeypatch.setattr(hub, "fetch_snapshot", lambda *_, **__: snapshot)
    for name in ("transcriber.nemo.canary", "transcriber.nemo.salm"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import transcriber.nemo

    for name in ("canary", "salm"):
        monkeypatch.delattr(transcriber.nemo, name, raising=False)
    monkeypatch.setitem(sys.modules, "peft", None)

    with pytest.raises(MissingDependencyError, match=r"package peft is missing\. Run: python -m pip install"):
        loading.load(CANARY, LoadSettings(models_dir=tmp_path))

    loading.load(MODEL_CONFIGS["demo"], LoadSettings(device="cpu")).close()


# --- what is refused


def rewritten(snapshot: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Save the weights again, changed."""
    from safetensors.torch import load_file, save_file

    tensors = {name: tensor.clone() for name, tensor in load_file(snapshot / WEIGHTS).items()}
    change(tensors)
    save_file(tensors, snapshot / WEIGHTS)


def drop(ending: str) -> Callable[[dict[str, Any]], Any]:
    return lambda tensors: tensors.pop(next(name for name in tensors if name.endswith(ending)))


def add(tensors: dict[str, Any]) -> None:
    tensors["llm.extra"] = tensors["embed_tokens.weight"].clone()


def rename_all(tensors: dict[str, Any]) -> None:
    renamed = {f"model.{name}": tensor for name, tensor in tensors.items()}
    tensors.clear()
    tensors.update(renamed)


def shrink(tensors: dict[str, Any]) -> None:
    tensors["perception.proj.weight"] = tensors["perception.proj.weight"][:, :64].contiguous()


def spoil(value: float) -> Callable[[dict[str, Any]], Any]:
    def change(tensors: dict[str, Any]) -> None:
        tensors["embed_tokens.weight"].view(-1)[-1] = value

    return change


def untie(tensors: dict[str, Any]) -> None:
    tensors["llm.base_model.model.lm_head.weight"] = tensors["embed_tokens.weight"] + 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (drop("lora_A.default.weight"), r"lora_A\.default\.weight is missing"),
        (drop("layers.4.norm_out.weight"), r"layers\.4\.norm_out\.weight is missing"),
        (drop("embed_tokens.weight"), r"embed_tokens\.weight is missing"),
        (add, r"llm\.extra belongs to no layer"),
        (rename_all, r"is missing.* and \d+ more"),
        (shrink, r"perception\.proj\.weight is 128x64 instead of 128x128"),
        (spoil(float("nan")), r"embed_tokens\.weight holds numbers that are none"),
        (spoil(float("-inf")), r"embed_tokens\.weight holds numbers that are none"),
        (untie, r"should be the same"),
    ],
)
def test_weights_that_do_not_fit_are_refused_by_name(restore, snapshot, change, reason):
    rewritten(snapshot, change)

    with pytest.raises(CorruptModelError, match=reason):
        restore(snapshot)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_numbers_of_every_size_are_looked_at(restore, snapshot, dtype):
    import torch

    nothing = torch.full((128,), float("nan"), dtype=getattr(torch, dtype))
    rewritten(snapshot, lambda tensors: tensors.update({"perception.proj.bias": nothing}))

    with pytest.raises(CorruptModelError, match=r"proj\.bias holds numbers that are none"):
        restore(snapshot)


def test_a_head_that_is_saved_under_both_names_or_only_its_own_is_fine(restore, snapshot):
    rewritten(snapshot, lambda tensors: tensors.update({HEAD: tensors["embed_tokens.weight"].clone()}))
    both = restore(snapshot)
    rewritten(snapshot, lambda tensors: tensors.pop("embed_tokens.weight"))
    own = restore(snapshot)

    assert both.embed_tokens.weight.equal(own.embed_tokens.weight)
    assert own.llm.lm_head.weight is own.embed_tokens.weight


HEAD = "llm.base_model.model.lm_head.weight"


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def alter_header(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100] ^= 0xFF
    path.write_bytes(content)


def boast(path: Path) -> None:
    path.write_bytes(struct.pack("<Q", 1 << 60) + path.read_bytes()[8:])


def write_page(path: Path) -> None:
    path.write_text("<html>Too many requests</html>", encoding="utf-8")


@pytest.mark.parametrize("damage", [cut_off, alter_header, boast, write_page, Path.touch])
def test_a_damaged_weights_file_is_refused(restore, snapshot, damage):
    path = snapshot / WEIGHTS
    if damage is Path.touch:
        path.unlink()
    damage(path)

    with pytest.raises(CorruptModelError, match=r"model\.safetensors is not a usable model: it is cut off or damaged"):
        restore(snapshot)


@pytest.mark.parametrize("name", ["config.json", WEIGHTS, "qwen3/config.json", "qwen3/tokenizer_config.json", "qwen3"])
def test_what_is_missing_is_named(restore, snapshot, name):
    path = snapshot / name
    shutil.rmtree(path) if path.is_dir() else path.unlink()

    with pytest.raises(CorruptModelError, match=f"{Path(name).name}.* is (missing|not in it)"):
        restore(snapshot)


def perception(**changes: Any) -> dict[str, Any]:
    original = tiny_salm.configuration()["perception"]
    return {"perception": original | {key: original.get(key, {}) | value for key, value in changes.items()}}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (perception(encoder={"_target_": "subprocess.Popen"}), "'subprocess.Popen', which is no building block"),
        (perception(modality_adapter={"cls": "os.system"}), "'os.system', which is no building block"),
        (perception(encoder={"x": [{"y": {"_target_": "builtins.eval"}}]}), "'builtins.eval', which is no"),
        (perception(encoder={"feat_out": "${oc.env:HOME}"}), "asks for what no model may run"),
        ({"pretrained_llm": "Qwen/Qwen3-1.7B"}, "language model, 'Qwen/Qwen3-1.7B', is not in it"),
        ({"pretrained_llm": "../elsewhere"}, "is not in it"),
        ({"pretrained_llm": str(tiny_salm.TRAINED / "qwen3")}, "is not in it"),
        ({"pretrained_llm": "."}, "is not in it"),
        ({"pretrained_llm": None}, "is not in it"),
        ({"lora": {"r": 8, "loftq_config": {"loftq_bits": 4}}}, "not known here: loftq_config"),
        ({"perception": None}, "not the configuration of a SALM"),
        ({"prompt_format": "llama2"}, "how the model is to be asked"),
        ({"audio_locator_tag": 7}, "how the model is to be asked"),
    ],
)
def test_a_configuration_that_reaches_out_is_refused(restore, snapshot, tmp_path, changes, reason):
    shutil.copytree(snapshot / "qwen3", tmp_path / "elsewhere")
    edit(snapshot / "config.json", **changes)

    with pytest.raises(CorruptModelError, match=reason):
        restore(snapshot)


@pytest.mark.parametrize("text", ["", "no JSON", "[]", "[" * 100_000, '{"a": ' + '"' + "x" * (11 << 20) + '"}'])
def test_a_configuration_that_is_none_is_refused(restore, snapshot, text):
    (snapshot / "config.json").write_text(text, encoding="utf-8")

    with pytest.raises(CorruptModelError, match=r"config\.json is not a usable model"):
        restore(snapshot)


def test_a_language_model_that_brings_code_is_refused(restore, snapshot):
    edit(snapshot / "qwen3" / "config.json", auto_map={"AutoModelForCausalLM": "evil.Evil"})

    with pytest.raises(CorruptModelError, match="asks for what no model may run: auto_map"):
        restore(snapshot)


def test_checkpoints_that_the_configuration_names_are_never_opened(restore, snapshot, tmp_path):
    evil = str(tmp_path / "evil.ckpt")
    names = ("init_from_checkpoint", "pretrained_s2s_model", "pretrained_perception_from_s2s", "tokenizer_path")
    changes = dict.fromkeys(names, evil) | {
        "pretrained_asr": evil,
        "pretrained_weights": True,
        "trust_remote_code": True,
    }
    edit(snapshot / "config.json", **changes)

    model = restore(snapshot)

    assert evil not in str(model.cfg)
    assert not model.cfg.get("trust_remote_code")


def forget_end(folder: Path) -> None:
    edit(folder / "tokenizer_config.json", eos_token="<|endoftext|>")


def end_elsewhere(folder: Path) -> None:
    edit(folder / "config.json", eos_token_id=1)


def lose_tokens(folder: Path) -> None:
    for name in ("tokenizer.json", "vocab.json", "merges.txt"):
        (folder / name).unlink()


def lose_a_letter(folder: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    for part in ("vocab", "merges"):
        text = json.dumps(content["model"][part], ensure_ascii=False)
        content["model"][part] = json.loads(text.replace("f", "\u2603"))
    (folder / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")


def cut_tokenizer(folder: Path) -> None:
    path = folder / "tokenizer.json"
    path.write_bytes(path.read_bytes()[:5000])


def overflow(folder: Path) -> None:
    content = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    first = len(content["model"]["vocab"]) + len(content["added_tokens"])
    common = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    content["added_tokens"] += [{"id": first + i, "content": f"<{i}>", **common} for i in range(tiny_salm.ROWS)]
    (folder / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (forget_end, "a reply does not end with"),
        (end_elsewhere, "a reply does not end with"),
        (lose_tokens, "a reply does not end with|the prompt does not survive"),
        (lose_a_letter, "the prompt does not survive"),
        (overflow, r"it has \d+ tokens, and the model 512"),
    ],
)
def test_a_damaged_tokenizer_is_refused_and_not_discovered_as_endless_text(restore, snapshot, damage, reason):
    damage(snapshot / "qwen3")

    with pytest.raises(CorruptModelError, match=f"its tokenizer is damaged: ({reason})"):
        restore(snapshot)


def test_a_tokenizer_that_is_cut_off_is_refused(restore, snapshot):
    cut_tokenizer(snapshot / "qwen3")

    with pytest.raises(CorruptModelError, match="its configuration or its tokenizer is damaged"):
        restore(snapshot)


def test_a_failed_load_leaves_the_next_one_alone(restore, snapshot):
    cut_off(snapshot / WEIGHTS)
    with pytest.raises(CorruptModelError):
        restore(snapshot)

    assert restore(tiny_salm.TRAINED) is not None


def test_two_loads_at_once_both_succeed(restore):
    with ThreadPoolExecutor(2) as threads:
        models = list(threads.map(restore, [tiny_salm.TRAINED] * 2))

    assert models[0].embed_tokens.weight.equal(models[1].embed_tokens.weight)


def test_memory_that_runs_out_while_loading_is_told_with_sizes(restore, snapshot, monkeypatch):
    from transcriber.nemo import stored

    def fail(_: Path) -> None:
        raise MemoryError

    monkeypatch.setattr(stored, "load_file", fail)

    with pytest.raises(
        MemoryExhaustedError, match=r"loading canary \(the model takes about 0\.0 GB, [\d.]+ GB of memory"
    ):
        restore(snapshot)


# --- how it computes


@pytest.fixture
def precision(nemo, monkeypatch):
    """Which precision is chosen on a processor with those instructions and so much free memory."""
    import torch

    from transcriber.nemo import canary

    def choose(instructions: dict[str, bool], free_gb: float) -> Any:
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: instructions)
        monkeypatch.setattr(canary, "_free_bytes", lambda _: free_gb * 1e9)
        return canary.choose_precision(torch.device("cpu"), 5_120_000_000)

    return choose


def test_a_processor_with_bfloat16_uses_it_and_pays_nothing(precision):
    for name in ("avx512_bf16", "amx_bf16"):
        chosen = precision({name: True}, free_gb=1)
        assert (str(chosen.dtype), chosen.note) == ("torch.bfloat16", None)


def test_others_take_float32_where_memory_allows_and_say_what_it_costs(precision):
    chosen = precision({"avx2": True, "avx512_bf16": False}, free_gb=16)

    assert str(chosen.dtype) == "torch.float32"
    assert chosen.note.startswith("This processor does not compute in bfloat16, so the model takes 10.2 GB of memory")


def test_short_of_memory_they_compute_slowly_and_say_so(precision):
    chosen = precision({"avx2": True}, free_gb=8)

    assert str(chosen.dtype) == "torch.bfloat16"
    assert "8.0 GB of free memory are too few for float32 (10.2 GB): it will be several times slower." in chosen.note


def test_float32_hears_the_same(nemo, canary, monkeypatch):
    import torch

    monkeypatch.setattr(torch.cpu, "get_capabilities", dict)
    from transcriber.nemo import canary as home

    wide = home.load(CANARY, tiny_salm.TRAINED, "cpu", ("first",))

    assert {each.dtype for each in wide._model.parameters()} == {torch.float32}
    assert wide.notes[0] == "first"
    assert "does not compute in bfloat16" in wide.notes[1]
    assert hear(wide, *(one.samples() for one in SPEECH)) == [one.text for one in SPEECH]


def test_a_card_that_is_not_there_is_refused(nemo, snapshot):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is one")
    from transcriber.nemo import canary

    with pytest.raises(UnsupportedOptionError, match="--device cuda"):
        canary.load(CANARY, snapshot, "cuda")


# --- where the tiny model comes from


def test_the_shipped_snapshot_has_the_configuration_and_the_tokenizer_that_the_tool_writes(nemo, tmp_path):
    tiny_salm.write_texts(tmp_path / "canary")

    written = [path.relative_to(tmp_path / "canary") for path in (tmp_path / "canary").rglob("*.*")]
    assert len(written) >= 5
    for path in written:
        assert (tmp_path / "canary" / path).read_text("utf-8") == (tiny_salm.TRAINED / path).read_text("utf-8")
    assert sum(path.stat().st_size for path in tiny_salm.TRAINED.rglob("*") if path.is_file()) < 6e6


def test_a_few_steps_of_its_training_teach_a_random_one_something(nemo, tmp_path):
    sys.path.insert(0, str(tiny_salm.ROOT / "tools"))
    import torch
    import train_tiny_salm as tool

    recipe = tool.Recipe(steps=15, clips=32, most_sentences=1)
    torch.manual_seed(0)
    tiny_salm.write_texts(tmp_path / "canary")
    model = tiny_salm.model(tmp_path / "canary")
    examples = tool.encoded(model, tool.clips(recipe))
    ask = tool._prompt(model)
    before = tool.loss(model, examples[:4], ask).item()

    tool.train(model, examples, recipe)

    assert len(tool.clips(recipe)) == 32
    assert tool.loss(model, examples[:4], ask).item() < before - 1


# --- under Windows' rules


def test_a_snapshot_can_be_loaded_twice_used_and_then_deleted(nemo, snapshot, locks: Locks):
    from transcriber.nemo import canary

    for _ in range(2):
        loaded = canary.load(CANARY, snapshot, "cpu")
        assert hear(loaded, sample().samples()) == [sample().text]
        loaded.close()
    del loaded
    shutil.rmtree(snapshot)

    assert locks.violations == []
    assert not snapshot.exists()


def test_a_scanner_that_holds_every_file_does_not_stand_in_the_way(nemo, snapshot, locks: Locks):
    from transcriber.nemo import canary

    with locks.hold(snapshot / WEIGHTS), locks.hold(snapshot / "config.json"), locks.hold_new_files(snapshot):
        loaded = canary.load(CANARY, snapshot, "cpu")

    assert hear(loaded, sample().samples()) == [sample().text]
    assert locks.violations == []
    loaded.close()


def test_a_damaged_snapshot_can_be_deleted_at_once(restore, snapshot, locks: Locks):
    rewritten(snapshot, spoil(float("nan")))
    with pytest.raises(CorruptModelError):
        restore(snapshot)

    shutil.rmtree(snapshot)

    assert locks.violations == []
