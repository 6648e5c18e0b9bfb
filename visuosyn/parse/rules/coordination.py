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


def likes(tree: Tree) -> Tree:
    """Like is coordinated with like: a noun with a noun (and not with the verb that has one as its object), an
    adjective with an adjective that has no noun after it.

    >>> likes(Tree.sketch("food/NOUN/nmod/4 and/CCONJ/cc/1 kind/ADJ.JJ/conj/1 staff/NOUN/ROOT/0"))
    food/ROOT/0 and/cc/1 kind/amod/4 staff/conj/1
    >>> likes(Tree.sketch("is=be/AUX/cop/5 fresh/ADJ/amod/5 and/CCONJ/cc/2 very/ADV/advmod/5 tasty/ADJ/ROOT/0"))
    is/cop/2 fresh/ROOT/0 and/cc/2 very/advmod/5 tasty/conj/2
    >>> likes(Tree.sketch("sees/VERB/ROOT/0 cats/NOUN/dobj/1 and/CCONJ/cc/1 dogs/NOUN/conj/1"))
    sees/ROOT/0 cats/dobj/1 and/cc/2 dogs/conj/2
    """
    if "conj" not in tree.labels and "cc" not in tree.labels:
        return tree
    for first, label in enumerate(tree.labels):
        head = tree.heads[first]
        if head <= first or label not in ("nmod", "compound", "amod") or not tree.has(first, "cc"):
            continue
        other, tags = tree.child(first, "conj"), (tree.words[first].upos, tree.words[head].upos)
        place = (tree.heads[head], tree.labels[head])
        if label != "amod" and tags == ("NOUN", "NOUN") and other is not None and other < head:
            if tree.words[other].upos == "ADJ":
                tree = tree.rewired({other: (head, "amod"), first: place, head: (first, "conj")})
        elif label == "amod" and tags == ("ADJ", "ADJ") and other is None and tree.labels[head] != "amod":
            before = {i: (first, tree.labels[i]) for i in tree.children[head] if i < first}
            tree = tree.rewired(before | {first: place, head: (first, "conj")})
    return _nouns_to_objects(tree)


def _nouns_to_objects(tree: Tree) -> Tree:
    """A bare noun as conjunct of a verb goes to the object before it, with the conjunction."""
    for node, label in enumerate(tree.labels):
        verb = tree.heads[node]
        bare = label == "conj" and tree.words[node].upos == "NOUN" and tree.words[verb].upos == "VERB"
        if bare and not tree.has(node, "nsubj", "nsubjpass", "cop", "aux"):
            objects = [i for i in tree.children[verb] if i < node and tree.labels[i] == "dobj" and i > verb]
            between = [i for i in tree.children[verb] if objects and objects[-1] < i < node]
            if objects and all(tree.labels[i] in ("cc", "punct", "det") for i in between):
                joined = {i: (objects[-1], "cc") for i in between if tree.labels[i] == "cc"}
                tree = tree.rewired({node: (objects[-1], "conj")} | joined)
    return tree


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
    """All conjuncts attach to the first, each conjunction to the conjunct that follows it.

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
