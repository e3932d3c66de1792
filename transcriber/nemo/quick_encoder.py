"""A FastConformer on the processor: NeMo's arithmetic in another order, in two thirds of its time.

The same products and sums up to float32's rounding, but: oneDNN multiplies
instead of MKL, which is slow on AMD; the projected positions, the same for
every clip, are kept; convolutions over a single frame are products of
matrices; batch normalisation is part of the convolution before it; and nothing
is masked where nothing is padded. Imports NeMo: import this module inside a function.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import torch
from nemo.collections.asr.modules import ConformerEncoder
from nemo.collections.asr.parts.submodules.conformer_modules import ConformerLayer
from nemo.collections.asr.parts.submodules.multi_head_attention import RelPositionMultiHeadAttention
from nemo.collections.asr.parts.submodules.subsampling import MaskedConvSequential
from torch.nn import functional

_KEPT_FRAMES = 512
"""Of 80 ms, 41 s: as long as clips get. Always as many, so that a clip's numbers do not depend on those before it."""

_MASKED = -10_000.0
"""NeMo's stand-in for minus infinity."""

Product = Callable[[torch.Tensor], torch.Tensor]
"""float32 [..., inputs] to [..., outputs]."""

Products = Callable[[torch.Tensor], Sequence[torch.Tensor]]
"""Several of the same input."""


class Arithmetic(Protocol):
    """How matrices are multiplied; `linears` are NeMo's modules, convolutions over one frame among them."""

    def product(self, linear: Any, activation: str = "none") -> Product:
        """With the linear layer's weights; `activation` is `none` or `swish`."""

    def products(self, linears: Sequence[Any]) -> Products:
        """With the weights of each."""


class OneDnn:
    """In float32 by oneDNN, from the weights where they are."""

    def product(self, linear: Any, activation: str = "none") -> Product:
        """See Arithmetic."""
        weight, bias = matrix(linear), linear.bias
        if not torch.backends.mkldnn.is_available():
            return _by_torch(weight, bias, activation)
        multiply = torch.ops.mkldnn._linear_pointwise  # noqa: SLF001 - what torch.compile makes of a linear layer
        return lambda x: multiply(x, weight, bias, activation, [], "")

    def products(self, linears: Sequence[Any]) -> Products:
        """See Arithmetic."""
        each = [self.product(linear) for linear in linears]
        return lambda x: [product(x) for product in each]


ONEDNN = OneDnn()


def adapt(encoder: Any, device: torch.device) -> None:
    """Replace how `encoder` computes by what is quicker on `device`, as far as that is known."""
    if device.type == "cpu":
        quicken(encoder)
    else:
        without_padding(encoder)
        with_fused_attention(encoder)


def quicken(encoder: Any, arithmetic: Arithmetic = ONEDNN) -> bool:
    """Replace how `encoder` computes, if it is a FastConformer with full attention in float32; whether it was."""
    if not isinstance(encoder, ConformerEncoder) or not all(_is_known(layer) for layer in encoder.layers):
        return False
    without_padding(encoder)
    for layer in encoder.layers:
        layer.forward = _QuickLayer(layer, encoder.pos_enc, arithmetic)
    return True


