"""Trees against hand-made ones, and what every tree must obey, read back by the independent `conllu` package."""

import itertools

import conllu
import pytest

from visuosyn.lexicon import are_cohyponyms
from visuosyn.microworld.world import corpus, grammar, words
from visuosyn.microworld.world.grammar import Mention
from visuosyn.microworld.world.scenes import Scene, sample, vocabulary

SCENES = [sample(seed, split="any") for seed in range(1500)]
CAT, HAT = Mention("cat", (0,)), Mention("hat", (1,), colour="red")


def noun(mention):
    return grammar.noun_phrase(mention)


# Worked by hand after the English Web Treebank: form, enhanced edges.
KNOWN = {
    "a big red striped fire truck": (
        lambda: noun(Mention("fire truck", (0,), "big", "red", "striped")),
        "6:det 6:amod 6:amod 6:amod 6:compound 0:root",
    ),
    "an apple, two dogs and a cat": (
        lambda: grammar.listed([noun(Mention("apple", (0,))), noun(Mention("dog", (1, 2))), noun(CAT)]),
        "2:det 0:root 5:punct 5:nummod 2:conj:and 8:cc 8:det 2:conj:and",
    ),
    "a photo of a cat and a red hat.": (
        lambda: grammar.stopped(grammar.framed(grammar.listed([noun(CAT), noun(HAT)]), "photo")),
        "2:det 0:root 5:case 5:det 2:nmod:of 9:cc 9:det 9:amod 2:nmod:of|5:conj:and 2:punct",
    ),
    "there are two boxes on the floor": (
        lambda: grammar.framed(grammar.grounded(noun(Mention("box", (0, 1))), "on", "floor"), "there"),
        "2:expl 0:root 4:nummod 2:nsubj 7:case 7:det 4:nmod:on",
    ),
    "a basket of apples": (
        lambda: grammar.of_phrase(Mention("apple", (1, 2, 3), bare=True), Mention("basket", (0,))),
        "2:det 0:root 4:case 2:nmod:of",
    ),
    "a pair of dogs": (
        lambda: grammar.pair_phrase(Mention("dog", (0, 1), bare=True)),
        "2:det 0:root 4:case 2:nmod:of",
    ),
    "a cat next to a red hat": (
        lambda: grammar.related(noun(CAT), "next to", noun(HAT)),
        "2:det 0:root 2:advmod 7:case 7:det 7:amod 3:obl:to",
    ),
    "a cat in front of a red hat": (
        lambda: grammar.related(noun(CAT), "in front of", noun(HAT)),
        "2:det 0:root 4:case 2:nmod:in 8:case 8:det 8:amod 4:nmod:of",
    ),
    "a cat to the left of a red hat": (
        lambda: grammar.related(noun(CAT), "to the left of", noun(HAT)),
        "2:det 0:root 5:case 5:det 2:nmod:to 9:case 9:det 9:amod 5:nmod:of",
    ),
    "a cat under a red hat": (
        lambda: grammar.related(noun(CAT), "under", noun(HAT)),
        "2:det 0:root 6:case 6:det 6:amod 2:nmod:under",
    ),
    "a cat wearing a red hat in the snow": (
        lambda: grammar.grounded(grammar.action("participle", noun(CAT), "wear", noun(HAT)), "in", "snow"),
        "2:det 0:root 2:acl 6:det 6:amod 3:obj 9:case 9:det 3:obl:in",
    ),
    "a cat wears a red hat.": (
        lambda: grammar.stopped(grammar.action("present", noun(CAT), "wear", noun(HAT))),
        "2:det 3:nsubj 0:root 6:det 6:amod 3:obj 3:punct",
    ),
    "a cat is wearing a red hat": (
        lambda: grammar.action("progressive", noun(CAT), "wear", noun(HAT)),
        "2:det 4:nsubj 4:aux 0:root 7:det 7:amod 4:obj",
    ),
    "a cat that wears a red hat": (
        lambda: grammar.action("relative", noun(CAT), "wear", noun(HAT)),
        "2:det 0:root|4:nsubj 2:ref 2:acl:relcl 7:det 7:amod 4:obj",
    ),
    "a cat that is wearing a red hat": (
        lambda: grammar.action("relative progressive", noun(CAT), "wear", noun(HAT)),
        "2:det 0:root|5:nsubj 2:ref 5:aux 2:acl:relcl 8:det 8:amod 5:obj",
    ),
    "a cat and its red hat": (
        lambda: grammar.owned(noun(CAT), HAT),
        "2:det 0:root 6:cc 6:nmod:poss 6:amod 2:conj:and",
    ),
}


@pytest.mark.parametrize("text", KNOWN)
def test_tree_is_the_hand_made_one(text):
    phrase, deps = KNOWN[text]
    sentence = grammar.sentence(phrase())
    assert sentence.text == text
    assert [token.deps for token in sentence.tree] == deps.split()


