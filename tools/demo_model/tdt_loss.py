"""The loss of a token-and-duration transducer on a CPU, over the cells that the word times allow.

NeMo's own needs CUDA. This one evaluates the joint network only in cells
(frame, pieces already out) that some allowed path visits, sums all paths
forward and backward in compiled code, and hands the exact gradient (how often
paths take each arc) to torch. A test holds it against NeMo's reference.

The transducer: H. Xu et al., "Efficient Sequence Transduction by Jointly
Predicting Tokens and Durations", ICML 2023.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt
import torch

from demo_model.architecture import NemoModule
from demo_model.tokens import Integers

NEVER = -1e30
"""The log probability of what cannot happen."""

_POSSIBLE = -1e29

Doubles = npt.NDArray[np.float64]
_Function = TypeVar("_Function", bound=Callable[..., Any])


def _compiled(function: _Function) -> _Function:
    return cast(_Function, numba.njit(cache=True)(function))


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What a batch says and when.

    `targets`, `earliest`, `latest`: piece ids and the frames each may be
    emitted in, [batch, pieces]; `frames` and `pieces`: how many are real, [batch].
    """

    targets: Integers
    earliest: Integers
    latest: Integers
    frames: Integers
    pieces: Integers


@dataclass(frozen=True, slots=True)
class Transducer:
    """`durations` in frames, the id of `blank`, and `sigma`, which makes slow paths dearer (0.02 in the paper)."""

    durations: tuple[int, ...]
    blank: int
    sigma: float = 0.02


def tdt_loss(
    joint: NemoModule, encoded: torch.Tensor, predicted: torch.Tensor, batch: Batch, transducer: Transducer
) -> torch.Tensor:
    """Minus the log probability of each item, [batch]; 0 without gradient where the windows leave no path.

    `joint` is NeMo's RNNTJoint, `encoded` [batch, frames, features] and
    `predicted` [batch, pieces + 1, features] its inputs.
    """
    cells = _cells(batch.earliest, batch.latest, batch.frames, batch.pieces)
    blank, label, duration = _scores(joint, encoded, predicted, cells, (batch, transducer))
    arrays = [scores.detach().double().numpy() for scores in (blank, label, duration)]
    losses, *visits = _sum_paths(arrays, cells, batch, np.array(transducer.durations, np.int64))
    return _with_gradient(losses, visits, (blank, label, duration), cells[0])


