"""The captions' grammar: phrases that carry their own dependency tree (enhanced Universal Dependencies, version 2).

A phrase is a list of words in order; each word knows its head, its label, its further enhanced edges and what part of
the scene it shows. `sentence` numbers the words and freezes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from visuosyn.microworld.world.words import NUMBERS, plural

GROUND = -1
"""Stands for the ground among the numbers of objects that a word shows."""


@dataclass(frozen=True)
class CaptionToken:
    """One word of a caption, as in a CoNLL-U line; ``head`` counts from 1, 0 is the root."""

    form: str
    lemma: str
    upos: str
    xpos: str
    head: int
    deprel: str
    deps: str
    misc: str
    start: int
    end: int


@dataclass(frozen=True)
class WorldSentence:
    """A caption, its tree, and for each word the numbers of the objects it shows (``GROUND`` for the ground)."""

    text: str
    tree: tuple[CaptionToken, ...]
    shows: tuple[frozenset[int], ...]


@dataclass(frozen=True)
class Mention:
    """What a noun phrase says: ``objects`` are the numbers of the scene's objects it names."""

    noun: str
    objects: tuple[int, ...]
    size: str | None = None
    colour: str | None = None
    pattern: str | None = None
    numeral: bool = False
    bare: bool = False

    @property
    def adjectives(self) -> tuple[str, ...]:
        """The adjectives in the order they are said."""
        return tuple(word for word in (self.size, self.colour, self.pattern) if word)


@dataclass(eq=False)
class PhraseWord:
    """A word under construction; ``edges`` are its enhanced edges beside those that repeat the basic one."""

    form: str
    lemma: str
    upos: str
    xpos: str
    shows: frozenset[int] = frozenset()
    head: PhraseWord | None = None
    deprel: str = "root"
    enhanced: str | None = None
    edges: list[tuple[PhraseWord, str]] = field(default_factory=list)
    replaced: bool = False
    entity: str | None = None

    def under(self, head: PhraseWord, deprel: str, enhanced: str | None = None) -> PhraseWord:
        """Attach the word to a head; ``enhanced`` is the label in the enhanced graph, if it differs."""
        self.head, self.deprel, self.enhanced = head, deprel, enhanced or deprel
        return self


@dataclass(frozen=True)
class Phrase:
    """Words in order and the one that heads them."""

    words: list[PhraseWord]
    head: PhraseWord

    def then(self, words: Iterable[PhraseWord]) -> Phrase:
        """The phrase with words after it, under the same head."""
        return Phrase([*self.words, *words], self.head)

    @property
    def shows(self) -> frozenset[int]:
        """Everything the noun words of the phrase show, the ground left out."""
        return frozenset().union(*(word.shows for word in self.words)) - {GROUND}


def _article(following: str) -> PhraseWord:
    return PhraseWord("an" if following[0] in "aeiou" else "a", "a", "DET", "DT")


def noun_phrase(mention: Mention) -> Phrase:
    """``a big red fire truck``, ``two dogs``, ``apples`` (bare): determiner or number, adjectives, noun."""
    shows = frozenset(mention.objects)
    many = len(mention.objects) > 1
    *first, last = mention.noun.split()
    noun = PhraseWord(plural(last) if many else last, last, "NOUN", "NNS" if many else "NN", shows)
    compound = [PhraseWord(word, word, "NOUN", "NN", shows).under(noun, "compound") for word in first]
    adjectives = [PhraseWord(word, word, "ADJ", "JJ", shows).under(noun, "amod") for word in mention.adjectives]
    inner = [*adjectives, *compound, noun]
    if mention.bare:
        return Phrase(inner, noun)
    if many or mention.numeral:
        number = NUMBERS[len(mention.objects)]
        opener = PhraseWord(number, number, "NUM", "CD", shows).under(noun, "nummod")
    else:
        opener = _article(inner[0].form).under(noun, "det")
    return Phrase([opener, *inner], noun)


