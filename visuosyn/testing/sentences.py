"""Sentences with trees made by hand."""

from __future__ import annotations

from visuosyn.data import Sentence, Word


def sentence(tree: str, *, id: str = "1", scheme: str = "ud") -> Sentence:
    """A sentence with a tree made by hand, from ``form/UPOS/relation/head`` words; heads count from 1, 0 is the root.

    ``form=lemma`` where the lemma is not the form in lower case, ``UPOS.XPOS`` where the fine tag matters.

    >>> ball = sentence("a/DET/det/3 red/ADJ/amod/3 ball/NOUN/root/0")
    >>> ball.text, [(word.text, word.start, word.head, word.relation) for word in ball.words]
    ('a red ball', [('a', 0, 2, 'det'), ('red', 2, 2, 'amod'), ('ball', 6, -1, 'root')])
    """
    from visuosyn.parse.tree import Tree

    sketched, words, at = Tree.sketch(tree), [], 0
    for index, (token, head, label) in enumerate(zip(sketched.words, sketched.heads, sketched.labels, strict=True)):
        end = at + len(token.text)
        words.append(Word(token.text, at, end, index, token.lemma, token.upos, token.xpos, head=head, relation=label))
        at = end + 1
    return Sentence(id, " ".join(word.text for word in words), tuple(words), scheme=scheme)
