"""Captions with the two words of a pair exchanged: the same words and the same noise in another order.

A swapped caption says in comments which caption it comes from and which two words are measured, so that it can be
written and read as CoNLL-U like any other: ``# swap_of = ID`` (the caption), ``# swap_pair = NUMBER RELATION HEAD
DEPENDENT`` (number of the pair in that caption from 0, as in the pair table; words from 1).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from visuosyn.data import Caption, Sentence, Word, WordPair
from visuosyn.errors import UserError
from visuosyn.parse.controls import class_pairs
from visuosyn.parse.pairs import word_pairs

OF, PAIR = "# swap_of = ", "# swap_pair = "


def all_pairs(sentence: Sentence) -> tuple[WordPair, ...]:
    """Every pair that a study measures: those of ``word_pairs``, then those of ``class_pairs``.

    Of a swapped caption, which has no tree, that is the one pair whose words were exchanged (kind "swapped").

    >>> from collections import Counter
    >>> from visuosyn.testing import sentence
    >>> tree = sentence("red/ADJ/amod/2 cat/NOUN/root/0 blue/ADJ/amod/4 cat/NOUN/conj/2")
    >>> Counter(pair.kind for pair in all_pairs(tree))
    Counter({'related': 3, 'unrelated': 3, 'path-2': 2, 'matched': 1, 'repeat': 1})
    """
    exchanged = _pair_of(sentence)
    if exchanged:
        _, relation, head, dependent = exchanged
        return (WordPair(head - 1, dependent - 1, f"swapped {relation}", "swapped", ""),)
    return (*word_pairs(sentence), *class_pairs(sentence))


def swapped_from(sentence: Sentence) -> tuple[str, int] | None:
    """The caption id and the number of the pair that a swapped caption was made from; ``None`` for any other.

    >>> from visuosyn.data import Caption
    >>> from visuosyn.testing import sentence
    >>> tree = sentence("red/ADJ/amod/2 ball/NOUN/root/0", id="c7")
    >>> _, other = with_swapped([Caption("c7", tree.text, sentence=tree)], ["amod"])
    >>> swapped_from(other.sentence), swapped_from(tree)
    (('c7', 0), None)
    """
    exchanged = _pair_of(sentence)
    return (_comment(sentence, OF), exchanged[0]) if exchanged else None


def with_swapped(captions: Iterable[Caption], relations: Iterable[str]) -> Iterator[Caption]:
    """Every caption (which must bring its tree), followed by one swapped caption for each of its pairs that stand in
    one of these relations; "nmod" also means "nmod:of".

    Words inside of a multiword token cannot change places, so their pairs are left out; swapped captions that are
    there already are not made again. Raises UserError for a relation in which no pair of the corpus stands.

    >>> from visuosyn.data import Caption
    >>> from visuosyn.testing import sentence
    >>> tree = sentence("a/DET/det/3 red/ADJ/amod/3 ball/NOUN/root/0")
    >>> captions = with_swapped([Caption("c7", tree.text, sentence=tree)], ["amod"])
    >>> [(caption.id, caption.text, caption.noise_id) for caption in captions]
    [('c7', 'a red ball', ''), ('c7~1~2~3', 'a ball red', 'c7')]
    """
    wanted, captions = tuple(relations), tuple(captions)
    found: set[str] = set()
    able = False
    there = {swapped_from(caption.sentence) for caption in captions if caption.sentence is not None}
    for caption in captions:
        yield caption
        if caption.sentence is not None and swapped_from(caption.sentence) is None:
            inside = _inside(caption.sentence)
            for number, pair in enumerate(word_pairs(caption.sentence, unrelated=False)):
                called = {name for name in wanted if pair.relation == name or pair.relation.startswith(f"{name}:")}
                found |= called
                if called and not {pair.head, pair.dependent} & inside:
                    able = True
                    if (caption.id, number) not in there:
                        yield swapped(caption, pair, number=number)
    absent = [name for name in wanted if name not in found]
    if absent or not able:
        names = ", ".join(absent or wanted)
        raise UserError(f"no pair of the corpus stands in {names}: there are no two words to exchange")


def swapped(caption: Caption, pair: WordPair, *, number: int = 0) -> Caption:
    """The caption with the two words of a pair exchanged; ``number`` is that of the pair in its caption.

    The words keep their lemmas and tags but have no tree; a capital at the start of the caption stays there, and names
    keep theirs. The id names the pair and the two words, since two pairs may be of the same words. How to read: what
    a pair keeps when its words change places does not come from where they stand. Caveat: most swapped captions are
    not English, and a model may never have seen anything like them.

    >>> from visuosyn.data import Caption, WordPair
    >>> from visuosyn.testing import sentence
    >>> tree = sentence("Dogs=dog/NOUN/nsubj/2 chase/VERB/root/0 cats=cat/NOUN/obj/2")
    >>> swapped(Caption("c1", tree.text, sentence=tree), WordPair(1, 2, "obj"), number=1).text
    'Dogs cats chase'
    """
    sentence = caption.sentence
    if sentence is None:
        raise UserError(f"caption {caption.id!r} has no words to exchange: parse it first")
    first, second = sorted((pair.head, pair.dependent))
    text, words = _laid_out(sentence, _exchanged(sentence, first, second), {first: second, second: first})
    extra = []
    for token in sentence.extra:
        if "-" in token.id:  # an empty node belongs to the graph, which is gone
            begin, last = (int(end) - 1 for end in token.id.split("-"))
            extra.append(replace(token, start=words[begin].start, end=words[last].end))
    head, dependent = (first, second) if pair.head == second else (second, first)
    exchanged = f"{PAIR}{number} {pair.relation} {head + 1} {dependent + 1}"
    id = f"{caption.id}~{number}~{first + 1}~{second + 1}"
    comments = (f"{OF}{caption.id}", exchanged)
    made = Sentence(id, text, tuple(words), sentence.scheme, "swapped", comments, tuple(extra))
    return Caption(id, text, caption.source, caption.noise_id or caption.id, caption.image_id, made)


def _laid_out(sentence: Sentence, texts: list[str], moved: dict[int, int]) -> tuple[str, list[Word]]:
    """The text that these forms make in the places of the sentence's words, and the words in it."""
    text, words, end = "", [], 0
    for place, old in enumerate(sentence.words):
        if old.start >= end:  # else it stands in the same characters as the word before, which are there already
            text += sentence.text[end : old.start] + texts[place]
            start, end = len(text) - len(texts[place]), old.end
        source = sentence.words[moved.get(place, place)]
        form = texts[place] if place in moved else old.text
        words.append(
            replace(
                source, text=form, start=start, end=len(text), index=place, head=None, relation="", deps=(), graph="",
                misc="",
            )
        )  # fmt: skip
    return text + sentence.text[end:], words