def without_padding(encoder: Any) -> None:
    """Cut off the frames behind the longest clip, which count for nothing, and mask nothing where nothing is padded.

    Leaves encoders that are no FastConformer alone.
    """
    if not isinstance(encoder, ConformerEncoder):
        return
    make_masks = encoder._create_masks  # noqa: SLF001 - there is no other place for it

    def trim(_: Any, arguments: tuple[Any, ...], named: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        frames = int(named["length"].max())
        return arguments, named | {"audio_signal": named["audio_signal"][:, :, :frames]}

    def masks(
        att_context_size: Sequence[int], padding_length: torch.Tensor, max_audio_length: int, **rest: Any
    ) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        if list(att_context_size) == [-1, -1] and int(padding_length.min()) == max_audio_length:
            return None, None
        made: tuple[torch.Tensor, torch.Tensor] = make_masks(att_context_size, padding_length, max_audio_length, **rest)
        return made

    encoder.register_forward_pre_hook(trim, with_kwargs=True)
    encoder._create_masks = masks  # noqa: SLF001
    subsampling = getattr(encoder.pre_encode, "conv", None)
    if isinstance(subsampling, MaskedConvSequential):
        subsampling.forward = _unmasked_if_whole(subsampling)


def _unmasked_if_whole(convolutions: Any) -> Callable[[torch.Tensor, torch.Tensor], Any]:
    """NeMo's `forward`, without multiplying by ones what is the largest of all: 100 MB for 30 s."""
    masked = convolutions.forward
    for layer in convolutions:
        if isinstance(layer, torch.nn.ReLU):
            layer.inplace = True

    def forward(x: torch.Tensor, lengths: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if int(lengths.min()) < x.shape[1]:
            found: tuple[torch.Tensor, torch.Tensor] = masked(x, lengths)
            return found
        y = torch.nn.Sequential.forward(convolutions, x.unsqueeze(1))
        return y, torch.full_like(lengths, y.shape[2])

    return forward


def with_fused_attention(encoder: Any) -> None:
    """Let torch choose a kernel that never writes out all scores of every frame for every frame, where NeMo can."""
    for layer in getattr(encoder, "layers", []):
        if type(getattr(layer, "self_attn", None)) is RelPositionMultiHeadAttention:
            layer.self_attn.use_pytorch_sdpa = True


def matrix(linear: Any) -> torch.Tensor:
    """The weights, [outputs, inputs], of a linear layer or of a convolution over one frame."""
    weight: torch.Tensor = linear.weight.detach()
    return weight[:, :, 0] if weight.dim() == 3 else weight


def _by_torch(weight: torch.Tensor, bias: torch.Tensor | None, activation: str) -> Product:
    if activation == "swish":
        return lambda x: functional.silu(functional.linear(x, weight, bias))
    return lambda x: functional.linear(x, weight, bias)


def _is_known(layer: Any) -> bool:
    """Whether `_QuickLayer` does all that this layer does."""
    return (
        type(layer) is ConformerLayer
        and type(layer.self_attn) is RelPositionMultiHeadAttention
        and layer.self_attention_model == "rel_pos"
        and isinstance(layer.conv.batch_norm, torch.nn.BatchNorm1d)
        and layer.conv.pointwise_activation == "glu_"
        and layer.conv.depthwise_conv._left_padding == layer.conv.depthwise_conv._right_padding  # noqa: SLF001
        and not layer.is_adapter_available()
        and all(parameter.dtype == torch.float32 for parameter in layer.parameters())
    )


class _QuickLayer:
    """What `layer.forward` computes of whole recordings in eval mode."""

    def __init__(self, layer: Any, positions: Any, arithmetic: Arithmetic) -> None:
        self._before_first = _normalisation(layer.norm_feed_forward1)
        self._first = _feed_forward(layer.feed_forward1, arithmetic)
        self._before_attention = _normalisation(layer.norm_self_att)
        self._attention = _Attention(layer.self_attn, positions, arithmetic)
        self._before_convolution = _normalisation(layer.norm_conv)
        self._convolution = _Convolution(layer.conv, arithmetic)
        self._before_second = _normalisation(layer.norm_feed_forward2)
        self._second = _feed_forward(layer.feed_forward2, arithmetic)
        self._last = _normalisation(layer.norm_out)

    def __call__(
        self,
        x: torch.Tensor,
        att_mask: torch.Tensor | None = None,
        pos_emb: torch.Tensor | None = None,
        pad_mask: torch.Tensor | None = None,
        **_: None,
    ) -> torch.Tensor:
        """float32 [clips, frames, features] to the same; masks are True where there is nothing."""
        x = torch.add(x, self._first(self._before_first(x)), alpha=0.5)
        x = x + self._attention(self._before_attention(x), pos_emb, att_mask)
        x = x + self._convolution(self._before_convolution(x), pad_mask)
        x = torch.add(x, self._second(self._before_second(x)), alpha=0.5)
        return self._last(x)


def _normalisation(norm: Any) -> Product:
    weight, bias = norm.weight.detach(), norm.bias.detach()
    return lambda x: functional.layer_norm(x, norm.normalized_shape, weight, bias, norm.eps)


def _feed_forward(module: Any, arithmetic: Arithmetic) -> Product:
    widened = arithmetic.product(module.linear1, "swish")
    narrowed = arithmetic.product(module.linear2)
    return lambda x: narrowed(widened(x))


class _Attention:
    """Every frame to every frame, with relative positions (Transformer-XL, section 3.3)."""

    def __init__(self, module: Any, positions: Any, arithmetic: Arithmetic) -> None:
        self._heads, self._width = module.h, module.d_k
        self._biases = torch.stack([module.pos_bias_u, module.pos_bias_v]).detach()
        self._asked = arithmetic.products([module.linear_q, module.linear_k, module.linear_v])
        self._answer = arithmetic.product(module.linear_out)
        self._placed = ONEDNN.product(module.linear_pos)  # once for all clips, so as exact as can be
        self._all_positions = positions
        self._kept: torch.Tensor | None = None

    def __call__(self, x: torch.Tensor, pos_emb: torch.Tensor | None, mask: torch.Tensor | None) -> torch.Tensor:
        q, k, v = (each.view(*x.shape[:2], self._heads, self._width) for each in self._asked(x))
        by_content, by_place = (q + self._biases[:, None, None]).transpose(2, 3)
        scaled = by_place / math.sqrt(self._width)
        away = _by_distance(torch.matmul(scaled, self._places(x.shape[1], pos_emb)))
        if mask is not None:
            away = away.masked_fill(mask.unsqueeze(1), _MASKED)
        attended = functional.scaled_dot_product_attention(
            by_content, k.transpose(1, 2), v.transpose(1, 2), attn_mask=away
        )
        return self._answer(attended.transpose(1, 2).reshape(x.shape))

    def _places(self, frames: int, pos_emb: torch.Tensor | None) -> torch.Tensor:
        """[heads, width, 2 * frames - 1], from as far ahead as can be to as far behind."""
        if frames > _KEPT_FRAMES or self._all_positions.pe.shape[1] < 2 * _KEPT_FRAMES - 1:
            return self._projected(pos_emb)
        if self._kept is None:
            middle = self._all_positions.pe.shape[1] // 2
            self._kept = self._projected(self._all_positions.pe[:, middle - _KEPT_FRAMES + 1 : middle + _KEPT_FRAMES])
        return self._kept[:, :, _KEPT_FRAMES - frames : _KEPT_FRAMES + frames - 1]

    def _projected(self, positions: Any) -> torch.Tensor:
        return self._placed(positions[0]).view(-1, self._heads, self._width).permute(1, 2, 0).contiguous()


def _by_distance(scores: torch.Tensor) -> torch.Tensor:
    """[clips, heads, frames, 2 * frames - 1] by distance to [clips, heads, frames, frames] by place, without a copy.

    Row i of the outcome is row i of the scores from `frames - 1 - i` on.
    """
    clips, heads, frames, distances = scores.shape
    strides = (heads * frames * distances, frames * distances, distances - 1, 1)
    return scores.contiguous().as_strided((clips, heads, frames, frames), strides, frames - 1)


class _Convolution:
    """Gated, over time in each channel, normalised: batch statistics are constants now, so they join the weights."""

    def __init__(self, module: Any, arithmetic: Arithmetic) -> None:
        norm, over_time = module.batch_norm, module.depthwise_conv
        scale = norm.weight.detach() / torch.sqrt(norm.running_var + norm.eps)
        shift = norm.bias.detach() - norm.running_mean * scale
        weight = (over_time.weight.detach() * scale[:, None, None]).unsqueeze(2)
        self._weight = weight.contiguous(memory_format=torch.channels_last)
        self._bias = shift if over_time.bias is None else shift + over_time.bias.detach() * scale
        self._padding, self._channels = over_time._left_padding, over_time.groups  # noqa: SLF001
        self._into = arithmetic.product(module.pointwise_conv1)
        self._out_of = arithmetic.product(module.pointwise_conv2)

    def __call__(self, x: torch.Tensor, mask: torch.Tensor | None) -> torch.Tensor:
        x = functional.glu(self._into(x), dim=-1)
        if mask is not None:
            x = x.masked_fill(mask.unsqueeze(2), 0.0)
        flat = x.transpose(1, 2).unsqueeze(2)  # a picture one pixel high, its channels last already: nothing is copied
        x = functional.conv2d(flat, self._weight, self._bias, padding=(0, self._padding), groups=self._channels)
        return self._out_of(functional.silu(x.squeeze(2).transpose(1, 2)))