def test_the_relative_pronoun_is_the_basic_subject():
    tree = grammar.sentence(KNOWN["a cat that wears a red hat"][0]()).tree
    assert [(token.head, token.deprel) for token in tree[1:4]] == [(0, "root"), (4, "nsubj"), (2, "acl:relcl")]


def test_coreferent_mentions_are_one_entity():
    tree = grammar.sentence(grammar.owned(noun(CAT), HAT)).tree
    marks = [part for token in tree for part in token.misc.split("|") if part.startswith("Entity")]
    assert marks == ["Entity=(e1-object-2", "Entity=e1)", "Entity=(e1-object-1)"]


def read_back(scene: Scene) -> conllu.TokenList:
    (sentence,) = conllu.parse(corpus.conllu(scene.sentence, {"sent_id": "x"}))
    return sentence


@pytest.mark.parametrize("part", range(5))
def test_trees_are_well_formed_and_survive_conllu(part):
    for scene in SCENES[part::5]:
        sentence = read_back(scene)
        assert sentence.metadata["text"] == scene.caption
        assert [token["id"] for token in sentence] == list(range(1, len(scene.tree) + 1))
        for given, token in zip(scene.tree, sentence, strict=True):
            assert (token["form"], token["lemma"], token["upos"], token["xpos"]) == (
                *(given.form, given.lemma, given.upos, given.xpos),
            )
            assert (token["head"], token["deprel"]) == (given.head, given.deprel)
            start, end = int(token["misc"]["start_char"]), int(token["misc"]["end_char"])
            assert scene.caption[start:end] == token["form"]
        spaced = "".join(t["form"] + " " * ((t["misc"] or {}).get("SpaceAfter") != "No") for t in sentence)
        assert spaced.rstrip() == scene.caption
        assert_one_root_no_cycle([token["head"] for token in sentence])
        assert_graph_reaches_all([token["deps"] for token in sentence])
        assert_function_words_are_leaves(sentence)


def assert_one_root_no_cycle(heads):
    assert heads.count(0) == 1
    for start in range(1, len(heads) + 1):
        seen, node = set(), start
        while node:
            assert node not in seen, "cycle"
            seen.add(node)
            node = heads[node - 1]


def assert_graph_reaches_all(deps):
    reached = {0}
    for _ in deps:
        reached |= {place for place, edges in enumerate(deps, 1) for _, head in edges if head in reached}
    assert reached == set(range(len(deps) + 1))
    assert all(edges == sorted(edges, key=lambda edge: (edge[1], edge[0])) for edges in deps)


def assert_function_words_are_leaves(sentence):
    leaves = ("case", "det", "cc", "punct", "aux", "amod", "compound", "nummod", "expl", "nmod:poss")
    heads = {token["head"] for token in sentence}
    assert not [token for token in sentence if token["deprel"] in leaves and token["id"] in heads]


def test_a_caption_has_one_tree_and_one_meaning():
    trees = {}
    for scene in SCENES:
        assert trees.setdefault(scene.caption, scene.sentence) == scene.sentence


def test_all_relations_occur():
    labels = {edge.split(":", 1)[1] for scene in SCENES for t in scene.tree for edge in t.deps.split("|")}
    paper = {"det", "case", "punct", "amod", "compound", "conj:and", "nmod:of", "nsubj", "obj", "acl"}
    beside = {"nummod", "acl:relcl", "ref", "nmod:on", "nmod:under", "nmod:in", "obl:on", "obl:to", "nmod:poss"}
    assert paper | beside <= labels
    assert any("Entity=" in token.misc for scene in SCENES for token in scene.tree)


def test_vocabulary_is_closed_and_tight():
    used = {token.form for scene in SCENES for token in scene.tree}
    known = vocabulary()
    assert used <= set(known)
    assert known == tuple(sorted(set(known)))
    everything = used | {t.form for seed in range(1500, 6000) for t in sample(seed, split="any").tree}
    assert set(known) == everything


def test_captions_are_short():
    assert max(len(scene.tree) for scene in SCENES) <= 19


def test_plurals():
    assert [words.plural(word) for word in ("bus", "box", "fire truck")] == ["buses", "boxes", "fire trucks"]


def test_nouns_stand_in_five_or_more_groups_of_cohyponyms():
    """By the lexicon's own limits: pairs that share a noun are one group."""
    groups: list[set[str]] = []
    for pair in itertools.combinations(words.NOUNS, 2):
        if are_cohyponyms(*pair):
            joined = [group for group in groups if not group.isdisjoint(pair)]
            groups = [group for group in groups if group.isdisjoint(pair)] + [set(pair).union(*joined)]
    assert len(words.NOUNS) >= 22 and sum(" " in noun for noun in words.NOUNS) >= 3
    assert len(groups) >= 5 and {"apple", "banana", "pear"} in groups
