"""One call of a pipeline: who attends to text now, and the sums so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

from visuosyn.errors import UserError
from visuosyn.trace.align import Encoding
from visuosyn.trace.attention import CHUNK, Attention, attend, probabilities
from visuosyn.trace.family import Family, Forward, Layer
from visuosyn.trace.record import Record, Slice


class Watch(TorchFunctionMode):
    """While it is on, calls of ``scaled_dot_product_attention`` are answered by ``see``; all else passes."""

    def __init__(self) -> None:
        self.see: Callable[[Attention], Tensor] | None = None

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Pass a call on, attention by way of ``see``."""
        if func is functional.scaled_dot_product_attention and self.see is not None:
            return self.see(Attention(*args, **(kwargs or {})))
        return func(*args, **(kwargs or {}))

    def start(self, see: Callable[[Attention], Tensor]) -> None:
        """Switch on."""
        self.see = see
        self.__enter__()

    def stop(self) -> None:
        """Switch off, if it is on."""
        if self.see is not None:
            self.see = None
            self.__exit__(None, None, None)


@dataclass(eq=False)
class Sums:
    """A running sum, (image, token, query) or with heads apart (image, head, token, query), and its number of maps."""

    total: Tensor
    count: int = 0


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
        first = encodings[0].first
        self.tokens = slice(first, first + max(encoding.kept for encoding in encodings))
        self.watch = Watch()
        self.sums: dict[Slice, Sums] = {}
        self.steps = 0
        self.seen: set[Layer] = set()
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
                stack.callback(layer.module.register_forward_pre_hook(partial(self._begin_layer, layer)).remove)
                stack.callback(layer.module.register_forward_hook(self._end_layer).remove)
            yield

    def _begin_step(self, denoiser: nn.Module, args: Any, kwargs: Any) -> None:
        self.run = self.family.forward(self.pipeline, len(self.encodings), args, kwargs)
        self.rows = self.run.unconditional if self.negative else self.run.conditional
        self.third = min(2, 3 * self.steps // self.family.steps(self.pipeline))
        self.seen.clear()
        if self.states is None and self.rows is not None:
            self.states = self.run.text[self.rows, self.tokens].float()

    def _end_step(self, denoiser: nn.Module, args: Any, result: Any) -> None:
        blind = [layer for layer in self.layers if layer not in self.seen]
        if blind and self.rows is not None:
            raise UserError(_how_to_switch(blind[0]))
        self.steps += 1

    def _begin_layer(self, layer: Layer, module: nn.Module, args: Any) -> None:
        if self.rows is not None:
            self.watch.start(partial(self._attention, layer, self.rows))

    def _end_layer(self, module: nn.Module, args: Any, result: Any) -> None:
        self.watch.stop()

    def _attention(self, layer: Layer, rows: slice, call: Attention) -> Tensor:
        """Answer the model's call, and add up the layer's look at the text (an IP-adapter looks at images next)."""
        output, lse = attend(call)
        if layer not in self.seen and call.key.shape[-2] == self.run.text.shape[-2]:
            self.seen.add(layer)
            self._add(self._sums(layer, call), call, lse, rows)
        return output

    def _add(self, sums: Sums, call: Attention, lse: Tensor | None, rows: slice) -> None:
        """Add the probabilities of the prompts' tokens, in bites of whole images."""
        heads = call.query.shape[1]
        per_image = heads * sums.total[0].numel() if sums.total.ndim == 3 else sums.total[0].numel()
        bite = max(1, CHUNK // max(1, per_image))
        for start in range(0, len(sums.total), bite):
            few = slice(start, min(start + bite, len(sums.total)))
            p = probabilities(call, lse, slice(rows.start + few.start, rows.start + few.stop), self.tokens)
            sums.total[few] += p.sum(1) if sums.total.ndim == 3 else p
        sums.count += heads if sums.total.ndim == 3 else 1

    def _sums(self, layer: Layer, call: Attention) -> Sums:
        """The running sum that a layer belongs to in this step."""
        heads, queries = call.query.shape[1:3]
        if queries not in self.run.grids:
            raise UserError(
                f"{layer.name} attends from {queries} places, which no grid of the {self.run.grid} latent has:"
                " switch token merging off"
            )
        key = Slice(
            stage=layer.stage,
            grid=self.run.grids[queries],
            third=self.third,
            step=self.steps if "step" in self.detail else None,
            layer=layer.name if "layer" in self.detail else None,
        )
        if key not in self.sums:
            shape = [len(self.encodings), heads, self.tokens.stop - self.tokens.start, queries]
            if "head" not in self.detail:
                del shape[1]
            self.sums[key] = Sums(torch.zeros(shape, device=call.query.device))
        return self.sums[key]

    def records(self, images: Sequence[Any] | None) -> list[Record]:
        """One record an image; ``UserError`` where images were drawn without any attention."""
        if self.states is None:
            raise UserError("nothing was recorded: no denoising step ran with these rows (too low a strength?)")
        states = self.states.cpu().numpy()
        sums = {key: (value.total.cpu().numpy(), value.count) for key, value in self.sums.items()}
        return [
            Record(
                encoding=encoding,
                sums={key: (array[i][..., : encoding.kept, :], count) for key, (array, count) in sums.items()},
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
