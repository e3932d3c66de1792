"""Greedy decoding of one clip at a time on the processor: the tokens of NeMo's loop, in a quarter of its time.

NeMo's loop is made for cards and large batches. Alone, a clip pays for what it
does not need, and oneDNN, which runs its LSTM, rearranges 26 MB of weights for
every single token. Each clip is decoded by itself, so what is heard in it
never depends on what is beside it. Imports NeMo: import this module inside a function.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from nemo.collections.asr.modules.rnnt import RNNTDecoder, RNNTJoint
from nemo.collections.asr.parts.submodules.rnnt_greedy_decoding import GreedyBatchedTDTInfer
from nemo.collections.asr.parts.utils.rnnt_utils import Hypothesis
from nemo.collections.common.parts.rnn import LSTMDropout
from torch.nn import functional


def quicken(model: Any) -> bool:
    """Replace how `model` decodes, if it is a TDT model with an LSTM that decodes greedily; whether it was."""
    greedy = getattr(getattr(model, "decoding", None), "decoding", None)
    if not isinstance(greedy, GreedyBatchedTDTInfer) or not _is_known(greedy):
        return False
    greedy._greedy_decode = _QuickLoop(greedy)  # noqa: SLF001 - where NeMo keeps its own choice of loop
    return True


def _is_known(greedy: Any) -> bool:
    """Whether `_QuickLoop` does all that this decoding does."""
    computer, decoder, joint = greedy.decoding_computer, greedy.decoder, greedy.joint
    return (
        computer is not None
        and computer.preserve_step_confidence
        and not (computer.record_all_steps or computer.include_duration_confidence or computer.has_fusion_models())
        and type(decoder) is RNNTDecoder
        and type(decoder.prediction["dec_rnn"]) is LSTMDropout
        and type(joint) is RNNTJoint
        and joint.temperature == 1.0
        and not (decoder.is_adapter_available() or joint.is_adapter_available())
    )


@dataclass(slots=True)
class _Heard:
    """The tokens of a clip so far, when each starts and how long it lasts, in frames, and what else it might be."""

    tokens: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    durations: list[int] = field(default_factory=list)
    logits: list[torch.Tensor] = field(default_factory=list)

    def add(self, token: int, start: int, duration: int, logits: torch.Tensor) -> None:
        """One more token."""
        self.tokens.append(token)
        self.starts.append(start)
        self.durations.append(duration)
        self.logits.append(logits)


class _QuickLoop:
    """Called by NeMo in place of its own loop."""

    def __init__(self, greedy: Any) -> None:
        computer = greedy.decoding_computer
        self._joint, self._predictor = greedy.joint, _Predictor(greedy.decoder)
        self._durations: list[int] = computer.durations.tolist()
        self._blank, self._most = computer._blank_index, computer.max_symbols  # noqa: SLF001
        self._with_durations = computer.include_duration
        self._confidence = computer._get_confidence_tensor  # noqa: SLF001

    def __call__(self, x: torch.Tensor, out_len: torch.Tensor, **_: object) -> list[Hypothesis]:
        """float32 [clips, frames, features], and how many frames each has, to a hypothesis each."""
        projected = self._joint.project_encoder(x)
        return [self._hypothesis(self._decode(row[:frames])) for row, frames in zip(projected, out_len, strict=True)]

    def _decode(self, frames: torch.Tensor) -> _Heard:
        """Token by token: each says how many frames to go on, and changes what is expected of the next."""
        heard = _Heard()
        state = self._predictor.after(self._blank, None)
        expected = self._joint.project_prednet(state[-1].output)
        place = 0
        while place < len(frames):
            logits = self._joint.joint_net(frames[place] + expected)
            token, duration = self._choice(logits)
            if token == self._blank:
                place += max(1, duration)
                continue
            heard.add(token, place, duration, logits)
            state = self._predictor.after(token, state)
            expected = self._joint.project_prednet(state[-1].output)
            place += duration or self._stuck(heard)
        return heard

    def _choice(self, logits: torch.Tensor) -> tuple[int, int]:
        tokens, durations = logits[: -len(self._durations)], logits[-len(self._durations) :]
        return int(tokens.argmax()), self._durations[int(durations.argmax())]

    def _stuck(self, heard: _Heard) -> int:
        """1 frame where as many tokens have started in one as may, to get out of it; else 0."""
        most = self._most
        return int(most is not None and heard.starts[-most:] == [heard.starts[-1]] * most)

    def _hypothesis(self, heard: _Heard) -> Hypothesis:
        return Hypothesis(
            score=0.0,
            y_sequence=torch.tensor(heard.tokens, dtype=torch.long),
            timestamp=torch.tensor(heard.starts, dtype=torch.long),
            token_duration=torch.tensor(heard.durations if self._with_durations else [], dtype=torch.long),
            non_blank_step_confidence_precomputed=self._confidences(heard),
        )

    def _confidences(self, heard: _Heard) -> list[float]:
        if not heard.logits:
            return []
        of_tokens = torch.stack(heard.logits)[:, : -len(self._durations)]
        found: list[float] = self._confidence(functional.log_softmax(of_tokens, dim=-1)).tolist()
        return found


class _State(NamedTuple):
    """Of one layer: float32 [hidden] each."""

    output: torch.Tensor
    cell: torch.Tensor


class _Predictor:
    """The prediction network, a stack of LSTMs, for one token after the other."""

    def __init__(self, decoder: Any) -> None:
        lstm = decoder.prediction["dec_rnn"].lstm
        self._embedding: torch.Tensor = decoder.prediction["embed"].weight.detach()
        self._layers = [_Layer(lstm, number) for number in range(lstm.num_layers)]
        self._entering: dict[int, torch.Tensor] = {}

    def after(self, token: int, states: Sequence[_State] | None) -> list[_State]:
        """The states once `token` was said; `states` are those before it, None at the start."""
        given = self._enter(token)
        new: list[_State] = []
        for layer, state in zip(self._layers, states or [each.silent for each in self._layers], strict=True):
            if new:
                given = layer.enter(new[-1].output)
            new.append(layer.step(given, state))
        return new

    def _enter(self, token: int) -> torch.Tensor:
        """What the first layer gets of a token: always the same, so computed once."""
        if token not in self._entering:
            self._entering[token] = self._layers[0].enter(self._embedding[token])
        return self._entering[token]


class _Layer:
    """One LSTM."""

    def __init__(self, lstm: Any, number: int) -> None:
        self._from_input, self._from_output, *biases = (
            getattr(lstm, f"{name}_l{number}").detach() for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        self._bias = biases[0] + biases[1]
        zeros = torch.zeros(lstm.hidden_size, dtype=self._bias.dtype)
        self.silent = _State(zeros, zeros)

    def enter(self, x: torch.Tensor) -> torch.Tensor:
        """The input's part of the gates."""
        return torch.addmv(self._bias, self._from_input, x)

    def step(self, entered: torch.Tensor, state: _State) -> _State:
        """The state after one input."""
        gates = torch.addmv(entered, self._from_output, state.output).view(4, -1)
        into, forget, candidate, out = gates
        cell = torch.sigmoid(forget) * state.cell + torch.sigmoid(into) * torch.tanh(candidate)
        return _State(torch.sigmoid(out) * torch.tanh(cell), cell)
