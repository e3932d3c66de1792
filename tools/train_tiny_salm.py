"""Teach the tiny SALM of the tests to write down the sentences of tests/data; writes tests/data/tiny_salm.

    python tools/train_tiny_salm.py [--steps 2200] [--out DIR]

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
from itertools import pairwise
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
Samples = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the weights."""

    steps: int = 2200
    clips: int = 900
    most_sentences: int = 8
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


def sentences() -> list[list[Spoken]]:
    """The sentences of every recording in tests/data, in order, each cut out of it."""
    return [_sentences(one) for one in speech_data.recordings().values() if one.words]


def _sentences(recording: speech_data.Recording) -> list[Spoken]:
    """With the pause that follows, or half of it and half of the one before: put in a row, they are the recording."""
    samples, words = recording.samples(), recording.words
    ends = [place for place, word in enumerate(words, start=1) if word.text[-1] in ".?!"]
    cuts = [(words[end - 1].end + words[end].start) / 2 for end in ends[:-1]]
    borders = [round(cut * SAMPLE_RATE) for cut in [0.0, *cuts, recording.duration]]
    texts = [" ".join(word.text for word in words[first:last]) for first, last in pairwise([0, *ends])]
    return [Spoken(samples[first:last], text) for (first, last), text in zip(pairwise(borders), texts, strict=True)]


def clips(recipe: Recipe) -> list[Spoken]:
    """Sentences in a row, as in a recording or shuffled, at any loudness; some clips hold no speech."""
    rng, generator = Random(recipe.seed), np.random.default_rng(recipe.seed)
    spoken = sentences()
    known = [sentence for recording in spoken for sentence in recording]
    quiet = [Spoken(one.samples(), "") for one in speech_data.wordless()]
    made = [_joined([one], rng, generator) for one in known]
    while len(made) < recipe.clips:
        count = min(rng.randint(1, recipe.most_sentences) for _ in range(2))
        recording = rng.choice(spoken)
        first = rng.randrange(max(1, len(recording) - count + 1))
        kind = rng.choices(
            (recording[first : first + count], rng.sample(known, count), [rng.choice(quiet)]), (8, 11, 1)
        )
        made.append(_joined(kind[0], rng, generator))
    return made


def _joined(parts: list[Spoken], rng: Random, generator: np.random.Generator) -> Spoken:
    pause = np.zeros(round(rng.uniform(0, 0.6) * SAMPLE_RATE), np.float32)
    samples = np.concatenate([pause, *(part.samples for part in parts), pause]) * rng.uniform(0.4, 1.2)
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
    parser.add_argument("--steps", type=int, default=2200)
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
    print(
        json.dumps(
            {"sentences": sum(map(len, sentences())), "parameters": sum(each.numel() for each in model.parameters())}
        )
    )


if __name__ == "__main__":
    main()
