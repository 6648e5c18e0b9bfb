"""The design of the cohyponym study: a balanced choice of pairs, their company, and what is no pair."""

import itertools
import random
from collections import Counter

import pytest

from visuosyn.errors import UserError
from visuosyn.lexicon import load_lexicon
from visuosyn.microworld.world import words
from visuosyn.studies.cohyponyms.design import (
    _related,
    choose_pairs,
    companions,
    each_prompt,
    given_nouns,
    read_pairs,
    sizes,
)
from visuosyn.studies.cohyponyms.study import DEPTH, PER_CLASS, SIMILARITY, STEPS

WIDE = {"depth": DEPTH, "steps": STEPS, "similarity": SIMILARITY}


@pytest.fixture(scope="module")
def lexicon():
    return load_lexicon(**WIDE)


@pytest.fixture(scope="module")
def chosen(lexicon):
    return choose_pairs(words.NOUNS, lexicon, per_class=PER_CLASS)


def of_kind(pairs, cohyponyms):
    return [pair for pair in pairs if pair.cohyponyms is cohyponyms]


def unlike(yes, no):
    """By how many uses of nouns the classes differ."""
    uses = [Counter(noun for pair in pairs for noun in pair.nouns) for pairs in (yes, no)]
    return sum(abs(uses[0][noun] - uses[1][noun]) for noun in words.NOUNS)


def test_both_classes_are_alike_in_nouns_sizes_and_teaching(chosen, lexicon):
    yes, no = of_kind(chosen, True), of_kind(chosen, False)
    assert len(yes) == len(no) == PER_CLASS and len({pair.nouns for pair in chosen}) == 2 * PER_CLASS
    assert max(pair.similarity for pair in no) <= 0.5
    every = [_related(a, b, lexicon, "") for a, b in itertools.combinations(sorted(words.NOUNS), 2)]
    pools = [pair for pair in every if pair.cohyponyms], [pair for pair in every if pair.similarity <= 0.5]
    chance = random.Random(0)
    by_chance = [unlike(*(chance.sample(pool, PER_CLASS) for pool in pools)) for _ in range(20)]
    assert unlike(yes, no) < min(by_chance)  # animals are among so many cohyponyms that 0 is out of reach
    known = sizes(words.NOUNS)
    means = [sum(known[noun] for pair in pairs for noun in pair.nouns) / (2 * PER_CLASS) for pairs in (yes, no)]
    assert means[0] == pytest.approx(means[1], rel=0.1)
    assert abs(sum(bool(pair.taught) for pair in yes) - sum(bool(pair.taught) for pair in no)) <= 2


def test_every_place_is_balanced_in_the_prompts(chosen, lexicon):
    prompts = [p for p in each_prompt(chosen, companions(chosen, lexicon)) if p.pair]
    counts = Counter((p.pair.name, p.template, p.nouns[0]) for p in prompts)
    assert set(counts.values()) == {1}
    orders = Counter((name, template) for name, template, _ in counts)
    assert set(orders.values()) == {2} and {template for _, template in orders} == {"and", "next to", "sizes", "crowd"}
    assert sum(template != "crowd" for _, template in orders) == 2 * PER_CLASS * 3
    big = Counter((p.pair.name, p.nouns[p.sizes.index("big")]) for p in prompts if p.template == "sizes")
    assert set(big.values()) == {1} and len(big) == 4 * PER_CLASS  # each noun of a pair is once the big one


def test_company_is_unrelated_to_both(chosen, lexicon):
    found = companions(chosen, lexicon)
    assert {pair.name for pair in chosen} - set(found) == {"basket + dog"}  # but one noun is far from both
    for pair in (pair for pair in chosen if pair.name in found):
        others = found[pair.name]
        assert len(set(others)) == 2 and not set(others) & set(pair.nouns)
        assert all(lexicon.relation(a, b).similarity <= 0.5 for a in others for b in pair.nouns)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("dog,dog", ":2: dog is paired with itself"),
        ("dog,dog,no", ":2: dog is paired with itself"),
        ("sofa,couch", ":2: couch, sofa: both mean the same, so they are neither"),
        ("dog,poodle", ":2: dog, poodle: one is a kind of the other, so they are neither"),
    ],
)
def test_what_is_of_neither_class(line, told, tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text(f"first,second,cohyponyms\n{line}\ncat,dog\ncat,car\n")
    with pytest.raises(UserError, match=told):
        read_pairs(path, load_lexicon())


def test_an_answer_decides(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text("first,second,cohyponyms\ndog,poodle,yes\ncat,car,\n")
    assert [pair.cohyponyms for pair in read_pairs(path, load_lexicon())] == [True, False]


def test_nouns_given_as_such_are_checked_too():
    assert given_nouns(["Cat", " traffic  light"]) == ("cat", "traffic light")
    with pytest.raises(UserError, match="noun 2: the noun 'cat' is given twice"):
        given_nouns(["cat", "Cat"])
    with pytest.raises(UserError, match="noun 1: a noun is missing"):
        given_nouns([" "])


def test_nouns_that_give_fewer_pairs_than_asked_are_told(lexicon):
    from visuosyn.judge import load_judge
    from visuosyn.studies.cohyponyms.study import _choice

    chosen, dropped = _choice(None, words.NOUNS, lexicon, load_judge(), None, 1000)
    assert len(chosen) < 2000 and [one.text for one in dropped] == ["1000 pairs a class"]
    assert f"no more than {len(chosen) // 2} pairs" in dropped[0].reason
