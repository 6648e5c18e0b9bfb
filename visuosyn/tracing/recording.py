"""One call of a pipeline: who attends to text now, and the sums so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from visuosyn.errors import UserError
from visuosyn.tracing.align import Encoding
from visuosyn.tracing.attention import CHUNK, Attention, Look, attend, joined, look, probabilities
from visuosyn.tracing.families.base import Family, Forward, Layer
from visuosyn.tracing.record import Record, Slice

WAITING = 2**18
"""Numbers that may wait to be added in one sum: 1 MB in float32."""

_SDPA = functional.scaled_dot_product_attention


class Watch(TorchFunctionMode):
    """While it is on, calls of ``scaled_dot_product_attention`` are answered by ``see``; all else passes."""

    def __init__(self, see: Callable[[Attention], Tensor]) -> None:
        self.see = see
        self.on = False

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Pass a call on, attention by way of ``see``."""
        if func is _SDPA:
            return self.see(Attention(*args, **(kwargs or {})))
        return func(*args, **kwargs) if kwargs else func(*args)

    def start(self) -> None:
        """Switch on, if it is off."""
        if not self.on:
            self.__enter__()
            self.on = True

    def stop(self) -> None:
        """Switch off, if it is on."""
        if self.on:
            self.on = False
            self.__exit__(None, None, None)


