"""The bundled judge: the segmenter of the microworld, which knows the microworld's nouns and colours."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from visuosyn.errors import UserError
from visuosyn.judge.base import UNMEASURED, Image, Verdict, as_image, image_key, require_nouns
from visuosyn.microworld.world import words


class MicroJudge:
    """Asks the segmenter which objects are there. Takes "ball" and, with one of the six colours, "red ball"."""

    name = "micro"

    def __init__(self) -> None:
        from visuosyn.microworld.judge.segmenter import load_segmenter  # loads torch

        self._segmenter = load_segmenter()
        self._last: tuple[str, Any] = ("", None)

    @property
    def nouns(self) -> frozenset[str]:
        """The microworld's nouns, alone and with each colour."""
        return KNOWN

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """Precision, recall and specificity by object, as the segmenter's own card has them."""
        return {"judge": "segmenter of the microworld"} | UNMEASURED | dict(self._segmenter.facts)

    def judge(self, image: Image, nouns: Sequence[str]) -> list[Verdict]:
        """A verdict for each noun; a noun with a colour is there if an object of both is. Pictures are 96 x 96."""
        require_nouns(self, nouns)
        return [_verdict(noun, self._objects(image), image.shape[:2]) for noun in nouns]

    def _objects(self, image: Image) -> Any:
        """The objects found; those of the last picture are kept, since it is often asked about twice."""
        image = as_image(image)
        if image.shape[:2] != (96, 96):
            raise UserError(
                f"the judge micro looks at pictures of 96x96 pixels, not {image.shape[1]}x{image.shape[0]}: "
                "draw with the bundled model, or choose another judge"
            )
        key = image_key(image)
        if self._last[0] != key:
            (found,) = self._segmenter.segment(np.array(image)[None])
            self._last = (key, found.objects())
        return self._last[1]


KNOWN = frozenset(words.NOUNS) | {" ".join(pair) for pair in itertools.product(words.COLOURS, words.NOUNS)}


def _verdict(asked: str, objects: Any, shape: tuple[int, int]) -> Verdict:
    colour, _, noun = asked.partition(" ")
    wanted = (asked, None) if asked in words.NOUNS else (noun, colour)
    found = [one for one in objects if one.noun == wanted[0] and wanted[1] in (None, one.colour)]
    mask = np.logical_or.reduce([np.zeros(shape, bool), *(one.mask for one in found)])
    return Verdict(asked, bool(found), max((float(one.score) for one in found), default=0.0), len(found), mask)
