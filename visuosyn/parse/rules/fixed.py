"""Fixed expressions of function words."""

from __future__ import annotations

from visuosyn.parse.english import table
from visuosyn.parse.tree import Tree

ROLES = {tuple(words.split()): role for words, role in table("fixed").items()}
# The label that one of the words must have for the expression to be meant: *in that* as a mark, not *in that house*.
PLAYING = {
    "advmod": ("advmod", "obl", "nmod"),
    "mark": ("mark",),
    "case": ("case", "mark", "cc"),
    "cc": ("cc", "case", "mark"),
    "pronoun": ("obj", "iobj", "obl", "nmod", "nmod:poss", "conj"),
}
LENGTHS = sorted({len(words) for words in ROLES}, reverse=True)
FIRST = {words[0] for words in ROLES}


def fixed(tree: Tree) -> Tree:
    """Expressions of UD's list: the first word is the head, the others are ``fixed``.

    >>> fixed(Tree.sketch("because/ADP/case/3 of/ADP/case/3 rain/NOUN/obl/4 stay/VERB/root/0"))
    because/case/3 of/fixed/1 rain/obl/4 stay/root/0
    """
    texts = [word.text.lower() for word in tree.words]
    for first, text in enumerate(texts):
        if text in FIRST:
            for length in LENGTHS:
                words = range(first, min(first + length, len(texts)))
                role = ROLES.get(tuple(texts[i] for i in words))
                if role and tree.labels[first] != "fixed" and (edge := _edge(tree, words, role)) is not None:
                    tree = _joined(tree, words, edge)
                    break
    return tree


def _edge(tree: Tree, words: range, role: str) -> tuple[int, str] | None:
    """Head and label of an expression, if its words are connected and play the role of one function word."""
    tops = [i for i in words if tree.heads[i] not in words]
    heads = {tree.heads[i] for i in tops}
    played = [tree.labels[i] for i in tops if tree.labels[i] in PLAYING[role]]
    if len(heads) > 1 or -1 in heads or not played:
        return None
    return heads.pop(), "advmod" if role == "advmod" else played[-1]


def _joined(tree: Tree, words: range, edge: tuple[int, str]) -> Tree:
    first, *others = words
    edges = {i: (first, tree.labels[i]) for word in others for i in tree.children[word] if i not in words}
    return tree.rewired(edges | {i: (first, "fixed") for i in others} | {first: edge})
