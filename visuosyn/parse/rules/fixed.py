"""Fixed expressions of function words."""

from __future__ import annotations

from visuosyn.parse.english import table
from visuosyn.parse.tree import Tree

ROLES = {tuple(words.split()): role for words, role in table("fixed").items()}
# Labels that one of the words must have for the expression to have this one.
PLAYING = {
    "advmod": ("advmod", "obl", "nmod", "case"),
    "mark": ("mark", "case"),
    "case": ("case", "mark"),
    "cc": ("cc",),
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
                words = range(first, first + length)
                role = ROLES.get(tuple(texts[first : first + length]))
                if role and tree.labels[first] != "fixed" and (head := _head(tree, words, role)) is not None:
                    tree = _joined(tree, words, head, role)
                    break
    return tree


def _head(tree: Tree, words: range, role: str) -> int | None:
    """The one head of an expression, if its words hang together and play the role of one function word."""
    tops = [i for i in words if tree.heads[i] not in words]
    heads = {tree.heads[i] for i in tops}
    if len(heads) > 1 or -1 in heads or not any(tree.labels[i] in PLAYING[role] for i in tops):
        return None
    return heads.pop()


def _joined(tree: Tree, words: range, head: int, role: str) -> Tree:
    first, *others = words
    edges = {i: (first, tree.labels[i]) for word in others for i in tree.children[word] if i not in words}
    return tree.rewired(edges | {i: (first, "fixed") for i in others} | {first: (head, role)})
