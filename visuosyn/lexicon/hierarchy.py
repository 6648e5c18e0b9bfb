"""Cohyponyms: nouns that are two kinds of one thing."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property

from visuosyn.errors import UserError
from visuosyn.lexicon.senses import DRAWABLE, drawable, lookup, own_senses
from visuosyn.lexicon.source import NounHierarchy, Synset, Wn, WordNet

DEPTH, STEPS, SIMILARITY = 7, 3, 0.77
NEAR = 20  # lemmas that a suggestion is chosen from
THINGS = frozenset(DRAWABLE) - {"person"}  # some names of people are slurs


@dataclass(frozen=True)
class Relation:
    """How two nouns are related, in the senses that are most similar.

    ``hypernym``: the lowest that both have; ``steps``: how far below it each of the two stands; ``depth``: how far
    below the root it stands itself, by the longest path. ``cohyponyms``: whether they count as such; ``reason``: why
    not.

    >>> found = load_lexicon().relation("giraffe", "zebra")
    >>> found.hypernym.name, found.depth, found.steps
    ('ungulate', 11, (3, 3))
    >>> round(found.similarity, 3)  # 2 * 11 / (2 * 11 + 3 + 3)
    0.786
    """

    first: str
    second: str
    senses: tuple[Synset, Synset]
    hypernym: Synset
    steps: tuple[int, int]
    depth: int
    cohyponyms: bool
    reason: str = ""

    @property
    def similarity(self) -> float:
        """2 depth / (2 depth + steps), 0 to 1 (Wu & Palmer 1994): 1 where both mean the same."""
        return _similarity(self.depth, self.steps)


@dataclass(frozen=True, eq=False)
class Lexicon:
    """A noun hierarchy with the rule that says what cohyponyms are.

    Two nouns are cohyponyms if their lowest common hypernym stands at least ``depth`` below the root, each of the two
    at least one and at most ``steps`` below it, and their ``similarity`` is high enough. Sharing a parent would be too
    narrow for pictures (that of a giraffe is the ruminants, a zebra's the equines), sharing any hypernym too wide (a
    zebra and a fridge are both wholes). ``overrides``: noun -> number of its sense.

    >>> lexicon = load_lexicon()
    >>> zebra, = lexicon.senses("zebra")
    >>> [sense.name for sense in lexicon.chain(zebra)][:5], lexicon.depth_of(zebra)
    (['zebra', 'equine', 'odd-toed ungulate', 'ungulate', 'placental'], 14)
    """

    source: NounHierarchy
    overrides: Mapping[str, int] = field(default_factory=dict)
    depth: int = DEPTH
    steps: int = STEPS
    similarity: float = SIMILARITY

    def senses(self, noun: str) -> tuple[Synset, ...]:
        """The meanings of a noun that a picture may show.

        Raises UserError for a noun that is not known, with suggestions; for one that means nothing that can be drawn;
        and for an override that the noun has no sense for.
        """
        lemma, senses = lookup(self.source, noun)
        if not senses:
            raise UserError(f"the noun {noun!r} is not in {self.source.name}{self._suggested(noun)}")
        number = self.overrides.get(noun, self.overrides.get(lemma))
        if number is not None and number > len(senses):
            raise UserError(f"{noun!r} has {len(senses)} senses in {self.source.name}, so it has no sense {number}")
        found = drawable(lemma, senses, number)
        if not found:
            kinds = ", ".join(dict.fromkeys(sense.file for sense in senses))
            raise UserError(
                f"{noun!r} names nothing that a picture shows (its senses: {kinds}); give a sense by number"
            )
        return found

    def relation(self, first: str, second: str) -> Relation:
        """How two nouns are related, in the most similar of their drawable senses. Raises UserError like ``senses``."""
        pairs = ((a, b) for a in self.senses(first) for b in self.senses(second))
        met = [(a, b, *self._meet(a, b)) for a, b in pairs]
        a, b, top, steps, depth = max(met, key=lambda one: (_similarity(one[4], one[3]), -sum(one[3])))
        reason = self._refusal(steps, depth)
        return Relation(first, second, (a, b), top, steps, depth, not reason, reason)

    def chain(self, sense: Synset) -> tuple[Synset, ...]:
        """A sense, its hypernym, that one's, up to the root; where there are several, the one of the longest path."""
        found = [sense]
        while found[-1].above:
            found.append(max(map(self._synset, found[-1].above), key=lambda one: self.depth_of(one)))
        return tuple(found)

    def depth_of(self, sense: Synset) -> int:
        """Steps to the root by the longest path; the root's own depth is 0."""
        if sense.id not in self._depths:
            self._depths[sense.id] = 1 + max((self.depth_of(self._synset(one)) for one in sense.above), default=-1)
        return self._depths[sense.id]

    def cohyponyms(self, noun: str) -> tuple[str, ...]:
        """All nouns of the lexicon that are cohyponyms of a noun, the closest first."""
        tops = {top for sense in self.senses(noun) for top, up in self._above(sense).items() if 0 < up <= self.steps}
        near = {one for top in tops if self.depth_of(self._synset(top)) >= self.depth for one in self._under(top)}
        names = {lemma for one in near for lemma in self._synset(one).lemmas if lemma.islower()}
        found = [self.relation(noun, name) for name in names if drawable(*lookup(self.source, name))]
        return tuple(one.second for one in sorted(found, key=lambda r: (sum(r.steps), r.second)) if one.cohyponyms)

    def _refusal(self, steps: tuple[int, int], depth: int) -> str:
        if steps == (0, 0):
            return "both mean the same"
        if 0 in steps:
            return "one is a kind of the other"
        if depth < self.depth:
            return f"the common hypernym is too general (depth {depth}, at least {self.depth})"
        if max(steps) > self.steps:
            return f"too far below the common hypernym (at most {self.steps} steps)"
        low = _similarity(depth, steps) < self.similarity
        return f"too far below so general a hypernym (similarity under {self.similarity})" if low else ""

    def _meet(self, a: Synset, b: Synset) -> tuple[Synset, tuple[int, int], int]:
        """The deepest common hypernym, steps to it, its depth; of equally deep ones the one with the fewest steps."""
        up, over = self._above(a), self._above(b)
        shared = [(-self.depth_of(self._synset(id)), up[id] + over[id], id) for id in up.keys() & over.keys()]
        if not shared:
            raise UserError(f"{a.name!r} and {b.name!r} share no hypernym in {self.source.name}")
        depth, _, id = min(shared)
        return self._synset(id), (up[id], over[id]), -depth

    def _above(self, sense: Synset) -> dict[str, int]:
        """Id -> fewest steps, of a synset and all its hypernyms."""
        found, edge = {sense.id: 0}, [sense]
        while edge:
            level = [above for one in edge for above in one.above if above not in found]
            found |= dict.fromkeys(level, found[edge[0].id] + 1)
            edge = [self._synset(id) for id in dict.fromkeys(level)]
        return found

    def _under(self, top: str) -> set[str]:
        """The ids at most ``steps`` below a synset."""
        found, edge = {top}, [top]
        for _ in range(self.steps):
            edge = [below for one in edge for below in self.source.below(one)]
            found |= set(edge)
        return found

    def _suggested(self, noun: str) -> str:
        start = noun[:1].lower()
        known = [lemma for lemma in self.source.lemmas() if lemma[:1] == start and abs(len(lemma) - len(noun)) < 3]
        close = difflib.get_close_matches(noun.lower(), known, n=NEAR, cutoff=0.65)
        things = [lemma for lemma in close if any(one.file in THINGS for one in drawable(*lookup(self.source, lemma)))]
        return f"; did you mean {', '.join(things[:3])}?" if things else ""

    def _synset(self, id: str) -> Synset:
        if id not in self._synsets:
            self._synsets[id] = self.source.synset(id)
        return self._synsets[id]

    @cached_property
    def _synsets(self) -> dict[str, Synset]:
        return {}

    @cached_property
    def _depths(self) -> dict[str, int]:
        return {}