class Sums:
    """A running sum, (image, token, query) or with heads apart (image, head, token, query), and its number of maps.

    Small looks wait for one another, up to ``WAITING`` numbers, so that a small model does not pay for each; large
    ones are added a few images at a time, so that the probabilities stay small. Memory is bounded either way.
    """

    def __init__(self, shape: Sequence[int], tokens: int, *, apart: bool, device: torch.device) -> None:
        images, heads, queries, channels = shape
        self.total = torch.zeros((images, heads if apart else 1, tokens, queries), device=device)
        self.count = 0
        self._apart = apart
        self._waiting: list[Look] = []
        self._most = max(1, WAITING // (images * heads * queries * max(tokens, channels)))

    def add(self, look: Look) -> None:
        """Add the probabilities of a look, now or later."""
        self._waiting.append(look)
        self.count += 1 if self._apart else look.query.shape[1]
        if len(self._waiting) >= self._most:
            self.settle()

    def settle(self) -> None:
        """Add what is waiting."""
        waiting, self._waiting = self._waiting, []
        if not waiting or not self.total.numel():  # prompts without a word have nothing to add
            return
        look = joined(waiting)
        images, heads, queries, _ = look.query.shape
        bite = max(1, CHUNK // max(1, heads * queries * look.key.shape[2]))
        for at in range(0, images, bite):
            some = Look(look.query[at : at + bite], look.key[at : at + bite], look.shift[at : at + bite], look.scale)
            total = self.total[at : at + bite]
            p = probabilities(some).view(len(total), -1, *self.total.shape[1:])
            total.add_(p.sum(1))


class Recording:
    """Watches one call of the pipeline. ``encodings``: one an image, in the order in which the images come."""

    def __init__(
        self,
        family: Family,
        pipeline: Any,
        encodings: Sequence[Encoding],
        *,
        detail: frozenset[str] = frozenset(),
        negative: bool = False,
    ) -> None:
        self.family, self.pipeline, self.encodings = family, pipeline, encodings
        self.detail, self.negative = detail, negative
        self.layers = family.layers(pipeline)
        first = max(encoding.first for encoding in encodings)  # 0 for an empty prompt, else all the same
        self.tokens = slice(first, first + max(encoding.kept for encoding in encodings))
        self.watch = Watch(self._attention)
        self.sums: dict[tuple[Slice, tuple[int, ...]], Sums] = {}
        self.current: dict[Layer, Sums] = {}
        self.layer: Layer
        self.steps = 0
        self.run: Forward
        self.rows: slice | None = None
        self.states: Tensor | None = None

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Hooks for the length of the block; however it ends, they are gone after it."""
        with ExitStack() as stack:
            stack.callback(self.watch.stop)  # an exception may have left a layer half done
            denoiser = self.family.denoiser(self.pipeline)
            stack.callback(denoiser.register_forward_pre_hook(self._begin_step, with_kwargs=True).remove)
            stack.callback(denoiser.register_forward_hook(self._end_step).remove)
            for layer in self.layers:
                stack.callback(layer.begin.register_forward_hook(partial(self._begin_layer, layer)).remove)
                stack.callback(layer.end.register_forward_pre_hook(self._end_layer).remove)
            yield

    def _begin_step(self, denoiser: nn.Module, args: Any, kwargs: Any) -> None:
        self.run = self.family.forward(self.pipeline, len(self.encodings), args, kwargs)
        self.rows = self.run.unconditional if self.negative else self.run.conditional
        self.length = self.run.text.shape[-2]
        self.phase = min(2, 3 * self.steps // self.family.steps(self.pipeline))
        self.current.clear()
        if self.states is None and self.rows is not None:
            self.states = self.run.text[self.rows, self.tokens].float()

    def _end_step(self, denoiser: nn.Module, args: Any, result: Any) -> None:
        blind = [layer for layer in self.layers if layer not in self.current]
        if blind and self.rows is not None:
            raise UserError(_how_to_switch(blind[0]))
        self.steps += 1

    def _begin_layer(self, layer: Layer, module: nn.Module, args: Any, result: Any) -> None:
        if self.rows is not None:
            self.layer = layer
            self.watch.start()

    def _end_layer(self, module: nn.Module, args: Any) -> None:
        self.watch.stop()

    def _attention(self, call: Attention) -> Tensor:
        """Answer the model's call, and add up the layer's look at the text (an IP-adapter looks at images next)."""
        output, lse = attend(call)
        if self.layer not in self.current and call.key.shape[-2] == self.length:
            self.current[self.layer] = sums = self._sums(self.layer, call)
            if self.rows is not None:
                sums.add(look(call, lse, self.rows, self.tokens))
        return output

    def _sums(self, layer: Layer, call: Attention) -> Sums:
        """The running sum that a layer belongs to in this step."""
        _, heads, queries, channels = call.query.shape
        if queries not in self.run.grids:
            raise UserError(
                f"{layer.name} attends from {queries} places, which no grid of the {self.run.grid} latent has:"
                " switch token merging off"
            )
        key = Slice(
            stage=layer.stage,
            grid=self.run.grids[queries],
            phase=self.phase,
            step=self.steps if "step" in self.detail else None,
            layer=layer.name if "layer" in self.detail else None,
        )
        shape = (len(self.encodings), heads, queries, channels)
        if (key, shape) not in self.sums:
            tokens = self.tokens.stop - self.tokens.start
            apart, device = "head" in self.detail, call.query.device
            self.sums[key, shape] = Sums(shape, tokens, apart=apart, device=device)
        return self.sums[key, shape]

    def records(self, images: Sequence[Any] | None) -> list[Record]:
        """One record an image; ``UserError`` where images were drawn without any attention."""
        if self.states is None:
            raise UserError("nothing was recorded: no denoising step ran with these rows (too low a strength?)")
        for total in self.sums.values():
            total.settle()
        states = self.states.cpu().numpy()
        heads = slice(None) if "head" in self.detail else 0
        sums = [(key, total.total.cpu().numpy(), total.count) for (key, _), total in self.sums.items()]
        return [
            Record(
                encoding=encoding,
                sums=tuple((key, array[i, heads][..., : encoding.kept, :], count) for key, array, count in sums),
                states=states[i, : encoding.kept],
                grid=self.run.grid,
                steps=self.steps,
                image=None if images is None else images[i],
            )
            for i, encoding in enumerate(self.encodings)
        ]


def _how_to_switch(layer: Layer) -> str:
    processor = type(getattr(layer.module, "processor", None)).__name__
    return (
        f"{layer.name} attended to the text without PyTorch's scaled_dot_product_attention (processor {processor}), so"
        " its maps cannot be recorded: switch xformers, attention slicing and caching off, then call"
        " pipeline.unet.set_attn_processor(diffusers.models.attention_processor.AttnProcessor2_0())"
    )
