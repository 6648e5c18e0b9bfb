"""The design of the cohyponym study: which pairs of nouns, and the prompts that say them."""

from __future__ import annotations

import csv
import functools
import hashlib
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from visuosyn.corpus import conllu
from visuosyn.data import Caption, Dropped, Sentence
from visuosyn.errors import UserError, given_text
from visuosyn.lexicon import Lexicon
from visuosyn.microworld.world import grammar, words
from visuosyn.microworld.world.corpus import conllu as block
from visuosyn.microworld.world.grammar import Mention

COLUMNS = ("first", "second")
ANSWERS = {"yes": True, "no": False}
PAIRED = ("and", "next to")  # templates that say two nouns and nothing else
SIZED, CROWDED, SOLO = "sizes", "crowd", ("alone", "photo")
DISTRACTORS = 2  # further nouns in the template "crowd"
UNRELATED = 0.5  # at most so similar are the other pairs: what lies between the classes is left out
PROPOSALS = 20_000


@dataclass(frozen=True)
class NounPair:
    """Two nouns (in alphabetical order) and what the lexicon says about them.

    ``strict``: cohyponyms also by the lexicon's own limits; ``taught``: whether the bundled model saw the two nouns in
    one training caption (``None``: not known). All else as in the lexicon's ``Relation``.
    """

    first: str
    second: str
    cohyponyms: bool
    hypernym: str = ""
    depth: int = -1
    steps: int = -1
    similarity: float = math.nan
    strict: bool = False
    taught: bool | None = None

    @property
    def name(self) -> str:
        """Such as "cat + dog"."""
        return f"{self.first} + {self.second}"

    @property
    def nouns(self) -> tuple[str, str]:
        """Both."""
        return self.first, self.second


@dataclass(frozen=True)
class NounPrompt:
    """One prompt: its nouns in the order of the text, each with its size word ("" for none) and its words' places."""

    id: str
    template: str
    nouns: tuple[str, ...]
    sizes: tuple[str, ...]
    positions: tuple[tuple[int, ...], ...]
    sentence: Sentence
    pair: NounPair | None = None

    @property
    def caption(self) -> Caption:
        """As a line of the corpus; both orders and all templates of a pair are drawn from the same noise."""
        noise = self.pair.name if self.pair else self.nouns[0]
        return Caption(self.id, self.sentence.text, source=self.template, noise_id=noise, sentence=self.sentence)


def read_pairs(path: str | Path, lexicon: Lexicon) -> tuple[NounPair, ...]:
    """The user's pairs: CSV with the columns first and second, and perhaps cohyponyms (yes or no).

    Without that column, or where it is empty, the lexicon decides. Raises UserError with file and line for a missing
    column, a pair given twice (in whichever order), a noun with itself, an unknown noun (with suggestions), another
    answer, and without an answer for nouns that mean the same or of which one is a kind of the other: they are of
    neither class.
    """
    rows = csv.DictReader(given_text(path, "pairs").splitlines())
    if missing := [name for name in COLUMNS if name not in (rows.fieldnames or ())]:
        raise UserError(f"{path}:1: no column {', '.join(missing)}; pairs need the columns {', '.join(COLUMNS)}")
    found: dict[tuple[str, str], NounPair] = {}
    for row in rows:
        place = f"{path}:{rows.line_num}"
        key = tuple(sorted(_noun(row[name] or "", place) for name in COLUMNS))
        if key in found:
            raise UserError(f"{place}: the pair {key[0]}, {key[1]} is given twice")
        answer = (row.get("cohyponyms") or "").strip().lower()
        if answer not in ("", *ANSWERS):
            raise UserError(f"{place}: cohyponyms is {answer!r}: write yes or no, or leave it empty")
        if key[0] == key[1]:
            raise UserError(f"{place}: {key[0]} is paired with itself: a pair needs two nouns")
        found[key[0], key[1]] = _related(key[0], key[1], lexicon, place, ANSWERS.get(answer))
        if not answer and 0 in (relation := lexicon.relation(*key)).steps:
            raise UserError(
                f"{place}: {key[0]}, {key[1]}: {relation.reason}, so they are neither cohyponyms nor unrelated; leave "
                "them out, or write yes or no in the column cohyponyms"
            )
    return _both_classes(tuple(found.values()), str(path))


def read_nouns(path: str | Path) -> tuple[str, ...]:
    """Nouns, one a line; blank lines and lines with # do not count. Raises UserError for one that is given twice."""
    lines = enumerate(given_text(path, "nouns").splitlines(), start=1)
    return _distinct((f"{path}:{number}", line) for number, line in lines if line.strip() and line[0] != "#")


def given_nouns(nouns: Iterable[str]) -> tuple[str, ...]:
    """Nouns as ``read_nouns`` gives them. Raises UserError for one that is empty or given twice."""
    return _distinct((f"noun {number}", noun) for number, noun in enumerate(nouns, start=1))


