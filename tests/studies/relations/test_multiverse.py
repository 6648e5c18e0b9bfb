"""The multiverse: each universe equals its own plain analysis; universes that were not kept do not appear."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from visuosyn.data import AttentionSlice, HeatMaps, Sentence, Word, WordPair
from visuosyn.errors import UserError
from visuosyn.measure.multiverse import NORMALISATIONS, multiverse_sums
from visuosyn.measure.pair_table import pair_table
from visuosyn.studies.relations.statistics.dominance import DIFFERENCE, difference_table
from visuosyn.studies.relations.statistics.means import relation_table
from visuosyn.studies.relations.statistics.multiverse import multiverse_table
from visuosyn.studies.relations.statistics.verdicts import OVERLAP, verdict_table

WORDS = (Word("red", 0, 3, index=0), Word("ball", 4, 8, index=1), Word("rolls", 9, 14, index=2))
PAIRS = (WordPair(1, 0, "amod"), WordPair(2, 1, "nsubj"), WordPair(2, 0, "unrelated", kind="unrelated", edge=""))
RULES = ["relative:0.4", "absolute:0.3", "area:0.3", "soft"]


def images(captions=6, seeds=2, phases=(0, 1, 2)):
    random = np.random.default_rng(0)
    for caption in range(captions):
        sentence = Sentence(f"c{caption}", "red ball rolls", WORDS)
        for seed in range(seeds):
            parts = tuple(
                AttentionSlice(stage, grid, random.random((3, *grid), dtype=np.float32) * count, count, phase=phase)
                for phase in phases
                for stage, grid, count in (("down", (4, 4), 3), ("up", (8, 8), 2), ("mid", (2, 2), 1))
            )
            yield (
                HeatMaps("red ball rolls", WORDS, parts, (8, 8), 3, caption_id=sentence.id, seed=seed),
                sentence,
                PAIRS,
            )


def test_the_plain_universe_is_the_plain_analysis():
    pairs = pd.concat([pair_table(maps, sentence, words, RULES) for maps, sentence, words in images()])
    plain = difference_table(pairs, draws=100).set_index(["relation", "mask"])
    table = multiverse_table(multiverse_sums(images(), rules=RULES), draws=100)
    chosen = (table["normalisation"] == "none") & (table["layers"] == "all") & (table["third"] == "all")
    own = table[chosen & (table["measure"] == DIFFERENCE)].set_index(["relation", "mask"]).loc[plain.index]
    for name in ("estimate", "low", "high", "n"):
        np.testing.assert_allclose(own[name], plain[name], atol=1e-9)
    means = relation_table(pairs, draws=10).set_index(["relation", "mask"])["mIoU"]
    more = table[chosen & (table["measure"] == OVERLAP)].set_index(["relation", "mask"])["estimate"]
    assert set(more.index.get_level_values("relation")) == {"amod", "nsubj", "all head-dependent"}
    for relation, mask in more.index:
        expected = means[relation, mask] - means["unrelated", mask]
        assert more[relation, mask] == pytest.approx(expected, abs=1e-9)


def test_layers_and_thirds_choose_parts():
    only = list(images(captions=1, seeds=1))
    table = multiverse_sums(only, rules=["soft"], normalisations=["none"]).set_index(["relation", "layers", "third"])
    maps, sentence, words = only[0]
    for layers, stage in (("coarse", "down"), ("fine", "up")):
        alone = pair_table(HeatMaps(
            maps.prompt, maps.words, tuple(p for p in maps.slices if p.stage == stage and p.phase == 1), maps.grid, 3
        ), sentence, words, ["soft"]).set_index("relation")  # fmt: skip
        assert table.loc[("amod", layers, "middle"), "iou"] == pytest.approx(alone.loc["amod", "iou"])


def test_universes_that_were_not_kept_do_not_appear():
    table = multiverse_sums(images(captions=1, phases=(None,)), rules=RULES)
    assert table["third"].unique().tolist() == ["all"]
    assert set(table["layers"]) == {"all", "coarse", "fine"}
    only = HeatMaps(
        "red ball rolls", WORDS, (AttentionSlice("total", (4, 4), np.ones((3, 4, 4)), 1),), (4, 4), 1, caption_id="c"
    )
    one_grid = multiverse_sums([(only, Sentence("c", "red ball rolls", WORDS), PAIRS)], rules=RULES)
    assert set(one_grid["layers"]) == {"all"}


def test_a_model_of_one_grid_is_divided_by_halves():
    parts = tuple(AttentionSlice(stage, (4, 4), np.ones((3, 4, 4)), 1) for stage in ("down", "mid", "up"))
    maps = HeatMaps("red ball rolls", WORDS, parts, (4, 4), 1, caption_id="c")
    table = multiverse_sums([(maps, Sentence("c", "red ball rolls", WORDS), PAIRS)], rules=RULES)
    assert set(table["layers"]) == {"all", "down", "up"}


@pytest.mark.parametrize("grids", [((4, 4),), ((4, 4), (8, 8))])
def test_layers_that_are_all_of_a_model_are_counted_once(grids):
    """A model whose only cross attention is on the way up has no choice between all and up."""
    parts = tuple(AttentionSlice("up", grid, np.ones((3, *grid)), 1) for grid in grids)
    maps = HeatMaps("red ball rolls", WORDS, parts, grids[-1], 1, caption_id="c")
    table = multiverse_sums([(maps, Sentence("c", "red ball rolls", WORDS), PAIRS)], rules=RULES)
    assert set(table["layers"]) == ({"all"} if len(grids) == 1 else {"all", "coarse", "fine"})


def test_thresholds_of_probabilities_go_with_probabilities():
    table = multiverse_sums(images(captions=1), rules=RULES)
    assert table.loc[table["mask"] == "absolute:0.3", "normalisation"].unique().tolist() == ["none"]
    assert set(table["normalisation"]) == set(NORMALISATIONS)


def test_normalisations_by_hand():
    maps = np.array([[[1, 3]], [[1, 1]], [[0, 0]]], dtype=np.float32)
    np.testing.assert_allclose(NORMALISATIONS["minmax"](maps), [[[0, 1]], [[0, 0]], [[0, 0]]])
    np.testing.assert_allclose(NORMALISATIONS["words"](maps), [[[0.5, 0.75]], [[0.5, 0.25]], [[0, 0]]])


def test_verdicts_count_universes():
    table = multiverse_table(multiverse_sums(images(), rules=RULES), draws=50)
    verdicts = verdict_table(table)
    verdicts = verdicts[verdicts["measure"] == DIFFERENCE].set_index("relation")
    rules = {"none": 3, "minmax": 2, "words": 2}  # without area; absolute with plain probabilities alone
    assert (verdicts["of"] == 3 * 4 * sum(rules.values())).all()  # layers, thirds
    assert {"amod", "nsubj", "unrelated", "all head-dependent"} == set(verdicts.index)


def test_other_kinds_of_pairs_are_not_counted_as_unrelated():
    """As in the relation table: words two edges apart or exchanged are no unrelated pairs."""
    sums = multiverse_sums(images(), rules=RULES)
    others = sums[sums["kind"] == "unrelated"].assign(kind="path-2", relation="sibling", iou=99.0)
    both = pd.concat([sums, others], ignore_index=True)
    pd.testing.assert_frame_equal(multiverse_table(both, draws=20), multiverse_table(sums, draws=20))


def test_unknown_choices_are_refused():
    with pytest.raises(UserError, match="normalisation 'softmax' is not known: use none, minmax, words"):
        multiverse_sums([], normalisations=["softmax"])
