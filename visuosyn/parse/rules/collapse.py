"""Prepositions of several words as one (the enhanced++ representation of Schuster and Manning 2016)."""

from __future__ import annotations

from visuosyn.parse.english import word_list
from visuosyn.parse.tree import Tree

NOMINAL = ("NOUN", "PROPN", "PRON", "NUM", "SYM")
COLLAPSED = word_list("collapsed_prepositions")


def collapsed_prepositions(tree: Tree) -> Tree:
    """*in front of* and the like become one preposition with ``fixed`` parts; its noun takes their place.

    >>> tree = "dog/NOUN/root/0 in/ADP/case/3 front/NOUN/nmod/1 of/ADP/case/5 cars/NOUN/nmod/3"
    >>> collapsed_prepositions(Tree.sketch(tree))
    dog/root/0 in/case/5 front/fixed/2 of/fixed/2 cars/nmod/1
    >>> collapsed_prepositions(Tree.sketch("sits/VERB/root/0 next/ADV/advmod/1 to/ADP/case/4 me/PRON/obl/2"))
    sits/root/0 next/case/4 to/fixed/2 me/obl/1
    """
    for last in reversed(range(1, len(tree.words))):
        first = _first(tree, last)
        if first is not None:
            noun = tree.heads[last]
            if tree.heads[noun] == last - 1:
                above = tree.heads[last - 1]
                nominal = above >= 0 and tree.words[above].upos in NOMINAL
                oblique = tree.labels[last - 1] in ("nmod", "obl", "advmod", "amod", "case")
                tree = tree.promoted(noun, below="fixed", label=("nmod" if nominal else "obl") if oblique else None)
            tree = tree.rewired({first: (noun, "case")} | {i: (first, "fixed") for i in range(first + 1, last + 1)})
    return tree


def _first(tree: Tree, last: int) -> int | None:
    """Where a preposition of several words that ends at ``last`` begins; ``None`` if there is none."""
    noun = tree.heads[last]
    if tree.labels[last] != "case" or noun < last or last - 1 not in (tree.heads[noun], *tree.children[noun]):
        return None
    text = [word.text.lower() for word in tree.words[max(last - 2, 0) : last + 1]]
    if len(text) == 3 and tuple(text) in COLLAPSED and tree.heads[last - 2] == last - 1:
        return last - 2
    return last - 1 if tuple(text[-2:]) in COLLAPSED else None
