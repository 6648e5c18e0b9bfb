"""Draw prompts with the attention of the first one, so that the layout stays and only what is said changes.

Prompt-to-prompt, "word swap" (Hertz et al. 2022, arXiv 2208.01626, section 3.2): all prompts are drawn from one noise
in one batch, and in the first steps each takes the first one's attention probabilities P, to the text and within the
picture, while the values v stay its own. Here a prompt is handed the first one's queries and keys, which *is* its P in
any kernel. Where a word has a different number of tokens, v is moved onto the first prompt's tokens by a matrix A: the
output (P A) v = P (A v) is exact. What a model takes from a prompt besides attention, such as the pooled vector of
Stable Diffusion XL and of the bundled model, stays each prompt's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from visuosyn.data import Word
from visuosyn.errors import UserError
from visuosyn.tracing.align import Encoding, align, split_words
from visuosyn.tracing.families.base import Family
from visuosyn.tracing.families.registry import family_of
from visuosyn.tracing.families.request import Request, call_arguments
from visuosyn.tracing.tracer import Watched

CROSS_SHARE, SELF_SHARE = 0.8, 0.4
"""Shares of the steps in which attention is re-used, to the text and within the picture, as in the paper's own code."""


def redraw(
    pipeline: Any,
    texts: Sequence[str],
    generators: Sequence[torch.Generator],
    *,
    cross_share: float = CROSS_SHARE,
    self_share: float = SELF_SHARE,
    steps: int | None = None,
    guidance: float | None = None,
    size: tuple[int, int] | None = None,
    **options: Any,
) -> Any:
    """Draw texts in one call of the pipeline, each with the attention of the first, and return the call's images.

    ``generators``: one an image; give all the same noise, or the layout cannot stay. ``cross_share`` and
    ``self_share``: shares of the steps, from the first on, in which attention to the text and within the picture is
    re-used; at 0 and 0 the pictures are the ordinary ones. The first picture is always the ordinary one. ``size``:
    (rows, columns) in pixels; ``options`` go to the pipeline.

    Words are matched one by one; a text with more or fewer words than the first may differ from it in one place only.
    Rows drawn without the prompt (guidance) are left alone. Raises UserError for texts that cannot be matched, shares
    out of range, a pipeline other than a U-Net's, and one that is being traced: maps of a re-used drawing would be
    the first prompt's own.

    >>> from visuosyn.testing import tiny_pipeline
    >>> from visuosyn.tracing import generator
    >>> noise = [generator("1", 0) for _ in range(2)]
    >>> images = redraw(tiny_pipeline("sd1"), ["a red ball", "a skateboarding ball"], noise, steps=1)
    >>> [image.size for image in images]
    [(64, 64), (64, 64)]
    """
    if len(texts) != len(generators) or not texts:
        raise UserError(f"{len(texts)} texts, but {len(generators)} generators: give one for each")
    moves = match_tokens(pipeline, texts, cross_share=cross_share, self_share=self_share)
    given = {"num_inference_steps": steps, "guidance_scale": guidance}
    if size is not None:
        given |= {"height": size[0], "width": size[1]}
    options |= {name: value for name, value in given.items() if value is not None}
    with Reuse(pipeline, texts, moves, cross_share=cross_share, self_share=self_share).on():
        return pipeline(list(texts), generator=list(generators), **options).images


def match_tokens(
    pipeline: Any, texts: Sequence[str], *, cross_share: float, self_share: float
) -> list[NDArray[np.float32]]:
    """Where the attention to each token of the first text goes in every text, without drawing.

    One matrix a text, float32 (token, token), rows sum to 1, as ``token_moves`` makes them. Raises UserError where
    ``redraw`` would.

    >>> from visuosyn.testing import tiny_pipeline
    >>> texts = ["a red hat", "a skateboard hat"]  # tokens: <start> a red hat, <start> a skat e board hat
    >>> same, moved = match_tokens(tiny_pipeline("sd1"), texts, cross_share=0.8, self_share=0.4)
    >>> moved[1:4, 1:6].round(2)
    array([[1.  , 0.  , 0.  , 0.  , 0.  ],
           [0.  , 0.33, 0.33, 0.33, 0.  ],
           [0.  , 0.  , 0.  , 0.  , 1.  ]], dtype=float32)
    """
    for name, share in (("cross_share", cross_share), ("self_share", self_share)):
        if not 0 <= share <= 1:
            raise UserError(f"{name} {share} is out of range: use a share of the steps from 0 to 1")
    if isinstance(pipeline, Watched):
        raise UserError("a drawing with re-used attention cannot be traced: its maps are those of the first prompt")
    family = family_of(pipeline)
    _attentions(family.denoiser(pipeline))
    request = _request(family, pipeline, texts)
    encodings = [family.encode(pipeline, request, text)[0] for text in texts]
    return [token_moves(encodings[0], encoding) for encoding in encodings]


def token_moves(first: Encoding, other: Encoding) -> NDArray[np.float32]:
    """Where the attention to each of the first prompt's tokens goes in the other prompt: (token, token), rows sum to 1.

    Tokens of words that match go one by one where they are equally many, else each is spread evenly over all tokens of
    the other word. What follows the words (end, padding) is shifted; what no longer has a place goes to the last token.
    """
    size = first.limit
    moves = np.zeros((size, size), dtype=np.float32)
    for at in range(first.first):
        moves[at, at] = 1
    for here, there in _matched(first, other):
        if len(here) == len(there):
            moves[here, there] = 1
        else:
            moves[np.ix_(here, there)] = 1 / len(there)
    ends = first.first + first.kept, other.first + other.kept
    for at in range(ends[0], size):
        moves[at, min(at - ends[0] + ends[1], size - 1)] = 1
    moves /= np.maximum(moves.sum(axis=1, keepdims=True), 1)  # a token of two words goes to both
    return moves


