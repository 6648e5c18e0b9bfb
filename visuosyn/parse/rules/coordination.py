"""Conjuncts, conjunctions and lists."""

from __future__ import annotations

from visuosyn.parse.tree import Tree


def lists(tree: Tree) -> Tree:
    """Appositions and second subjects that are members of a list become conjuncts.

    One thing cannot be in apposition to several (*a cup, a plate and a fork*), no apposition follows a conjunction,
    and a verb has one subject (*a woman, a man and a child sit*).

    >>> lists(Tree.sketch("cup/NOUN.NN/ROOT/0 ,/PUNCT/punct/1 plate/NOUN/appos/1 and/CCONJ/cc/3 fork/NOUN/conj/3"))
    cup/ROOT/0 ,/punct/1 plate/conj/1 and/cc/3 fork/conj/3
    >>> lists(Tree.sketch("men/NOUN/nsubj/5 ,/PUNCT/punct/1 boys/NOUN/nsubj/5 too/ADV/advmod/3 sit/VERB/ROOT/0"))
    men/nsubj/5 ,/punct/1 boys/conj/1 too/advmod/3 sit/ROOT/0
    """
    edges = {}
    for node, label in enumerate(tree.labels):
        if label == "appos" and _member(tree, node):
            edges[node] = (tree.heads[node], "conj")
        elif label in ("nsubj", "nsubjpass"):
            before = [i for i in tree.children[tree.heads[node]] if i < node and tree.labels[i] == label]
            if before and tree.words[max(tree.leftmost(node) - 1, 0)].text == ",":
                edges[node] = (before[-1], "conj")
    return tree.rewired(edges)


def _member(tree: Tree, node: int) -> bool:
    """Whether an apposition is part of a list."""
    before = tree.leftmost(node) - 1
    if before < 0 or tree.words[before].text != ",":
        return before >= 0 and tree.labels[before] == "cc"
    top, last = node, node
    while tree.labels[top] == "appos":
        top = tree.heads[top]
    while (below := tree.child(last, "appos")) is not None:
        last = below
    return tree.words[top].xpos in ("NN", "NNP") and _coordinated(tree, last)


def _coordinated(tree: Tree, node: int | None) -> bool:
    """Whether a conjunction stands somewhere in a chain of conjuncts."""
    while node is not None and not (tree.has(node, "conj") and tree.has(node, "cc")):
        node = tree.child(node, "conj")
    return node is not None


def coordination(tree: Tree) -> Tree:
    """All conjuncts hang on the first; each conjunction on the conjunct that follows it.

    >>> coordination(Tree.sketch("a/X/ROOT/0 ,/PUNCT/punct/1 b/X/conj/1 and/CCONJ/cc/3 c/X/conj/3"))
    a/ROOT/0 ,/punct/1 b/conj/1 and/cc/5 c/conj/1
    """
    if "conj" not in tree.labels and "cc" not in tree.labels:
        return tree
    first: dict[int, int] = {}
    for node in reversed(tree.deepest_first):
        if tree.labels[node] == "conj":
            first[node] = first.get(tree.heads[node], tree.heads[node])
    edges = {node: (top, "conj") for node, top in first.items()}
    for node, label in enumerate(tree.labels):
        if label == "cc" and not any(tree.is_below(i, node) for i in first):
            top = first.get(tree.heads[node], tree.heads[node])
            same = (i for i, other in first.items() if other == top and i > node > top)
            touching = (i for i in first if tree.leftmost(i) == node + 1)
            if (after := min(same, default=next(touching, None))) is not None:
                edges[node] = (after, "cc")
    return tree.rewired(edges)
