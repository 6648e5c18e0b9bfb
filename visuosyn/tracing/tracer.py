"""The tracer: watch a pipeline draw, then ask for the heat maps."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any

from visuosyn.data import HeatMaps, Sentence
from visuosyn.errors import UserError
from visuosyn.tracing.families.base import Family
from visuosyn.tracing.families.registry import family_of
from visuosyn.tracing.families.request import call_arguments
from visuosyn.tracing.record import Record
from visuosyn.tracing.recording import Recording

DETAIL = ("step", "layer", "head")


class Watched:
    """Marks the class that a pipeline has while it is traced."""


class Tracer:
    """Records the attention to the text in every call of a pipeline inside a ``with`` block. Made by ``trace``.

    >>> from visuosyn.testing import tiny_pipeline
    >>> pipeline = tiny_pipeline("sd1")
    >>> with trace(pipeline, detail=["step"]) as tracer:
    ...     images = pipeline(["a red ball", "a cat"], num_inference_steps=2).images
    >>> for maps in tracer.heat_maps():
    ...     print(maps, {one.step for one in maps.slices})
    HeatMaps(0:a 1:red 2:ball; 16x16, 2 steps, 0 dropped) {0, 1}
    HeatMaps(0:a 1:cat; 16x16, 2 steps, 0 dropped) {0, 1}
    """

    def __init__(self, pipeline: Any, family: Family, detail: frozenset[str], negative: bool) -> None:
        self._pipeline: Any = pipeline
        self._family = family
        self._detail = detail
        self._negative = negative
        self._records: list[Record] = []
        self._repeats: list[int] = []

    def __enter__(self) -> Tracer:
        if self._pipeline is None:
            raise UserError("this tracer was used before: call trace(pipeline) again")
        if isinstance(self._pipeline, Watched):
            raise UserError("this pipeline is being traced already: end that block first")
        self._kind = type(self._pipeline)
        object.__setattr__(self._pipeline, "__class__", _watched(self._kind, self))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        object.__setattr__(self._pipeline, "__class__", self._kind)
        self._pipeline = None

    def heat_maps(self, sentences: Sequence[Sentence] | None = None) -> list[HeatMaps]:
        """Heat maps of every image drawn in the block, in order.

        ``sentences``, one a prompt or one an image, say what the words are; their texts must be the prompts.
        Without them the words are split at white space and punctuation (``split_words``). Words without a map
        are listed in ``HeatMaps.dropped``, and so is an image that the model's safety checker blackened.
        ``UserError`` where nothing was drawn or texts differ.
        """
        if not self._records:
            raise UserError("nothing was drawn while tracing: call the pipeline inside the with block")
        return [
            record.heat_maps(sentence) for record, sentence in zip(self._records, self._spread(sentences), strict=True)
        ]

    def _spread(self, sentences: Sequence[Sentence] | None) -> Sequence[Sentence | None]:
        """A sentence an image."""
        if sentences is None:
            return [None] * len(self._records)
        if len(sentences) == len(self._records):
            return sentences
        if len(sentences) == len(self._repeats):
            return [sentence for sentence, times in zip(sentences, self._repeats, strict=True) for _ in range(times)]
        raise UserError(
            f"{len(sentences)} sentences for {len(self._repeats)} prompts and {len(self._records)} images:"
            " give one a prompt or one an image"
        )

    def _call(self, call: Callable[[], Any], arguments: dict[str, Any]) -> Any:
        """Run the pipeline's own call and keep what was recorded."""
        request = self._family.request(self._pipeline, arguments, negative=self._negative)
        recording = Recording(self._family, self._pipeline, request, detail=self._detail, negative=self._negative)
        with recording.watching():
            result = call()
        records = recording.records(_pictures(result, request.images))
        flags = _blackened(result, request.images)
        self._records += [replace(one, blackened=flag) for one, flag in zip(records, flags, strict=True)]
        self._repeats += [request.repeats] * len(request.texts)
        return result


def trace(pipeline: Any, *, detail: Iterable[str] = (), negative: bool = False) -> Tracer:
    """Record word heat maps of what a diffusers pipeline draws (DAAM: Tang et al. 2023, arXiv 2210.04885).

    The pipeline is watched, nothing in it is replaced: its images are the same, bit for bit, as without tracing.

    ``detail``: which of "step", "layer" and "head" to keep apart; the slices of a ``HeatMaps`` are then finer, and
    their sums are the same. Memory is constant without it and grows with steps, layers or heads with it. Text encoders
    that a model attends to side by side are always kept apart; ``HeatMaps.array`` is the mean over them.
    ``negative``: record the words of the negative prompt in the unconditional rows instead.

    Raises ``UserError`` for a pipeline of no known family, one that is compiled, and one that is being traced.

    >>> from visuosyn.testing import tiny_pipeline
    >>> pipeline = tiny_pipeline("sd1")
    >>> with trace(pipeline) as tracer:
    ...     images = pipeline("a dog and a cat", num_inference_steps=2).images
    >>> maps = tracer.heat_maps()[0]
    >>> [word.text for word in maps.words], maps.array.shape
    (['a', 'dog', 'and', 'a', 'cat'], (5, 16, 16))
    """
    wanted = frozenset((detail,) if isinstance(detail, str) else detail)
    if wanted - set(DETAIL):
        raise UserError(f"detail {sorted(wanted - set(DETAIL))} is not known: use some of {', '.join(DETAIL)}")
    family = family_of(pipeline)
    if any("_orig_mod" in m._modules or m._compiled_call_impl for m in family.denoiser(pipeline).modules()):
        raise UserError("a compiled denoiser cannot be watched: trace the pipeline before torch.compile")
    return Tracer(pipeline, family, wanted, negative)


def _watched(kind: type, tracer: Tracer) -> type:
    """A class like the pipeline's own whose calls the tracer sees."""
    own: Any = kind.__call__

    @functools.wraps(own)
    def __call__(self: Any, *args: Any, **kwargs: Any) -> Any:
        return tracer._call(functools.partial(own, self, *args, **kwargs), call_arguments(kind, *args, **kwargs))

    return type(kind.__name__, (Watched, kind), {"__call__": __call__, "__module__": kind.__module__})


def _pictures(result: Any, count: int) -> list[Any] | None:
    """The PIL images of a call's result; ``None`` where it gave arrays or latents."""
    from PIL.Image import Image

    images = result[0] if isinstance(result, tuple) else result.images
    if isinstance(images, list) and len(images) == count and all(isinstance(image, Image) for image in images):
        return images
    return None


def _blackened(result: Any, count: int) -> Sequence[bool]:
    """For each image whether the safety checker of Stable Diffusion 1 replaced it by a black one."""
    if isinstance(result, tuple):
        flags = result[1] if len(result) > 1 else None
    else:
        flags = getattr(result, "nsfw_content_detected", None)
    return [False] * count if flags is None else [bool(flag) for flag in flags]