def of_phrase(mention: Mention, whole: Mention) -> Phrase:
    """``a basket of apples``: the basket is a separate mention."""
    outer, inner = noun_phrase(whole), noun_phrase(mention)
    return modified(outer, _case("of", inner, outer.shows | inner.shows), "of")


def pair_phrase(mention: Mention) -> Phrase:
    """``a pair of dogs``."""
    pair = PhraseWord("pair", "pair", "NOUN", "NN", frozenset(mention.objects))
    outer = Phrase([_article("pair").under(pair, "det"), pair], pair)
    return modified(outer, _case("of", noun_phrase(mention), outer.shows), "of")


def _case(preposition: str, phrase: Phrase, shows: frozenset[int]) -> Phrase:
    word = PhraseWord(preposition, preposition, "ADP", "IN", shows).under(phrase.head, "case")
    return Phrase([word, *phrase.words], phrase.head)


def modified(
    host: Phrase, modifier: Phrase, name: str, *, under: PhraseWord | None = None, kind: str = "nmod"
) -> Phrase:
    """Put a prepositional phrase after the host: ``nmod:name`` under its head, or ``kind:name`` under another word."""
    modifier.head.under(under or host.head, kind, f"{kind}:{name}")
    return host.then(modifier.words)


def related(first: Phrase, relation: str, second: Phrase) -> Phrase:
    """``first RELATION second`` for on, under, beside, next to, in front of, to the left of, to the right of.

    The complex ones follow the English Web Treebank: *front* and *left* are nouns, *next* is an adverb.
    """
    both = first.shows | second.shows
    if relation == "next to":
        adverb = PhraseWord("next", "next", "ADV", "RB", both).under(first.head, "advmod")
        second = _case("to", second, both)
        second.head.under(adverb, "obl", "obl:to")
        return first.then([adverb, *second.words])
    if relation in ("on", "under", "beside"):
        return modified(first, _case(relation, second, both), relation)
    opener, *article, place, _ = relation.split()
    noun = PhraseWord(place, place, "NOUN", "NN", both)
    middle = Phrase([PhraseWord(word, word, "DET", "DT").under(noun, "det") for word in article] + [noun], noun)
    middle = modified(middle, _case("of", second, both), "of")
    return modified(first, _case(opener, middle, both), opener)


def listed(phrases: list[Phrase]) -> Phrase:
    """``a, b and c``: all members under the first; each shares the first one's place in the sentence."""
    first, *others = phrases
    words = list(first.words)
    for phrase in others:
        phrase.head.under(first.head, "conj", "conj:and")
        if phrase is others[-1]:
            words.append(PhraseWord("and", "and", "CCONJ", "CC").under(phrase.head, "cc"))
        else:
            words.append(PhraseWord(",", ",", "PUNCT", ",").under(phrase.head, "punct"))
        words.extend(phrase.words)
    return Phrase(words, first.head)


def owned(owner: Phrase, mention: Mention) -> Phrase:
    """``a cat and its hat``: the two mentions of the owner are one entity."""
    thing = noun_phrase(mention)
    its = PhraseWord("its", "its", "PRON", "PRP$", owner.shows).under(thing.head, "nmod:poss")
    owner.words[0].entity = f"(e1-object-{len(owner.words)}"
    owner.words[-1].entity = "e1)"
    its.entity = "(e1-object-1)"
    return listed([owner, Phrase([its, *thing.words[1:]], thing.head)])


