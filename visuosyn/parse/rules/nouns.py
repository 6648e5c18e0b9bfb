"""Money, quantities, determiners, names."""

from __future__ import annotations

from visuosyn.parse.english import word_list
from visuosyn.parse.tree import Tree

MONTHS = word_list("months")
TITLES = word_list("titles")
GIVEN_NAMES = word_list("given_names")
ADJECTIVES = word_list("adjectives_in_names")
ARTICLES = ("a", "an", "the")
DETERMINING = {"det", "amod", "quantmod", "compound", "nmod"}
QUANTIFIERS = ("few", "many", "several")


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


def determiners(tree: Tree) -> Tree:
    """Articles and *few*, *many*, *several* belong to a noun, never to an adjective before it; a first determiner
    before an article or possessive is a predeterminer.

    >>> determiners(Tree.sketch("a/DET.DT/det/3 few/ADJ/amod/3 old/ADJ/amod/4 dogs/NOUN/ROOT/0"))
    a/det/4 few/amod/4 old/amod/4 dogs/ROOT/0
    >>> determiners(Tree.sketch("What/PRON.WP/det/3 a/DET.DT/det/3 day/NOUN/ROOT/0"))
    What/predet/3 a/det/3 day/ROOT/0
    >>> determiners(Tree.sketch("a/DET.DT/quantmod/2 third/NOUN/pobj/3 of/ADP/ROOT/0"))
    a/det/2 third/pobj/3 of/ROOT/0
    """
    edges: dict[int, tuple[int, str]] = {}
    for i, word in enumerate(tree.words):
        head, label = tree.heads[i], tree.labels[i]
        if label not in DETERMINING or head <= i:
            continue
        article = word.text.lower() in ARTICLES
        if article and label in ("quantmod", "compound", "nmod", "amod"):
            label = "det"
        if label == "det" or (label == "amod" and word.lemma.lower() in QUANTIFIERS):
            while tree.labels[head] == "amod" and tree.words[head].upos in ("ADJ", "VERB") and tree.heads[head] > head:
                head = tree.heads[head]
        if label == "det" and not article and _second_determiner(tree, i):
            label = "predet"
        if (head, label) != (tree.heads[i], tree.labels[i]):
            edges[i] = (head, label)
    return tree.rewired(edges)


def _second_determiner(tree: Tree, first: int) -> bool:
    """Whether another determiner of the same noun follows: an article or a possessive pronoun."""
    siblings = (i for i in tree.children[tree.heads[first]] if i > first)
    return any(
        (tree.labels[i] == "det" and tree.words[i].text.lower() in ARTICLES)
        or (tree.labels[i] == "poss" and tree.words[i].upos == "PRON")
        for i in siblings
    )


def name_adjectives(tree: Tree) -> Tree:
    """An adjective in a name or a title modifies the noun as anywhere else (UD English, amod: *New Zealand*).

    >>> name_adjectives(Tree.sketch("Great/PROPN.NNP/compound/2 Service/PROPN.NNP/ROOT/0"))
    Great/amod/2 Service/ROOT/0
    """
    return tree.relabelled(
        {
            i: "amod"
            for i, label in enumerate(tree.labels)
            if label == "compound" and tree.heads[i] > i and (tree.words[i].text.lower(),) in ADJECTIVES
        }
    )
