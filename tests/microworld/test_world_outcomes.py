"""Scores of pictures: planted pictures have known answers, true scenes score one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from tests.microworld import oracle
from visuosyn.microworld.judge.segmenter import Found, Segmentation
from visuosyn.microworld.scoring import outcomes
from visuosyn.microworld.scoring.prompts import ScoringPrompt
from visuosyn.microworld.world import words
from visuosyn.microworld.world.grammar import Mention
from visuosyn.microworld.world.scenes import Scene, sample


def box(top: int, left: int, height: int = 20, width: int = 20) -> np.ndarray:
    mask = np.zeros((96, 96), bool)
    mask[top : top + height, left : left + width] = True
    return mask


def look(prompts: Sequence[ScoringPrompt], seen: Sequence[Segmentation], names: Sequence[str | None] | None = None):
    images = np.zeros((len(prompts), 96, 96, 3), np.uint8)
    names = names or [None] * len(prompts)
    return outcomes.outcomes(prompts, images, oracle.Segmenter(seen), oracle.Silhouettes(names))  # type: ignore[arg-type]


def pair(
    relation: str = "and", sort: str = "pair", colours: tuple[str | None, str | None] = (None, None)
) -> ScoringPrompt:
    mentions = (Mention("ball", (0,), colour=colours[0]), Mention("box", (1,), colour=colours[1]))
    return ScoringPrompt("pair", "text", sort, mentions, relation)


def seen(*things: tuple[str | None, str | None, np.ndarray]) -> Segmentation:
    return oracle.segmentation(things)


def kinds(kind: str, count: int) -> list[Scene]:
    found = (scene for scene in (sample(seed, split="any") for seed in range(50_000)) if scene.kind == kind)
    return [next(found) for _ in range(count)]


def test_true_scenes_score_one_in_everything() -> None:
    scenes = [*kinds("one", 12), *kinds("pair", 12), *kinds("count", 8), *kinds("on", 12), *kinds("under", 12)]
    sides = [scene for scene in kinds("pair", 60) if "to the" in scene.caption]
    sorts = {"one": "one", "pair": "pair", "count": "count", "on": "relation", "under": "relation"}
    prompts = [oracle.of_prompt(scene, sorts[scene.kind]) for scene in scenes]
    prompts += [oracle.of_prompt(scene, "relation") for scene in sides]
    scenes += sides
    table = look(prompts, [oracle.of_scene(s) for s in scenes], [scene.objects[0].noun for scene in scenes])
    for column in ("named", "there", "exact", "coloured", "placed"):
        asked = table[table[column].notna()]
        assert len(asked) and asked[column].astype(bool).all(), asked[~asked[column].astype(bool)].text.tolist()
    figures = outcomes.figures(table)
    assert (figures.value == 1).all()
    assert {"to the left of", "to the right of", "on", "under"} <= set(figures.group)


def test_a_picture_without_anything_scores_zero() -> None:
    one = ScoringPrompt("one", "a red ball", "one", (Mention("ball", (0,), colour="red"),))
    table = look([one, pair(), pair("on", "relation")], [seen()] * 3)
    assert not table[["there", "exact"]].to_numpy().any() and table.found.sum() == 0
    assert [table.named[0], table.coloured[0], table.placed[2]] == [False, False, False]
    assert table.placed[1] is None and table.named[1] is None and table.coloured[1] is None


def test_swapped_colours_score_zero() -> None:
    things = [("ball", box(40, 10)), ("box", box(40, 60))]
    right = seen(*((noun, colour, mask) for (noun, mask), colour in zip(things, ("red", "blue"), strict=True)))
    swapped = seen(*((noun, colour, mask) for (noun, mask), colour in zip(things, ("blue", "red"), strict=True)))
    table = look([pair(colours=("red", "blue"))] * 2, [right, swapped])
    assert table.coloured.tolist() == [True, False] and table.there.tolist() == [True, True]


def test_as_many_of_another_noun_are_not_those_asked_for() -> None:
    prompt = ScoringPrompt("count", "three balls", "count", (Mention("ball", (0, 1, 2), numeral=True),))
    places = [box(40, left) for left in (5, 35, 65)]
    views = [
        seen(*((noun, None, place) for noun, place in zip(nouns, places, strict=True)))
        for nouns in (("ball", "ball", "ball"), ("ball", "box", "box"), ("ball", None, "ball"))
    ]
    table = look([prompt] * 3, views)
    assert table.there.all() and table.exact.all() and table.only.tolist() == [True, False, False]


def test_colours_of_two_count_only_for_what_was_found() -> None:
    table = look(
        [pair(colours=("red", "blue"))] * 2, [seen(("ball", "red", box(40, 10))), seen(("cat", None, box(40, 10)))]
    )
    assert table.coloured.tolist() == [True, None]


def test_a_thing_alone_is_named_by_its_outline_and_coloured_by_its_largest_part() -> None:
    prompt = ScoringPrompt("one", "a red ball", "one", (Mention("ball", (0,), colour="red"),))
    views = [seen(("box", "red", box(40, 10, 30, 30)), ("ball", "blue", box(40, 60, 8, 8)))] * 2
    table = look([prompt] * 2, views, ["ball", "box"])
    assert table.named.tolist() == [True, False] and table.coloured.tolist() == [True, True]
    assert table.exact.tolist() == [False, False]  # two things, one was asked for


@pytest.mark.parametrize(
    ("relation", "first", "second", "right"),
    [
        ("to the left of", box(40, 10), box(40, 60), True),
        ("to the left of", box(40, 60), box(40, 10), False),
        ("to the left of", box(40, 10), box(60, 13), False),  # hardly
        ("to the right of", box(40, 60), box(10, 10), True),
        ("on", box(20, 40), box(41, 40, 40), True),
        ("on", box(20, 10), box(41, 60), False),  # beside each other
        ("on", box(62, 40), box(20, 40, 40), False),  # below
        ("on", box(40, 40), box(40, 60), False),  # no higher than the other
        ("on", box(20, 22), box(41, 41, 40), False),  # beside it, but for one column
        ("on", box(5, 40), box(41, 40, 40), False),  # far above it
        ("under", box(70, 22), box(40, 41, 50, 40), False),  # beside it, but for one column
        ("under", box(70, 40), box(20, 40), True),
        ("under", box(20, 40), box(70, 40), False),
        ("under", box(70, 5), box(20, 60), False),
    ],
)
def test_places(relation: str, first: np.ndarray, second: np.ndarray, right: bool) -> None:
    one, other = Found("ball", None, first, 1.0), Found("box", None, second, 1.0)
    assert outcomes.stands(one, relation, other) is right
    placed = look([pair(relation, "relation")], [seen(("ball", None, first & ~second), ("box", None, second))]).placed
    assert placed.tolist() == [right]


def test_left_and_right_are_each_others_mirror() -> None:
    random = np.random.default_rng(0)
    for _ in range(50):
        top, left, other_top, other_left = random.integers(0, 76, 4)
        one, other = (Found(None, None, box(*at), 1.0) for at in ((top, left), (other_top, other_left)))
        left_of = outcomes.stands(one, "to the left of", other)
        assert left_of == outcomes.stands(other, "to the right of", one)
        assert not (left_of and outcomes.stands(one, "to the right of", other))


def test_the_difference_of_held_out_pairs() -> None:
    nouns = words.NOUNS[:20]
    prompts = [
        replace(pair(), mentions=(Mention(noun, (0,)), Mention("box", (1,))), held_out=place < 10)
        for place, noun in enumerate(noun for noun in nouns if noun != "box")
    ]
    prompts.append(replace(pair(), mentions=(Mention("zebra", (0,)), Mention("box", (1,)))))
    rights = [True] * 3 + [False] * 7 + [True] * 8 + [False] * 2
    views = [
        seen((prompt.mentions[0].noun, None, box(40, 10)), ("box", None, box(40, 60))) if right else seen()
        for prompt, right in zip(prompts, rights, strict=True)
    ]
    figures = outcomes.figures(look(prompts, views))
    row = figures.set_index("measure").loc["both there, held out minus trained"]
    assert row.value == pytest.approx(-0.5) and row.low < -0.5 < row.high < 0 and row.n == 20
    groups = figures[figures.measure == "both there"].set_index("group").value
    assert groups["held out"] == 0.3 and groups["trained"] == 0.8 and groups["two things"] == pytest.approx(0.55)
    again = outcomes.figures(look(prompts * 3, views * 3)).set_index("measure")
    repeated = again.loc["both there, held out minus trained"]
    assert (repeated.low, repeated.high, repeated.n) == (row.low, row.high, 20)  # repeats add no certainty


def test_sizes_and_patterns_have_their_own_figures() -> None:
    mentions = [Mention("ball", (0,), size="big"), Mention("box", (0,), pattern="striped")]
    prompts = [ScoringPrompt("one", "text", "one, held out", (mention,), held_out=True) for mention in mentions]
    prompts += [ScoringPrompt("one", "text", "one, described", (Mention("hat", (0,), size="big"),))] * 2
    prompts.append(ScoringPrompt("one", "text", "one", (Mention("ball", (0,), colour="red"),)))
    ball, hat = ("ball", None, box(40, 10)), ("hat", None, box(40, 10))
    views = [seen(ball), seen(), seen(hat), seen(hat, ("hat", None, box(40, 60))), seen(ball)]
    table = look(prompts, views, ["ball", None, "hat", "hat", "ball"])
    assert table.described.fillna("none").tolist() == ["big", "striped", "big", "big", "none"]
    figures = outcomes.figures(table).set_index(["measure", "group"])
    named, exact, minus = "named by silhouette", "as many as asked", ", held out minus trained"
    expected = {
        (named, "held-out size or pattern"): (0.5, 2),
        (exact, "held-out size or pattern"): (0.5, 2),
        (named, "trained size or pattern"): (1, 2),
        (exact, "trained size or pattern"): (0.5, 2),
        (exact, "big"): (2 / 3, 3),
        (exact, "striped"): (0, 1),
        (named + minus, "one thing with a size or pattern"): (-0.5, 3),  # of three combinations
        (exact + minus, "one thing with a size or pattern"): (0, 3),
    }
    for place, (value, count) in expected.items():
        assert figures.loc[place, "value"] == pytest.approx(value) and figures.loc[place, "n"] == count
    assert outcomes.worst(outcomes.figures(table))["sizes and patterns"] == ["striped", "big"]


def test_the_worst_come_first() -> None:
    prompts = [ScoringPrompt(noun, f"a {noun}", "one", (Mention(noun, (0,)),)) for noun in words.NOUNS]
    names = [None if noun in ("cat", "hat") else noun for noun in words.NOUNS]
    found = outcomes.worst(outcomes.figures(look(prompts, [seen()] * len(prompts), names)))
    assert found["nouns"] == ["cat", "hat"] and found["relations"] == []
