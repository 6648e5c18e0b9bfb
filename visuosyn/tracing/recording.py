"""One call of a pipeline: which layer attends to text now, and the sums so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from visuosyn.errors import UserError
from visuosyn.tracing.align import Encoding
from visuosyn.tracing.attention import AttentionCall, AttentionInputs, attend, attention_inputs
from visuosyn.tracing.families.base import DenoiserRun, Family, Layer, TextSegment
from visuosyn.tracing.families.request import Request
from visuosyn.tracing.record import Record, SliceKey
from visuosyn.tracing.sums import Sums

_SDPA = functional.scaled_dot_product_attention


class Watch(TorchFunctionMode):
    """While it is on, calls of ``scaled_dot_product_attention`` are answered by ``answer``; all else passes."""

    def __init__(self, answer: Callable[[AttentionCall], Tensor]) -> None:
        self.answer = answer
        self.on = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Pass a call on, attention by way of ``answer``."""
        if func is _SDPA:
            return self.answer(AttentionCall(*args, **(kwargs or {})))
        return func(*args, **kwargs) if kwargs else func(*args)

    def start(self) -> None:
        """Switch on, if it is off."""
        if not self.on:
            mode: Any = self  # PyTorch's own methods have no types
            mode.__enter__()
            self.on = True

    def stop(self) -> None:
        """Switch off, if it is on."""
        if self.on:
            mode: Any = self
            self.on = False
            mode.__exit__(None, None, None)