def action(form: str, actor: Phrase, lemma: str, thing: Phrase) -> Phrase:
    """The actor wearing or holding a thing, in one of five forms.

    ``participle`` (a cat wearing a hat), ``present`` (a cat wears a hat), ``progressive`` (a cat is wearing a hat),
    ``relative`` (a cat that wears a hat), ``relative progressive`` (a cat that is wearing a hat). The finite forms
    are headed by the verb.
    """
    ing = form == "participle" or form.endswith("progressive")
    both = actor.shows | thing.shows
    verb = PhraseWord(lemma + ("ing" if ing else "s"), lemma, "VERB", "VBG" if ing else "VBZ", both)
    thing.head.under(verb, "obj")
    words = [verb, *thing.words]
    if form.endswith("progressive"):
        words.insert(0, PhraseWord("is", "be", "AUX", "VBZ").under(verb, "aux"))
    if form == "participle":
        verb.under(actor.head, "acl")
    elif form.startswith("relative"):
        verb.under(actor.head, "acl:relcl")
        that = PhraseWord("that", "that", "PRON", "WDT").under(verb, "nsubj")
        that.replaced = True
        that.edges.append((actor.head, "ref"))
        actor.head.edges.append((verb, "nsubj"))
        words.insert(0, that)
    else:
        actor.head.under(verb, "nsubj")
        return Phrase([*actor.words, *words], verb)
    return actor.then(words)


def grounded(phrase: Phrase, preposition: str, ground: str) -> Phrase:
    """Add ``on the grass``: under the verb (obl) if the phrase holds one, else under its head noun (nmod)."""
    noun = PhraseWord(ground, ground, "NOUN", "NN", frozenset({GROUND}))
    place = Phrase([PhraseWord("the", "the", "DET", "DT").under(noun, "det"), noun], noun)
    place = _case(preposition, place, phrase.shows | {GROUND})
    verb = next((word for word in phrase.words if word.upos == "VERB"), None)
    return modified(phrase, place, preposition, under=verb, kind="obl" if verb else "nmod")


def framed(phrase: Phrase, frame: str) -> Phrase:
    """Open a noun phrase with ``there is``, ``a photo of`` or ``a picture of``."""
    if frame == "there":
        many = phrase.head.xpos == "NNS"
        verb = PhraseWord("are" if many else "is", "be", "VERB", "VBP" if many else "VBZ")
        phrase.head.under(verb, "nsubj")
        return Phrase([PhraseWord("there", "there", "PRON", "EX").under(verb, "expl"), verb, *phrase.words], verb)
    noun = PhraseWord(frame, frame, "NOUN", "NN")
    outer = Phrase([_article(frame).under(noun, "det"), noun], noun)
    return modified(outer, _case("of", phrase, frozenset()), "of")


def stopped(phrase: Phrase) -> Phrase:
    """Add the final period."""
    return phrase.then([PhraseWord(".", ".", "PUNCT", ".").under(phrase.head, "punct")])


def sentence(phrase: Phrase) -> WorldSentence:
    """Number the words, find their places in the text and write out both graphs."""
    index = {word: number for number, word in enumerate(phrase.words, start=1)}
    tokens: list[CaptionToken] = []
    text = ""
    for word in phrase.words:
        if text and word.upos != "PUNCT":
            text += " "
        start = len(text)
        text += word.form
        glued = index[word] < len(phrase.words) and phrase.words[index[word]].upos == "PUNCT"
        misc = [f"Entity={word.entity}"] * bool(word.entity) + ["SpaceAfter=No"] * glued
        misc += [f"start_char={start}", f"end_char={len(text)}"]
        head = index[word.head] if word.head else 0
        tokens.append(
            CaptionToken(
                form=word.form,
                lemma=word.lemma,
                upos=word.upos,
                xpos=word.xpos,
                head=head,
                deprel=word.deprel,
                deps=_deps(word, index),
                misc="|".join(misc),
                start=start,
                end=len(text),
            )
        )
    return WorldSentence(text, tuple(tokens), tuple(word.shows for word in phrase.words))


def _deps(word: PhraseWord, index: dict[PhraseWord, int]) -> str:
    edges = {(index[head], label) for head, label in word.edges}
    if not word.replaced:
        edges.add((index[word.head], word.enhanced or word.deprel) if word.head else (0, "root"))
    if word.deprel == "conj" and word.head and word.head.head:  # a conjunct shares the first one's place
        edges.add((index[word.head.head], word.head.enhanced or word.head.deprel))
    return "|".join(f"{head}:{label}" for head, label in sorted(edges))
