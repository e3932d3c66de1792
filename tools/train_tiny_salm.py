"""Teach the tiny SALM of the tests to write down the sentences of tests/data; writes tests/data/tiny_salm.

    python tools/train_tiny_salm.py [--steps 1600] [--out DIR]

The encoder is the demo model's and stays as it is, so every clip is encoded
once; the projector and the two layers of the language model learn. Counted in
steps and seeded: the same command on the same machine gives the same weights.
Some ten minutes on one core.
"""

import argparse
import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))
sys.path.insert(0, str(ROOT))

import speech_data  # type: ignore[import-not-found]  # noqa: E402
import tiny_salm  # type: ignore[import-not-found]  # noqa: E402

SAMPLE_RATE = 16_000
MARGIN = 0.15
"""Seconds of the recording kept on both sides of a sentence."""

Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the weights."""

    steps: int = 1600
    clips: int = 700
    most_sentences: int = 4
    batch_frames: int = 1600
    rate: float = 2e-3
    seed: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Spoken:
    """Sound and what is said in it; the text of what is no speech is empty."""

    samples: Samples
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """What the encoder makes of a clip, float32 [frames, width], and the tokens of the reply with its end."""

    frames: Tensor
    reply: list[int]


def sentences() -> list[Spoken]:
    """Every sentence of tests/data, cut out of its recording."""
    return [each for one in speech_data.recordings().values() if one.words for each in _sentences(one)]


def _sentences(recording: speech_data.Recording) -> list[Spoken]:
    samples, found, begin = recording.samples(), [], 0
    for place, word in enumerate(recording.words, start=1):
        if word.text[-1] in ".?!":
            words, begin = recording.words[begin:place], place
            start, end = max(0.0, words[0].start - MARGIN), words[-1].end + MARGIN
            cut = samples[round(start * SAMPLE_RATE) : round(end * SAMPLE_RATE)]
            found.append(Spoken(cut, " ".join(each.text for each in words)))
    return found


def clips(recipe: Recipe) -> list[Spoken]:
    """One to `most_sentences` sentences in a row with pauses, at any loudness; some clips hold no speech."""
    rng, generator = Random(recipe.seed), np.random.default_rng(recipe.seed)
    known = sentences()
    quiet = [Spoken(one.samples(), "") for one in speech_data.wordless()]
    made = [_joined([one], rng, generator) for one in known]
    while len(made) < recipe.clips:
        count = rng.randint(1, recipe.most_sentences)
        chosen = [rng.choice(quiet)] if rng.random() < 0.04 else rng.sample(known, count)
        made.append(_joined(chosen, rng, generator))
    return made


def _joined(parts: list[Spoken], rng: Random, generator: np.random.Generator) -> Spoken:
    pieces = [np.zeros(round(rng.uniform(0, 0.4) * SAMPLE_RATE), np.float32)]
    for part in parts:
        pieces += [part.samples, np.zeros(round(rng.uniform(0.1, 1.2) * SAMPLE_RATE), np.float32)]
    samples = np.concatenate(pieces) * rng.uniform(0.4, 1.2)
    noise = generator.standard_normal(len(samples)) * 10 ** rng.uniform(-4.5, -3)
    return Spoken((samples + noise).astype(np.float32), " ".join(part.text for part in parts if part.text))


def encoded(model: nn.Module, spoken: list[Spoken]) -> list[Example]:
    """Each clip through the ears of the model, up to its projector."""
    model.perception.eval()
    model.perception.preprocessor.featurizer.dither = 0.0
    found = []
    for each in spoken:
        with torch.inference_mode():
            signal, length = torch.from_numpy(each.samples)[None], torch.tensor([len(each.samples)])
            mel, frames = model.perception.preprocessor(input_signal=signal, length=length)
            heard, _ = model.perception.encoder(audio_signal=mel, length=frames)
        reply = model.tokenizer.tokenizer(each.text)["input_ids"]
        found.append(Example(heard[0].T.clone(), [*reply, model.text_eos_id]))
    return found


def batches(examples: list[Example], recipe: Recipe, rng: Random) -> list[list[Example]]:
    """All of them once, in groups of about the same length, at most `batch_frames` with the padding."""
    ordered = sorted(examples, key=lambda each: len(each.frames) + rng.uniform(0, 20))
    grouped: list[list[Example]] = [[]]
    for each in ordered:
        if (len(grouped[-1]) + 1) * len(each.frames) > recipe.batch_frames:
            grouped.append([])
        grouped[-1].append(each)
    rng.shuffle(grouped)
    return [group for group in grouped if group]


def loss(model: nn.Module, batch: list[Example], prompt: tuple[Tensor, Tensor]) -> Tensor:
    """Cross-entropy of the replies, given prompt and sound."""
    rows, targets = [], []
    for each in batch:
        reply = torch.tensor(each.reply)
        heard = model.perception.proj(each.frames.clone())
        parts = (model.embed_tokens(prompt[0]), heard, model.embed_tokens(prompt[1]), model.embed_tokens(reply))
        rows.append(torch.cat(parts))
        before = len(rows[-1]) - len(reply)
        targets.append(torch.cat((torch.full((before,), -100), reply)))
    padded = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True)
    wanted = torch.nn.utils.rnn.pad_sequence(targets, batch_first=True, padding_value=-100)
    logits = model.llm(inputs_embeds=padded, return_dict=True)["logits"]
    return torch.nn.functional.cross_entropy(logits[:, :-1].flatten(0, 1), wanted[:, 1:].flatten(), ignore_index=-100)


def train(model: nn.Module, examples: list[Example], recipe: Recipe) -> None:
    """Adam with warm-up and a cosine, on the projector and the language model."""
    learning = [*model.perception.proj.parameters(), *model.llm.parameters(), model.embed_tokens.weight]
    unique = list({id(each): each.requires_grad_() for each in learning}.values())
    optimizer = torch.optim.AdamW(unique, lr=recipe.rate, betas=(0.9, 0.98), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.rate, recipe.steps, pct_start=0.1)
    prompt, rng = _prompt(model), Random(recipe.seed)
    waiting: list[list[Example]] = []
    model.llm.train()
    for step in range(recipe.steps):
        waiting = waiting or batches(examples, recipe, rng)
        value = loss(model, waiting.pop(), prompt)
        value.backward()
        torch.nn.utils.clip_grad_norm_(unique, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        if step % 50 == 0:
            print(f"step {step}: loss {value.item():.4f}", flush=True)


def _prompt(model: nn.Module) -> tuple[Tensor, Tensor]:
    """The tokens before and behind the sound."""
    from nemo.collections.common.prompts import PromptFormatter

    formatter = PromptFormatter.resolve(model.cfg.prompt_format)(model.tokenizer)
    turn = {"role": "user", "slots": {"message": f"Transcribe the following: {model.audio_locator_tag}"}}
    ids = formatter.encode_dialog([turn])["input_ids"]
    place = ids.tolist().index(model.audio_locator_tag_id)
    return ids[:place], ids[place + 1 :]


def main() -> None:
    """Build, teach, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=1600)
    parser.add_argument("--out", type=Path, default=tiny_salm.TRAINED)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    recipe = Recipe(steps=arguments.steps)
    shutil.rmtree(arguments.out, ignore_errors=True)
    tiny_salm.write_texts(arguments.out)
    torch.manual_seed(recipe.seed)
    model = tiny_salm.model(arguments.out)
    train(model, encoded(model, clips(recipe)), recipe)
    tiny_salm.save(model, arguments.out)
    print(json.dumps({"sentences": len(sentences()), "parameters": sum(each.numel() for each in model.parameters())}))


if __name__ == "__main__":
    main()
