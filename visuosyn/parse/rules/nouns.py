"""Money, quantities, person names."""

from __future__ import annotations

from visuosyn.parse.english import word_list
from visuosyn.parse.tree import Tree

MONTHS = word_list("months")
TITLES = word_list("titles")
GIVEN_NAMES = word_list("given_names")


def money(tree: Tree) -> Tree:
    """The currency sign is the head of its number.

    >>> money(Tree.sketch("pay/VERB/ROOT/0 $/SYM/nmod/3 5/NUM/dobj/1"))
    pay/ROOT/0 $/dobj/1 5/nummod/2
    """
    for node, word in enumerate(tree.words):
        head = tree.heads[node]
        if word.upos == "SYM" and word.text in "$£€¥" and head > node and tree.words[head].upos == "NUM":
            tree = tree.promoted(node, below="nummod")
    return tree


def quantities(tree: Tree) -> Tree:
    """The article of *a few dogs* belongs to the noun.

    >>> quantities(Tree.sketch("a/DET.DT/quantmod/2 few/ADJ/amod/3 dogs/NOUN/ROOT/0"))
    a/det/3 few/amod/3 dogs/ROOT/0
    """
    return tree.rewired(
        {
            i: (tree.heads[head], "det")
            for i, head in enumerate(tree.heads)
            if tree.labels[i] == "quantmod" and tree.words[i].xpos == "DT" and tree.heads[head] > head
        }
    )


def dates(tree: Tree) -> Tree:
    """In *on May 4, 1999* the day is the head, month and year modify it.

    >>> dates(Tree.sketch("come/VERB/ROOT/0 May/PROPN/npadvmod/1 4/NUM/nummod/2 ,/PUNCT/punct/2 1999/NUM/nummod/2"))
    come/ROOT/0 May/nmod:unmarked/3 4/npadvmod/1 ,/punct/3 1999/nmod:unmarked/3
    """
    for day, label in enumerate(tree.labels):
        month = tree.heads[day]
        if label == "nummod" and month == day - 1 and (tree.words[month].text.lower(),) in MONTHS:
            years = [i for i in tree.children[month] if i > day and tree.labels[i] == "nummod"]
            tree = tree.promoted(day, below="nmod:unmarked")
            tree = tree.relabelled(dict.fromkeys(years, "nmod:unmarked"))
    return tree


def names(tree: Tree) -> Tree:
    """A person's name is flat with its first part as head; what stands before it describes it.

    >>> names(Tree.sketch("painter/NOUN/compound/3 Mary/PROPN/compound/3 Hill/PROPN/nsubj/4 sat/VERB/ROOT/0"))
    painter/nmod:desc/2 Mary/nsubj/4 Hill/flat/2 sat/ROOT/0
    """
    named = [i for i, label in enumerate(tree.labels) if label == "compound" and _proper(tree, tree.heads[i])]
    tree = tree.relabelled({i: "nmod:desc" for i in named if (tree.words[i].text.lower(),) in TITLES})
    for last in sorted({tree.heads[i] for i in named}):
        start = last
        while start > 0 and tree.heads[start - 1] == last and _proper(tree, start - 1):
            start -= 1
        first = next((i for i in range(start, last) if (tree.words[i].text.lower(),) in GIVEN_NAMES), last)
        if first < last and tree.labels[first] == "compound":
            described = [i for i in tree.children[last] if i < first and tree.labels[i] in ("compound", "nmod")]
            inside = dict.fromkeys(range(first + 1, last), "flat")
            tree = tree.promoted(first, below="flat").relabelled(inside | dict.fromkeys(described, "nmod:desc"))
    return tree


def _proper(tree: Tree, node: int) -> bool:
    return tree.words[node].upos == "PROPN"
