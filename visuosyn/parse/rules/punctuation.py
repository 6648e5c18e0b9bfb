"""Where punctuation attaches in Universal Dependencies."""

from __future__ import annotations

from visuosyn.parse.tree import Tree

PAIRS = {"(": ")", "[": "]", "{": "}", "“": "”", "‘": "’", "``": "''", "-LRB-": "-RRB-", "«": "»"}
SAME = {'"', "'", "*", "_", "''", "``"}


def punctuation(tree: Tree) -> Tree:
    """Re-attach punctuation (UD v2 guidelines, punct).

    Nothing depends on a mark. Paired marks attach to the head of what they enclose, the final mark to the root, any
    other to the highest neighbouring word that keeps the tree free of crossings.

    >>> punctuation(Tree.sketch("a/X/root/0 ,/PUNCT/punct/1 b/X/conj/1 ,/PUNCT/punct/1 c/X/conj/1 ./PUNCT/punct/5"))
    a/root/0 ,/punct/3 b/conj/1 ,/punct/5 c/conj/1 ./punct/1
    """
    marks = {i for i, label in enumerate(tree.labels) if label == "punct" and tree.words[i].upos in ("PUNCT", "SYM")}
    if not marks or len(marks) == len(tree.words):
        return tree
    tree = _freed(tree, marks)
    words = [i for i in range(len(tree.words)) if i not in marks]
    edges = {}
    enclosed = _enclosed(tree, marks)
    for mark in sorted(marks):
        head = _head_inside(tree, marks, *enclosed[mark]) if mark in enclosed else None
        if head is None and mark > words[-1]:
            head = _root(tree)
        if head is None:
            head = _neighbour(tree, marks, mark)
        edges[mark] = (head, "punct")
    return tree.rewired(edges)


def _freed(tree: Tree, marks: set[int]) -> Tree:
    """What depends on a mark moves to the mark's head."""
    edges = {}
    for i, head in enumerate(tree.heads):
        above = head
        while above in marks:
            above = tree.heads[above]
        if above != head:
            edges[i] = (above, tree.labels[i])
    return tree.rewired(edges)


def _root(tree: Tree) -> int:
    return tree.heads.index(-1)


def _enclosed(tree: Tree, marks: set[int]) -> dict[int, tuple[int, int]]:
    """For every paired mark the places of the opening and the closing one."""
    pairs: dict[int, tuple[int, int]] = {}
    stack: list[int] = []
    for mark in sorted(marks):
        text = tree.words[mark].text
        opened = next((i for i in reversed(stack) if _closes(tree.words[i].text, text)), None)
        if opened is not None:
            del stack[stack.index(opened) :]
            pairs[opened] = pairs[mark] = (opened, mark)
        elif text in PAIRS or text in SAME:
            stack.append(mark)
    return pairs


def _closes(opening: str, closing: str) -> bool:
    return PAIRS.get(opening) == closing or (opening in SAME and opening == closing)


def _head_inside(tree: Tree, marks: set[int], start: int, end: int) -> int | None:
    """The one word between two places whose head is outside; ``None`` if there is none or several."""
    tops = [i for i in range(start + 1, end) if i not in marks and not start < tree.heads[i] < end]
    return tops[0] if len(tops) == 1 else None


def _neighbour(tree: Tree, marks: set[int], mark: int) -> int:
    """Climb from both neighbours as long as the path does not cross the mark, then choose."""
    words = range(len(tree.words))
    before = [_climb(tree, i, words[:mark]) for i in words[:mark][::-1] if i not in marks]
    after = [_climb(tree, i, words[mark + 1 :]) for i in words[mark + 1 :] if i not in marks]
    if not before or not after:
        return (before or after)[0]
    left, right = before[0], after[0]
    if 0 <= tree.heads[right] < mark:
        return right
    return left if tree.heads[left] > mark else right


def _climb(tree: Tree, node: int, allowed: range) -> int:
    """The highest word above ``node`` that is reached through ``allowed`` places alone."""
    while tree.heads[node] in allowed:
        node = tree.heads[node]
    return node