def _scores(
    joint: NemoModule,
    encoded: torch.Tensor,
    predicted: torch.Tensor,
    cells: tuple[Integers, Integers, Integers],
    goal: tuple[Batch, Transducer],
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Log probabilities per cell: of blank [cells], of the next piece [cells], of each duration [cells, durations]."""
    batch, transducer = goal
    item, frame, row = (torch.from_numpy(index) for index in cells)
    features = joint.project_encoder(encoded)[item, frame] + joint.project_prednet(predicted)[item, row]
    output = joint.joint_net(features)
    count = len(transducer.durations)
    tokens = torch.log_softmax(output[:, :-count], -1) - transducer.sigma
    upcoming = torch.nn.functional.pad(torch.from_numpy(batch.targets), (0, 1))
    label = tokens.gather(1, upcoming[item, row][:, None])[:, 0]
    return tokens[:, transducer.blank], label, torch.log_softmax(output[:, -count:], -1)


def _with_gradient(
    losses: Doubles, visits: list[Doubles], scores: tuple[torch.Tensor, ...], items: Integers
) -> torch.Tensor:
    """The losses as a tensor whose gradient is minus the visits: their inner product has just that gradient."""
    dtype = scores[0].dtype
    blank, label, duration = (
        torch.from_numpy(visit).to(dtype) * score for visit, score in zip(visits, scores, strict=True)
    )
    linear = torch.zeros(len(losses), dtype=dtype)
    linear = linear.index_add(0, torch.from_numpy(items), -(blank + label + duration.sum(-1)))
    return torch.from_numpy(losses).to(dtype) + linear - linear.detach()


@_compiled
def _first_frame(earliest: Integers, row: int) -> int:
    """When `row` pieces can be out at the earliest."""
    first = 0
    for index in range(row):
        first = max(first, earliest[index])
    return first


@_compiled
def _cells(
    earliest: Integers, latest: Integers, frames: Integers, pieces: Integers
) -> tuple[Integers, Integers, Integers]:
    """Item, frame and row of every cell: row u is alive from its earliest arrival to the last chance of piece u."""
    found = []
    for item in range(len(frames)):
        for row in range(pieces[item] + 1):
            last = latest[item, row] if row < pieces[item] else frames[item] - 1
            for frame in range(_first_frame(earliest[item], row), min(last, frames[item] - 1) + 1):
                found.append((item, frame, row))  # noqa: PERF401  # compiled: a comprehension is no faster
    cells = np.array(found)
    return cells[:, 0].copy(), cells[:, 1].copy(), cells[:, 2].copy()


def _sum_paths(
    scores: list[Doubles],
    cells: tuple[Integers, Integers, Integers],
    batch: Batch,
    durations: Integers,
) -> tuple[Doubles, Doubles, Doubles, Doubles]:
    """Losses [batch], and the expected visits of each arc, shaped like its scores."""
    item, frame, row = cells
    blank, label, duration = scores
    losses = np.zeros(len(batch.frames))
    visits = np.zeros_like(blank), np.zeros_like(label), np.zeros_like(duration)
    bounds = np.searchsorted(item, np.arange(len(losses) + 1))
    for index in range(len(losses)):
        own = slice(bounds[index], bounds[index + 1])
        place = frame[own], row[own]
        shape = (int(batch.frames[index]), int(batch.pieces[index]) + 1)
        allowed = _allowed(batch, index, place)
        lattice = (_spread(blank[own], place, shape), _spread(np.where(allowed, label[own], NEVER), place, shape))
        timing = _spread(duration[own], place, (*shape, len(durations)))
        losses[index], *counts = _lattice(*lattice, timing, durations)
        for visit, count in zip(visits, counts, strict=True):
            visit[own] = count[place]
    return losses, *visits


def _allowed(batch: Batch, index: int, place: tuple[Integers, Integers]) -> npt.NDArray[np.bool_]:
    """Whether the next piece may be emitted in each cell."""
    frame, row = place
    earliest = np.append(batch.earliest[index], 0)[row]
    latest = np.append(batch.latest[index], 0)[row]
    return np.asarray((row < batch.pieces[index]) & (earliest <= frame) & (frame <= latest))


def _spread(scores: Doubles, place: tuple[Integers, Integers], shape: tuple[int, ...]) -> Doubles:
    dense = np.full(shape, NEVER)
    dense[place] = scores
    return dense


@_compiled
def _log_add(one: float, other: float) -> float:
    high, low = max(one, other), min(one, other)
    return high if low <= _POSSIBLE else high + np.log1p(np.exp(low - high))


@_compiled
def _lattice(
    blank: Doubles, label: Doubles, timing: Doubles, durations: Integers
) -> tuple[float, Doubles, Doubles, Doubles]:
    """Loss and expected visits of one item. Scores are [frames, rows] and [frames, rows, durations]."""
    forward = _forward(blank, label, timing, durations)
    total = forward[-1, -1]
    visits = np.zeros_like(blank), np.zeros_like(label), np.zeros_like(timing)
    if total <= _POSSIBLE:
        return 0.0, visits[0], visits[1], visits[2]
    backward = np.full_like(forward, NEVER)
    backward[-1, -1] = 0.0
    for frame in range(blank.shape[0] - 1, -1, -1):
        for row in range(blank.shape[1] - 1, -1, -1):
            for index in range(len(durations) if forward[frame, row] > _POSSIBLE else 0):
                place = (frame, row, index)
                _step_back(backward, (blank, label, timing), (place, durations[index]), (forward, total), visits)
    return -total, visits[0], visits[1], visits[2]


@_compiled
def _forward(blank: Doubles, label: Doubles, timing: Doubles, durations: Integers) -> Doubles:
    """Log probability of reaching each cell, [frames + 1, rows]; the path ends at [-1, -1] by a blank."""
    frames, rows = blank.shape
    reach = np.full((frames + 1, rows), NEVER)
    reach[0, 0] = 0.0
    for frame in range(frames):
        for row in range(rows):
            for index in range(len(durations) if reach[frame, row] > _POSSIBLE else 0):
                after = frame + durations[index]
                here = reach[frame, row] + timing[frame, row, index]
                if durations[index] > 0 and after <= frames:
                    reach[after, row] = _log_add(reach[after, row], here + blank[frame, row])
                if after < frames and row + 1 < rows:
                    reach[after, row + 1] = _log_add(reach[after, row + 1], here + label[frame, row])
    return reach


@_compiled
def _step_back(
    backward: Doubles,
    scores: tuple[Doubles, Doubles, Doubles],
    arc: tuple[tuple[int, int, int], int],
    reached: tuple[Doubles, float],
    visits: tuple[Doubles, Doubles, Doubles],
) -> None:
    """Both arcs of one duration out of one cell: add what lies behind them, count how often they are taken."""
    (frame, row, index), duration = arc
    after = frame + duration
    frames, rows = scores[0].shape
    if duration > 0 and after <= frames:
        _take(
            backward,
            (frame, row, index),
            scores[0][frame, row] + scores[2][frame, row, index] + backward[after, row],
            reached,
            (visits[0], visits[2]),
        )
    if after < frames and row + 1 < rows:
        _take(
            backward,
            (frame, row, index),
            scores[1][frame, row] + scores[2][frame, row, index] + backward[after, row + 1],
            reached,
            (visits[1], visits[2]),
        )


@_compiled
def _take(
    backward: Doubles,
    place: tuple[int, int, int],
    score: float,
    reached: tuple[Doubles, float],
    visits: tuple[Doubles, Doubles],
) -> None:
    frame, row, index = place
    forward, total = reached
    backward[frame, row] = _log_add(backward[frame, row], score)
    if score > _POSSIBLE and forward[frame, row] > _POSSIBLE:
        share = np.exp(forward[frame, row] + score - total)
        visits[0][frame, row] += share
        visits[1][frame, row, index] += share