class Recording:
    """Watches one call of the pipeline."""

    def __init__(
        self,
        family: Family,
        pipeline: Any,
        request: Request,
        *,
        detail: frozenset[str] = frozenset(),
        negative: bool = False,
    ) -> None:
        self.family, self.pipeline, self.request = family, pipeline, request
        self.detail, self.negative = detail, negative
        self.layers = family.layers(pipeline)
        encodings = [family.encode(pipeline, request, text) for text in request.texts]
        self.encodings = [each for each in encodings for _ in range(request.repeats)]  # an image: one a text encoder
        self.tokens = {same[0].encoder: _token_range(same) for same in zip(*encodings, strict=True)}
        self.watch = Watch(self._attention)
        self.sums: dict[tuple[SliceKey, tuple[int, ...]], Sums] = {}
        self.states: dict[str | None, list[Tensor]] = {}
        self.layer: Layer
        self.seen: set[Layer] = set()
        self.other_keys: dict[Layer, int] = {}
        self.run: DenoiserRun
        self.rows: slice | None = None
        self.runs = self.steps = 0

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Hooks for the length of the block; however it ends, they are gone after it."""
        with ExitStack() as stack:
            stack.callback(self.watch.stop)  # an exception may have left a layer half done
            denoiser = self.family.denoiser(self.pipeline)
            stack.callback(denoiser.register_forward_pre_hook(self._begin_run, with_kwargs=True).remove)
            stack.callback(denoiser.register_forward_hook(self._end_run).remove)
            for layer in self.layers:
                stack.callback(layer.begin.register_forward_hook(partial(self._begin_layer, layer)).remove)
                stack.callback(layer.end.register_forward_pre_hook(self._end_layer).remove)
            yield

    def _begin_run(self, denoiser: nn.Module, args: Any, kwargs: Any) -> None:
        self.run = self.family.run(self.pipeline, self.request, self.runs, args, kwargs)
        self.rows = self.run.unconditional if self.negative else self.run.conditional
        self.runs += 1
        self.steps += self.run.starts_step
        self.phase = min(2, 3 * (self.steps - 1) // self.family.steps(self.pipeline))
        self.seen.clear()
        if not self.states and self.rows is not None:
            for segment in self.run.layout.segments:
                if (tokens := self.tokens.get(segment.encoder)) is not None:
                    self.states[segment.encoder] = [row[tokens].float() for row in segment.states[self.rows]]
            if self.states.keys() != self.tokens.keys():
                raise ValueError(f"family {self.family.name}: encodings {[*self.tokens]}, segments {[*self.states]}")

    def _end_run(self, denoiser: nn.Module, args: Any, result: Any) -> None:
        blind = [layer for layer in self.layers if layer not in self.seen]
        if blind and self.rows is not None:
            raise UserError(_why_blind(blind[0], self.other_keys.get(blind[0]), self.run.layout_of(blind[0]).keys))

    def _begin_layer(self, layer: Layer, module: nn.Module, args: Any, result: Any) -> None:
        if self.rows is not None:
            self.layer = layer
            self.watch.start()

    def _end_layer(self, module: nn.Module, args: Any) -> None:
        self.watch.stop()

    def _attention(self, call: AttentionCall) -> Tensor:
        """Answer the model's call, and add up a layer's first call that attends to the text: an IP-adapter attends to
        images next."""
        output, lse = attend(call)
        if self.rows is None or self.layer in self.seen:
            return output
        layout = self.run.layout_of(self.layer)
        if call.key.shape[-2] != layout.keys:
            self.other_keys[self.layer] = call.key.shape[-2]
            return output
        self.seen.add(self.layer)
        traced = [segment for segment in layout.segments if segment.encoder in self.tokens]
        keys = [_shifted(self.tokens[segment.encoder], segment.keys.start) for segment in traced]
        inputs = attention_inputs(call, lse, self.rows, keys, layout.queries)
        for segment, each in zip(traced, inputs, strict=True):
            self._sums(self.layer, segment, each).add(each)
        return output

    def _sums(self, layer: Layer, segment: TextSegment, inputs: AttentionInputs) -> Sums:
        """The running sum that a layer's attention to a segment belongs to in this step."""
        shape = tuple(inputs.query.shape)
        if shape[2] not in self.run.grids:
            raise UserError(
                f"{layer.name} attends from {shape[2]} places, which no grid of the {self.run.grid} latent has:"
                " switch token merging off"
            )
        key = SliceKey(
            stage=layer.stage,
            grid=self.run.grids[shape[2]],
            phase=self.phase,
            step=self.steps - 1 if "step" in self.detail else None,
            layer=layer.name if "layer" in self.detail else None,
            encoder=segment.encoder,
        )
        if (key, shape) not in self.sums:
            tokens = self.tokens[segment.encoder]
            apart, device = "head" in self.detail, inputs.query.device
            self.sums[key, shape] = Sums(shape, tokens.stop - tokens.start, apart=apart, device=device)
        return self.sums[key, shape]

    def records(self, images: Sequence[Any] | None) -> list[Record]:
        """One record an image; ``UserError`` where images were drawn without any attention."""
        if not self.states:
            raise UserError("nothing was recorded: no denoising step ran with these rows (too low a strength?)")
        for total in self.sums.values():
            total.flush()
        heads = slice(None) if "head" in self.detail else 0
        sums = [(key, total.total.cpu().numpy(), total.count) for (key, _), total in self.sums.items()]
        records = []
        for i, encodings in enumerate(self.encodings):
            own = {one.encoder: _own_tokens(one, self.tokens[one.encoder]) for one in encodings}
            records.append(
                Record(
                    encodings=encodings,
                    sums=tuple((key, array[i, heads][..., own[key.encoder], :], count) for key, array, count in sums),
                    states=tuple(self.states[name][i][tokens].cpu().numpy() for name, tokens in own.items()),
                    grid=self.run.grid,
                    steps=self.steps,
                    image=None if images is None else images[i],
                )
            )
        return records


def _token_range(encodings: Sequence[Encoding]) -> slice:
    """The positions in one encoder's output that hold tokens of any of these prompts."""
    filled = [one for one in encodings if one.kept]
    first = min((one.first for one in filled), default=0)
    return slice(first, max((one.first + one.kept for one in filled), default=first))


def _own_tokens(encoding: Encoding, tokens: slice) -> slice:
    """Where a prompt's own tokens are within the range that is recorded of all prompts."""
    first = encoding.first - tokens.start if encoding.kept else 0
    return slice(first, first + encoding.kept)


def _shifted(tokens: slice, offset: int) -> slice:
    return slice(tokens.start + offset, tokens.stop + offset)


def _why_blind(layer: Layer, keys: int | None, expected: int) -> str:
    """Why no attention of this layer to the text was seen; ``keys``: how many it attended to, where it was seen to."""
    if keys is not None:
        return f"{layer.name} attended to {keys} keys, not to the {expected} of the text and image: this is not known"
    processor = type(getattr(layer.module, "processor", None)).__name__
    return (
        f"{layer.name} attended to the text without PyTorch's scaled_dot_product_attention (processor {processor}), so"
        " its maps cannot be recorded: switch xformers, attention slicing and caching off, then give the denoiser its"
        " default processors back, a U-Net by"
        " pipeline.unet.set_attn_processor(diffusers.models.attention_processor.AttnProcessor2_0())"
    )