def own_nouns(vocabulary: frozenset[str] | None) -> tuple[str, ...]:
    """The nouns to pair where the user gives none: the microworld's for a model that was taught them, else the 80
    classes of COCO."""
    if vocabulary is not None and vocabulary >= {word for noun in words.NOUNS for word in noun.split()}:
        return words.NOUNS
    return tuple(Path(__file__).with_name("coco_nouns.txt").read_text(encoding="utf-8").splitlines())


def choose_pairs(nouns: Sequence[str], lexicon: Lexicon, *, per_class: int, seed: int = 0) -> tuple[NounPair, ...]:
    """As many cohyponyms as others among all pairs of the nouns, ``per_class`` of each if there are so many.

    A search with a fixed random seed makes the two classes alike in how often they use each noun (so in the nouns'
    frequency), and where they are known in the nouns' sizes and in the share of pairs that the model was taught. The
    others are clearly unrelated (similarity at most ``UNRELATED``). Differences that are left are reported, and
    adjusted for by covariates. Raises UserError where a class is empty.
    """
    every = (_related(a, b, lexicon, "") for a, b in itertools.combinations(sorted(nouns), 2))
    pairs = [pair for pair in every if pair.cohyponyms or pair.similarity <= UNRELATED]
    _both_classes(tuple(pairs), f"the choice from {len(nouns)} noun{'s' * (len(nouns) != 1)}")
    classes = np.array([pair.cohyponyms for pair in pairs])
    number = min(per_class, int(classes.sum()), int((~classes).sum()))
    chosen = _balanced(_traits(pairs, nouns), classes, number, seed)
    return tuple(pair for pair, taken in zip(pairs, chosen, strict=True) if taken)


def companions(pairs: Iterable[NounPair], lexicon: Lexicon) -> dict[str, tuple[str, ...]]:
    """For each pair (by name) two nouns of other pairs that are clearly unrelated to both of its own, fixed by its
    name.

    A pair for which there are none has no entry.
    """
    pairs = list(pairs)
    nouns = sorted({noun for pair in pairs for noun in pair.nouns})
    found = {}
    for pair in pairs:
        others = [n for n in nouns if all(lexicon.relation(n, own).similarity <= UNRELATED for own in pair.nouns)]
        digest = {noun: hashlib.sha256(f"{pair.name}|{noun}".encode()).digest() for noun in others}
        if len(others) >= DISTRACTORS:
            found[pair.name] = tuple(sorted(others, key=digest.__getitem__)[:DISTRACTORS])
    return found