def _exchanged(sentence: Sentence, first: int, second: int) -> list[str]:
    """The characters of every word, with those of two words exchanged."""
    texts = [sentence.text[word.start : word.end] for word in sentence.words]
    texts[first], texts[second] = texts[second], texts[first]
    old, rest = texts[second][:1], texts[second][1:]
    if first == 0 and old.isupper() and rest == rest.lower():
        texts[first] = texts[first][:1].upper() + texts[first][1:]
        if sentence.words[0].upos != "PROPN" and texts[second] != "I":
            texts[second] = texts[second].lower()
    return texts


def _inside(sentence: Sentence) -> set[int]:
    """Positions of the words inside of multiword tokens."""
    ranges = (map(int, token.id.split("-")) for token in sentence.extra if "-" in token.id)
    return {place for first, last in ranges for place in range(first - 1, last)}


def _pair_of(sentence: Sentence) -> tuple[int, str, int, int] | None:
    """What ``# swap_pair`` says: number of the pair, relation, head and dependent (words from 1)."""
    value = _comment(sentence, PAIR)
    if not value:
        return None
    parts, numbers = value.split(), range(1, len(sentence.words) + 1)
    whole = len(parts) == 4 and all(parts[place].isdecimal() for place in (0, 2, 3))
    if not whole or int(parts[2]) not in numbers or int(parts[3]) not in numbers or parts[2] == parts[3]:
        raise UserError(
            f"caption {sentence.id!r}: {PAIR + value!r} should be the number of a pair, a relation, and the numbers of "
            f"two of its {len(sentence.words)} words, as in '0 amod 3 2'"
        )
    return int(parts[0]), parts[1], int(parts[2]), int(parts[3])


def _comment(sentence: Sentence, key: str) -> str:
    """What follows ``key`` in a comment; "" if there is none."""
    return next((line.removeprefix(key) for line in sentence.comments if line.startswith(key)), "")
