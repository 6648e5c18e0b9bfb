"""What a judge is: asked which nouns a picture shows, it answers with a verdict for each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from visuosyn.errors import UserError

Image = NDArray[np.uint8]
UNMEASURED = {"precision": None, "recall": None, "specificity": None, "measured": "not measured"}


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a judge says about one noun in one picture.

    ``score``: 0 to 1, how sure the judge is that the noun is there (not a calibrated probability); ``count``: how
    many it found, ``None`` if it does not count; ``mask``: bool (row, column) at the picture's size, the pixels of all
    that it found, ``None`` if it does not say where.

    >>> import numpy as np
    >>> verdict = Verdict("cat", True, 0.9, count=1, mask=np.array([[True, False], [True, True]]))
    >>> verdict.noun, verdict.count, float(verdict.mask.mean())  # one cat fills three quarters of the picture
    ('cat', 1, 0.75)
    """

    noun: str
    present: bool
    score: float
    count: int | None = None
    mask: NDArray[np.bool_] | None = None


class Judge(Protocol):
    """Looks at pictures. ``name`` is the judge's in tables.

    ``facts`` say what it is and how good: ``precision``, ``recall`` and ``specificity`` by object (``None``: nobody
    measured them) and ``measured``, where; whatever else identifies it (model, revision, threshold) joins them. What a
    judge of the same name and facts said is kept, so what changes its verdicts must change them.
    ``nouns`` are all that it can be asked about, ``None`` if it takes any noun phrase.

    Anything that has these four is a judge:

    >>> import numpy as np
    >>> class Redness:
    ...     name, nouns = "redness", frozenset({"red"})
    ...     facts = {"measured": "not measured"}
    ...
    ...     def judge(self, image, nouns):
    ...         share = float((as_image(image)[..., 0] > 127).mean())
    ...         return [Verdict(noun, share > 0.5, share) for noun in nouns]
    >>> image = np.zeros((2, 4, 3), np.uint8)
    >>> image[:, :3, 0] = 255
    >>> Redness().judge(image, ["red"])
    [Verdict(noun='red', present=True, score=0.75, count=None, mask=None)]
    """

    @property
    def name(self) -> str:
        """Short and unique, such as "micro"."""
        ...

    @property
    def facts(self) -> Mapping[str, Any]:
        """What it is and how good."""
        ...

    @property
    def nouns(self) -> frozenset[str] | None:
        """All it can be asked about; ``None`` for anything."""
        ...

    def judge(self, image: Image, nouns: Sequence[str]) -> list[Verdict]:
        """A verdict for each noun, in their order, on a picture: uint8 (row, column, 3)."""
        ...


def unknown_nouns(judge: Judge, nouns: Iterable[str]) -> tuple[str, ...]:
    """Those that a judge cannot be asked about, each once, in their order.

    >>> from visuosyn.judge import load_judge
    >>> unknown_nouns(load_judge("micro"), ["red ball", "wolf", "cat", "wolf"])
    ('wolf',)
    """
    known = judge.nouns
    return () if known is None else tuple(dict.fromkeys(noun for noun in nouns if noun not in known))


def require_nouns(judge: Judge, nouns: Iterable[str]) -> None:
    """Raise UserError where a judge does not know one of the nouns.

    >>> from visuosyn.judge import load_judge
    >>> require_nouns(load_judge("micro"), ["cat", "wolf"])
    Traceback (most recent call last):
    visuosyn.errors.UserError: the judge micro does not know 'wolf'; it knows: apple, ...
    """
    if unknown := unknown_nouns(judge, nouns):
        known = ", ".join(sorted(judge.nouns or ()))
        raise UserError(f"the judge {judge.name} does not know {', '.join(map(repr, unknown))}; it knows: {known}")


def as_image(picture: Any) -> Image:
    """A picture (PIL or array) as uint8 (row, column, 3). Raises UserError for an array of another shape or type.

    >>> from PIL import Image
    >>> array = as_image(Image.new("L", (4, 2), 200))  # grey, 4 pixels wide
    >>> array.shape, array[0, 0].tolist()
    ((2, 4, 3), [200, 200, 200])
    """
    array = np.asarray(picture.convert("RGB") if hasattr(picture, "convert") else picture)
    if array.ndim != 3 or array.shape[2] != 3 or array.dtype != np.uint8:
        raise UserError(f"a judge looks at pictures of uint8 (row, column, 3), not {array.dtype} {array.shape}")
    return array


def image_key(image: Image) -> str:
    """A picture's own name: 16 hexadecimal digits that depend on its size and pixels alone, not on a file or a format.

    >>> import numpy as np
    >>> image_key(np.zeros((2, 3, 3), np.uint8))
    '2ecec42c1a2e1f2a'
    """
    image = as_image(image)
    digest = hashlib.sha256(f"{image.shape[0]}x{image.shape[1]}:".encode())
    digest.update(np.ascontiguousarray(image).tobytes())
    return digest.hexdigest()[:16]