def each_prompt(
    pairs: Iterable[NounPair], distractors: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[NounPrompt, ...]:
    """All prompts of a study: each pair in both orders and every template, then each noun alone.

    ``distractors``: the further nouns that a pair (by name) is drawn with in the template "crowd".
    """
    pairs, others = list(pairs), dict(distractors or {})
    found = [
        _prompt(template, order, pair, others.get(pair.name, ()))
        for pair in pairs
        for template in (*PAIRED, SIZED, *([CROWDED] if pair.name in others else []))
        for order in (pair.nouns, pair.nouns[::-1])
    ]
    alone = sorted({noun for pair in pairs for noun in pair.nouns})
    return (*found, *(_prompt(template, (noun,), None) for noun in alone for template in SOLO))


def usable(
    pairs: Iterable[NounPair], *, judged: frozenset[str] | None, taught: frozenset[str] | None
) -> tuple[tuple[NounPair, ...], list[Dropped]]:
    """The pairs whose nouns the judge and the model know (``None``: any), and the others with the reason."""
    kept, dropped = [], []
    for pair in pairs:
        unknown = [noun for noun in pair.nouns if judged is not None and noun not in judged]
        new = [noun for noun in pair.nouns if taught is not None and not taught.issuperset(noun.split())]
        reasons = [f"the judge does not know {', '.join(map(repr, unknown))}"] if unknown else []
        reasons += [f"the model was never taught {', '.join(map(repr, new))}"] if new else []
        if reasons:
            dropped.append(Dropped("pair", "", pair.name, "; ".join(reasons)))
        else:
            kept.append(pair)
    return tuple(kept), dropped


def sizes(nouns: Iterable[str]) -> dict[str, float]:
    """Pixels of the microworld's nouns at their normal size; nouns of other worlds have none."""
    from visuosyn.microworld.world.render import sprite  # draws

    return {noun: float((sprite(noun).alpha >= 128).sum()) for noun in nouns if noun in words.NOUNS}


def _prompt(
    template: str, nouns: tuple[str, ...], pair: NounPair | None, distractors: tuple[str, ...] = ()
) -> NounPrompt:
    said = _size_words(pair) if pair and template == SIZED else ("",) * len(nouns)
    mentions = [Mention(noun, (i,), size=size or None) for i, (noun, size) in enumerate(zip(nouns, said, strict=True))]
    if template == CROWDED:
        mentions += [Mention(noun, (place,)) for place, noun in enumerate(distractors, start=len(nouns))]
    phrase, *others = [grammar.noun_phrase(mention) for mention in mentions]
    if template == "next to":
        phrase = grammar.related(phrase, template, *others)
    elif others:
        phrase = grammar.listed([phrase, *others])
    made = grammar.sentence(grammar.framed(phrase, "photo") if template == "photo" else phrase)
    id = f"{template}: {' + '.join(nouns)}"
    (sentence,) = conllu.read(block(made, {"sent_id": id}))
    positions = tuple(
        tuple(at for at, token in enumerate(made.tree) if number in made.shows[at] and token.lemma in noun.split())
        for number, noun in enumerate(nouns)
    )
    return NounPrompt(id, template, nouns, said, positions, sentence, pair)


def _size_words(pair: NounPair) -> tuple[str, str]:
    """Which noun is said to be big, the first or the second of the text: fixed by the pair, by half of them."""
    return words.SIZES[:: 1 if hashlib.sha256(pair.name.encode()).digest()[0] % 2 else -1]  # type: ignore[return-value]


def _related(a: str, b: str, lexicon: Lexicon, place: str, given: bool | None = None) -> NounPair:
    a, b = sorted((a, b))
    try:
        found = lexicon.relation(a, b)
    except UserError as error:
        raise UserError(f"{place}: {error}" if place else str(error)) from None
    taught = (a, b) not in words.held_out() if {a, b} <= set(words.NOUNS) else None
    return NounPair(
        a,
        b,
        found.cohyponyms if given is None else given,
        found.hypernym.name,
        found.depth,
        sum(found.steps),
        found.similarity,
        found.cohyponyms and _strict(lexicon).relation(a, b).cohyponyms,
        taught,
    )


@functools.cache
def _strict(lexicon: Lexicon) -> Lexicon:
    return Lexicon(lexicon.source, lexicon.overrides)


def _both_classes(pairs: tuple[NounPair, ...], where: str) -> tuple[NounPair, ...]:
    for cohyponyms, label in ((True, "cohyponyms"), (False, "other nouns")):
        if not any(pair.cohyponyms is cohyponyms for pair in pairs):
            raise UserError(f"{where} has no pair of {label}: the study compares pairs of cohyponyms with others")
    return pairs


def _traits(pairs: Sequence[NounPair], nouns: Sequence[str]) -> NDArray[np.float64]:
    """What the classes should be alike in, (pair, trait): use of each noun; then, scaled to unit variance and weighed
    as ten nouns each, both nouns' sizes together, their ratio, and whether the pair was taught."""
    use = np.array([[noun in pair.nouns for noun in nouns] for pair in pairs], dtype=np.float64)
    known = sizes(nouns)
    logs = np.array([[math.log(known.get(noun, 1.0)) for noun in pair.nouns] for pair in pairs])
    more = np.column_stack([logs.sum(1), np.abs(logs[:, 0] - logs[:, 1]), [pair.taught is not False for pair in pairs]])
    spread = more.std(axis=0)
    return np.column_stack([use, 10**0.5 * np.divide(more, spread, out=np.zeros_like(more), where=spread > 0)])


def _balanced(traits: NDArray[np.float64], classes: NDArray[np.bool_], number: int, seed: int) -> NDArray[np.bool_]:
    """Which pairs to take, bool (pair,): a descent by random exchanges within a class."""
    random = np.random.default_rng(seed)
    members = [np.flatnonzero(classes == one) for one in (True, False)]
    taken = [random.permutation(len(of))[:number] for of in members]
    totals = [traits[of[t]].sum(axis=0) for of, t in zip(members, taken, strict=True)]
    best = _imbalance(*totals)
    for _ in range(PROPOSALS):
        side = int(random.integers(2))
        of, out = members[side], int(random.integers(number))
        into = int(random.integers(len(of)))
        if into in taken[side]:
            continue
        changed = totals[side] + traits[of[into]] - traits[of[taken[side][out]]]
        cost = _imbalance(*((changed, totals[1]) if side == 0 else (totals[0], changed)))
        if cost <= best:
            taken[side][out], totals[side], best = into, changed, cost
    chosen = np.zeros(len(classes), dtype=bool)
    for of, t in zip(members, taken, strict=True):
        chosen[of[t]] = True
    return chosen


def _imbalance(yes: NDArray[np.float64], no: NDArray[np.float64]) -> float:
    return float(np.square(yes - no).sum())


def _distinct(placed: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    found: list[str] = []
    for place, text in placed:
        noun = _noun(text, place)
        if noun in found:
            raise UserError(f"{place}: the noun {noun!r} is given twice")
        found.append(noun)
    return tuple(found)


def _noun(text: str, place: str) -> str:
    noun = " ".join(text.lower().split())
    if not noun:
        raise UserError(f"{place}: a noun is missing")
    return noun
