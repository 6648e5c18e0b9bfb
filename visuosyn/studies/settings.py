"""What a study is asked to do: options as a user gives them, checked before any work."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from visuosyn.data.masks import MaskRule
from visuosyn.errors import UserError
from visuosyn.parse import DEFAULT
from visuosyn.run import Measurement

# relative:0.4 is the paper's and comes first; the others show how much depends on the rule.
MASKS = (
    "relative:0.4",
    "relative:0.3",
    "relative:0.5",
    "relative:0.6",
    "area:0.1",
    "area:0.2",
    "summed:0.15",
    "soft",
)
BUNDLED = "the bundled model and judge know the nouns on the model card, visuosyn/microworld/model/README.md"
STORAGE = ("parts", "total")
NOISE = ("caption", "plain", "image")
EDGES = ("enhanced", "basic")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The options of a study, as ``visuosyn.study`` documents them. Raises UserError for a value out of range.

    >>> from visuosyn.errors import UserError
    >>> Settings(steps=20, seeds=(0, 1)).masks[:2]
    ('relative:0.4', 'relative:0.3')
    >>> try:
    ...     Settings(steps=0)
    ... except UserError as error:
    ...     print(error)
    steps 0 is out of range: use a whole number from 1 on
    """

    model: Any = "micro"
    parser: str = DEFAULT
    scheme: str = "ud"
    seeds: tuple[int, ...] = (0,)
    masks: tuple[str, ...] = MASKS
    steps: int | None = None
    guidance: float | None = None
    batch_size: int = 8
    size: tuple[int, int] | None = None
    device: str = "auto"
    dtype: str = "auto"
    storage: str = "parts"
    noise: str = "caption"
    preset: str = ""
    collapse_prepositions: bool = False
    coreference: str = ""
    swapped: tuple[str, ...] = ()
    edges: str = "enhanced"

    judge: str = ""

    @property
    def measurement(self) -> Measurement:
        """What is to be measured."""
        return Measurement(masks=self.masks, edges=self.edges, judge=self.judge)

    def __post_init__(self) -> None:
        _at_least_one("batch size", self.batch_size)
        _at_least_one("steps", self.steps)
        _one_of("storage (--keep)", self.storage, STORAGE)
        _one_of("noise", self.noise, NOISE)
        parse_edges(self.edges)
        if self.guidance is not None and not 0 <= self.guidance < 1000:
            raise UserError(f"guidance {self.guidance} is out of range: use a number from 0 to 1000")


def settings_of(
    *,
    seeds: str | int | Iterable[int] = (0,),
    size: str | tuple[int, int] | None = None,
    masks: str | MaskRule | Iterable[str | MaskRule] = MASKS,
    swapped: str | Iterable[str] = (),
    **options: Any,
) -> Settings:
    """Settings from options as they are written: seeds "0-3,7", size "640x384", masks "relative:.4".

    >>> settings_of(seeds="0-3,7", masks="relative:.40").masks
    ('relative:0.4',)
    """
    return Settings(
        seeds=parse_seeds(seeds), size=parse_size(size), masks=parse_masks(masks), swapped=parse_names(swapped),
        **options,
    )  # fmt: skip


def parse_seeds(seeds: str | int | Iterable[int]) -> tuple[int, ...]:
    """Seeds as numbers or written as ranges; each once, in the given order.

    >>> parse_seeds("0-3,7")
    (0, 1, 2, 3, 7)
    """
    if isinstance(seeds, str):
        found = [seed for part in seeds.split(",") for seed in _seed_range(part, seeds)]
    else:
        found = [seeds] if isinstance(seeds, int) else [int(seed) for seed in seeds]
    if not found or min(found) < 0 or max(found) >= 2**63:
        raise UserError(f"seeds {seeds!r} are not usable: give one or more whole numbers from 0 on, such as 0-3,7")
    if len(set(found)) < len(found):
        raise UserError(f"seeds {seeds!r} name a seed twice: give each once")
    return tuple(found)


def parse_size(size: str | tuple[int, int] | None) -> tuple[int, int] | None:
    """(width, height) in pixels from a tuple or from "WxH"; ``None`` stays, for the model's own size.

    >>> parse_size("640x384")
    (640, 384)
    """
    if size is None:
        return None
    numbers = size.lower().split("x") if isinstance(size, str) else [str(number) for number in size]
    if len(numbers) != 2 or not all(n.isdecimal() and int(n) > 0 for n in numbers):
        raise UserError(f"size {size!r} is not WIDTHxHEIGHT in pixels, such as 640x384")
    return int(numbers[0]), int(numbers[1])


def parse_masks(masks: str | MaskRule | Iterable[str | MaskRule]) -> tuple[str, ...]:
    """Mask rules by their full names, each once; UserError for one that is unknown or out of range.

    >>> parse_masks(["relative:.40", "soft", "relative:0.4"])
    ('relative:0.4', 'soft')
    """
    given = [masks] if isinstance(masks, str | MaskRule) else list(masks)
    rules = tuple(dict.fromkeys(str(MaskRule.parse(rule)) for rule in given))
    if not rules:
        raise UserError("no mask rule given: name at least one, such as relative:0.4")
    return rules


def parse_edges(edges: str) -> str:
    """Which pairs are measured: "enhanced" (all) or "basic"; UserError for anything else.

    >>> parse_edges("basic")
    'basic'
    """
    _one_of("edges", edges, EDGES)
    return edges


def parse_names(names: str | Iterable[str]) -> tuple[str, ...]:
    """Relations as a list or written with commas; each once.

    >>> parse_names("amod, nmod:of,amod"), parse_names("")
    (('amod', 'nmod:of'), ())
    """
    given = names.split(",") if isinstance(names, str) else names
    return tuple(dict.fromkeys(name.strip() for name in given if name.strip()))


def _seed_range(part: str, whole: str) -> range:
    first, dash, last = part.strip().partition("-")
    numbers = [first, last] if dash else [first]
    if not all(number.isdecimal() and len(number) < 19 for number in numbers):
        raise UserError(f"seeds {whole!r} are not readable: give whole numbers and ranges, such as 0-3,7")
    found = range(int(first), int(numbers[-1]) + 1)
    if not 0 < len(found) <= 1_000_000:
        raise UserError(f"seeds {whole!r}: the range {part.strip()} runs backwards or is too long")
    return found


def _at_least_one(name: str, value: int | None) -> None:
    if value is not None and value < 1:
        raise UserError(f"{name} {value} is out of range: use a whole number from 1 on")


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise UserError(f"{name} {value!r} is not known: use one of {', '.join(allowed)}")