def _similarity(depth: int, steps: tuple[int, int]) -> float:
    return 2 * depth / (2 * depth + sum(steps)) if depth else float(not any(steps))


@cache
def _wordnet() -> WordNet:
    return WordNet()


def load_lexicon(
    name: str = "wordnet",
    *,
    senses: Mapping[str, int] | None = None,
    depth: int = DEPTH,
    steps: int = STEPS,
    similarity: float = SIMILARITY,
) -> Lexicon:
    """A lexicon: "wordnet", the package's WordNet 3.1, or one that the package ``wn`` has installed ("oewn:2024").

    ``senses``: noun -> number of its sense, where the rule takes the wrong one; for WordNet they join the package's own
    table. ``depth``, ``steps`` and ``similarity`` (0 to 1) set what counts as cohyponyms. Raises UserError for a
    lexicon that is not installed and for limits out of range.

    >>> load_lexicon(steps=2).relation("giraffe", "zebra").reason
    'too far below the common hypernym (at most 2 steps)'
    >>> lexicon = load_lexicon(senses={"crane": 5})  # the bird and not the machine
    >>> lexicon.relation("crane", "pelican").cohyponyms, load_lexicon().relation("crane", "pelican").cohyponyms
    (True, False)
    """
    if depth < 1 or steps < 1 or not 0 <= similarity <= 1:
        raise UserError(
            f"depth {depth} and steps {steps} must be whole numbers from 1 on, similarity {similarity} from 0 to 1"
        )
    given = dict(senses or {})
    limits = {"depth": depth, "steps": steps, "similarity": similarity}
    if name == "wordnet":
        return Lexicon(_wordnet(), {**own_senses(), **given}, **limits)  # type: ignore[arg-type]
    return Lexicon(Wn(name), given, **limits)  # type: ignore[arg-type]