class Reuse:
    """Hooks that hand every prompt of a batch the first one's queries and keys.

    ``moves``: for each of the texts a matrix (token, token) as from ``token_moves``.
    """

    def __init__(
        self,
        pipeline: Any,
        texts: Sequence[str],
        moves: Sequence[NDArray[np.float32]],
        *,
        cross_share: float,
        self_share: float,
    ) -> None:
        self.family, self.pipeline = family_of(pipeline), pipeline
        self.request = _request(self.family, pipeline, texts)
        self.shares = {True: cross_share, False: self_share}
        same = all(np.array_equal(one, moves[0]) for one in moves)
        self.moves = None if same else torch.from_numpy(np.stack(moves))
        self.runs = self.steps = 0
        self.rows: slice | None = None

    @contextmanager
    def on(self) -> Iterator[None]:
        """Hooks for the length of the block; however it ends, they are gone after it."""
        denoiser = self.family.denoiser(self.pipeline)
        with ExitStack() as stack:
            stack.callback(denoiser.register_forward_pre_hook(self._begin_run, with_kwargs=True).remove)
            for module in _attentions(denoiser):
                cross = bool(module.is_cross_attention)
                for projection in (module.to_q, module.to_k):
                    stack.callback(projection.register_forward_hook(partial(self._first, cross)).remove)
                if cross:
                    stack.callback(module.to_v.register_forward_hook(self._moved).remove)
            yield

    def _begin_run(self, denoiser: nn.Module, args: Any, kwargs: Any) -> None:
        run = self.family.run(self.pipeline, self.request, self.runs, args, kwargs)
        self.rows = run.conditional
        self.runs += 1
        self.steps += run.starts_step

    def _reused(self, cross: bool) -> bool:
        """Whether attention of this kind is re-used in this step."""
        return self.rows is not None and self.steps <= round(self.shares[cross] * self.family.steps(self.pipeline))

    def _first(self, cross: bool, module: nn.Module, args: Any, output: Tensor) -> Tensor | None:
        """Queries or keys (row, place, channel) with the first prompt's in all rows that prompts are drawn in."""
        if self.rows is None or not self._reused(cross):
            return None
        changed = output.clone()
        changed[self.rows] = output[self.rows.start]
        return changed

    def _moved(self, module: nn.Module, args: Any, output: Tensor) -> Tensor | None:
        """Values (row, token, channel), each prompt's moved onto the tokens of the first."""
        if self.rows is None or self.moves is None or not self._reused(True):
            return None
        changed = output.clone()
        changed[self.rows] = self.moves.to(output) @ output[self.rows]
        return changed


def _request(family: Family, pipeline: Any, texts: Sequence[str]) -> Request:
    return family.request(pipeline, call_arguments(type(pipeline), prompt=list(texts)), negative=False)


def _attentions(denoiser: nn.Module) -> list[Any]:
    """The attention modules of a U-Net; UserError where there are none, or of a kind that cannot be hooked."""
    from diffusers import UNet2DConditionModel
    from diffusers.models.attention_processor import Attention

    if not isinstance(denoiser, UNet2DConditionModel):
        raise UserError(f"attention can be re-used in U-Nets, not in {type(denoiser).__name__}")
    found: list[Any] = [module for module in denoiser.modules() if isinstance(module, Attention)]
    if any(module.fused_projections for module in found):
        raise UserError("fused projections hide queries and keys: call pipeline.unfuse_qkv_projections() first")
    return found


def _matched(first: Encoding, other: Encoding) -> list[tuple[list[int], list[int]]]:
    """Positions of the tokens of words, or runs of words, that stand for one another."""
    mine, yours = _words(first), _words(other)
    if len(mine) == len(yours):
        return [(here, there) for (_, here), (_, there) in zip(mine, yours, strict=True)]
    least = min(len(mine), len(yours))
    names, others = [word.text for word, _ in mine], [word.text for word, _ in yours]
    before = next((at for at in range(least) if names[at] != others[at]), least)
    after = next((at for at in range(least - before) if names[-1 - at] != others[-1 - at]), least - before)
    if before + after == least:
        raise UserError(
            f"{other.text!r} only adds words to {first.text!r} or leaves some out: attention is re-used between"
            " texts in which words are exchanged, not added"
        )
    here = [at for _, places in mine[before : len(mine) - after] for at in places]
    there = [at for _, places in yours[before : len(yours) - after] for at in places]
    rest = [*zip(mine[:before], yours[:before], strict=True)]
    rest += [*zip(mine[len(mine) - after :], yours[len(yours) - after :], strict=True)]
    return [(here, there), *((one, two) for (_, one), (_, two) in rest)]


def _words(encoding: Encoding) -> list[tuple[Word, list[int]]]:
    """The words with the positions of their tokens on the axis of the text states."""
    found, dropped = align(split_words(encoding.text), encoding)
    if dropped:
        raise UserError(f"{encoding.text!r} cannot be matched: {dropped[0][0].text!r} is {dropped[0][1]}")
    return [(word, [encoding.first + token for token in tokens]) for word, tokens in found]
