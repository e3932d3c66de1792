"""Train models/demo.nemo from nothing but espeak-ng, flite and our own grammar.

    python tools/train_demo_model.py                     every stage, into outputs/demo_model
    python tools/train_demo_model.py --stages train export
    python tools/train_demo_model.py --smoke             the whole chain, tiny: proves that it runs, learns nothing

Stages: `tokenizer`, `shards` (speech on disk), `train`, `export` (half
precision .nemo). The same command on the same machine gives the same weights.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from demo_model.examples import Speakers
from demo_model.shards import read_shards, write_shards
from demo_model.tokens import train_tokenizer

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Recipe:
    """Everything that decides the weights."""

    tokenizer_texts: int = 20_000
    shards: int = 36
    shard_size: int = 400
    speakers: Speakers = Speakers()
    steps: int = 9_500
    batch_seconds: float = 40.0
    seed: int = 0


RECIPE = Recipe()
SMOKE = Recipe(
    tokenizer_texts=3_000, shards=1, shard_size=24, speakers=Speakers(flite_share=0.0), steps=6, batch_seconds=20.0
)


@dataclass(frozen=True, slots=True)
class Workshop:
    """Where the pieces lie while the model is made, and how many processes may speak at once."""

    folder: Path
    workers: int = 1

    @property
    def tokenizer(self) -> Path:
        """Of SentencePiece and NeMo."""
        return self.folder / "tokenizer"

    @property
    def shards(self) -> Path:
        """Speech and the truth about it."""
        return self.folder / "shards"

    @property
    def trained(self) -> Path:
        """The averaged weights, float32."""
        return self.folder / "trained.pt"

    @property
    def archive(self) -> Path:
        """The finished model."""
        return self.folder / "demo.nemo"


def make_tokenizer(recipe: Recipe, workshop: Workshop) -> None:
    """Learn the pieces that words are written in."""
    train_tokenizer(workshop.tokenizer, recipe.tokenizer_texts, recipe.seed)


def make_shards(recipe: Recipe, workshop: Workshop) -> None:
    """Speak the training examples; shards already there are kept."""
    write_shards(workshop.shards, range(recipe.shards), recipe.shard_size, recipe.speakers, workshop.workers)


def train_model(recipe: Recipe, workshop: Workshop) -> None:
    """Run every step and keep the averaged weights."""
    import torch
    from demo_model.training import Schedule, train

    schedule = Schedule(recipe.steps, batch_seconds=recipe.batch_seconds)
    model = train(workshop.shards, recipe.shards, workshop.tokenizer, schedule, recipe.seed)
    torch.save(model.state_dict(), workshop.trained)


def export_model(_: Recipe, workshop: Workshop) -> None:
    """Write the .nemo: weights in half precision, which restores to float32 with the same words and times."""
    import torch
    from demo_model.architecture import build_model

    model = build_model(workshop.tokenizer)
    model.load_state_dict(torch.load(workshop.trained, weights_only=True))
    for part in (model.encoder, model.decoder, model.joint):  # the preprocessor's filters stay exact
        part.half()
    model.save_to(str(workshop.archive))
    print(f"{workshop.archive}: {workshop.archive.stat().st_size / 1e6:.2f} MB")


STAGES: dict[str, Callable[[Recipe, Workshop], None]] = {
    "tokenizer": make_tokenizer,
    "shards": make_shards,
    "train": train_model,
    "export": export_model,
}


def transcribe_one(workshop: Workshop) -> str:
    """What the finished model hears in the first training example."""
    from nemo.collections.asr.models import EncDecRNNTBPEModel

    model = EncDecRNNTBPEModel.restore_from(str(workshop.archive), map_location="cpu").eval()
    heard = model.transcribe([next(read_shards(workshop.shards, 1)).samples], timestamps=True, verbose=False)
    return str(heard[0].text)


def main() -> None:
    """Run the stages asked for, in their order."""
    arguments = _parse()
    recipe, workshop = _recipe(arguments), Workshop(arguments.folder, arguments.workers)
    for name, stage in STAGES.items():
        if name in arguments.stages:
            print(f"--- {name}", flush=True)
            stage(recipe, workshop)
    if arguments.smoke:
        print(f"restored, and heard {transcribe_one(workshop)!r}")


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="a tiny recipe: two minutes on one core at most")
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=list(STAGES), help="only these")
    parser.add_argument("--folder", type=Path, default=ROOT / "outputs" / "demo_model", help="where the pieces go")
    parser.add_argument("--workers", type=int, default=1, help="processes that speak at once; changes no result")
    parser.add_argument("--steps", type=int, help=f"training steps instead of {RECIPE.steps}")
    parser.add_argument("--shards", type=int, help=f"shards of {RECIPE.shard_size} examples instead of {RECIPE.shards}")
    parser.add_argument("--seed", type=int, help="of the tokenizer's texts, the weights and the order of batches")
    return parser.parse_args()


def _recipe(arguments: argparse.Namespace) -> Recipe:
    recipe = SMOKE if arguments.smoke else RECIPE
    chosen = {name: getattr(arguments, name) for name in ("steps", "shards", "seed")}
    return replace(recipe, **{name: value for name, value in chosen.items() if value is not None})


if __name__ == "__main__":
    main()
