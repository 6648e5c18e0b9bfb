"""Planted entanglement: two words' keys are blended by a known weight, and every measure must rise with it."""

import itertools

import numpy as np
import pandas as pd
import pytest

from tests.studies.pixel_judge import PixelJudge
from visuosyn.studies.cohyponyms.design import NounPair, each_prompt
from visuosyn.studies.cohyponyms.measure import measure_image
from visuosyn.studies.cohyponyms.statistics.kinds import difference_of_kinds
from visuosyn.testing import blended, tiny_pipeline
from visuosyn.tracing import draw, generator, load_pipeline

RULES = ("area:0.1", "area:0.2", "soft")  # a random model's maps are nearly flat: no share of their maximum cuts them
WEIGHTS = (0.0, 0.25, 0.5, 0.75, 1.0)
PLACES = (2, 5)  # of the nouns in "<start> a X and a Y", each one token


def prompts_of(pairs):
    return [prompt for prompt in each_prompt(pairs) if prompt.template == "and"]


def measured(pipeline, prompts, weight, *, steps, judge=None, rules=RULES, seed=0):
    """Rows of images and of overlaps, with the keys of the two nouns blended by a weight."""
    rows, overlaps = [], []
    with blended(pipeline, PLACES, weight):
        for start in range(0, len(prompts), 8):
            some = prompts[start : start + 8]
            noise = [generator(prompt.caption.noise_id, seed) for prompt in some]
            sentences = [prompt.sentence for prompt in some]
            for prompt, maps in zip(some, draw(pipeline, sentences, noise, steps=steps), strict=True):
                maps = maps.with_facts(seed=seed, extra={"positions": tuple(range(len(maps.words)))})
                row, found = measure_image(maps, prompt, judge or PixelJudge(1.0), rules)
                rows.append(row)
                overlaps += found
    return pd.DataFrame(rows), pd.DataFrame(overlaps)


def table_of(overlaps, rows):
    wide = overlaps.pivot(index="caption_id", columns="mask", values="iou").reset_index()
    return rows.merge(wide, on="caption_id")


def random_kinds(nouns, number, seed):
    pairs = [*itertools.combinations(sorted(nouns), 2)]
    order = np.random.default_rng(seed).permutation(len(pairs))[: 2 * number]
    return [NounPair(*pairs[at], place < number) for place, at in enumerate(order)]


def test_overlap_rises_with_the_weight_under_every_rule():
    pipeline = tiny_pipeline("sd1")
    prompts = prompts_of(random_kinds(["cat", "dog", "hat", "ball"], 3, 0))
    means = [measured(pipeline, prompts, w, steps=2)[1].groupby("mask")["iou"].mean() for w in WEIGHTS]
    table = pd.DataFrame(means)
    assert (table.diff().iloc[1:] > 0).all(axis=None), table
    assert table.iloc[-1].min() == pytest.approx(1, abs=1e-5)  # one map for both


def test_without_blending_nothing_changes():
    pipeline = tiny_pipeline("sd1")
    prompts = prompts_of(random_kinds(["cat", "dog"], 1, 0)[:1])
    plain, _ = measured(pipeline, prompts, 0.0, steps=1)
    again, _ = measured(pipeline, prompts, 0.0, steps=1)
    pd.testing.assert_frame_equal(plain, again)
    (maps,) = draw(pipeline, [prompts[0].sentence], [generator(prompts[0].caption.noise_id, 0)], steps=1)
    with blended(pipeline, PLACES, 0.0):
        (same,) = draw(pipeline, [prompts[0].sentence], [generator(prompts[0].caption.noise_id, 0)], steps=1)
    assert np.array_equal(maps.array, same.array)


def test_the_null_is_not_rejected_at_weight_0_and_is_at_a_large_one():
    pipeline = tiny_pipeline("sd1")
    pairs = random_kinds(["cat", "dog", "hat", "ball", "board"], 5, 1)
    kinds = [[p for p in prompts_of(pairs) if p.pair.cohyponyms is kind] for kind in (True, False)]
    others = measured(pipeline, kinds[1], 0.0, steps=1)
    found = {}
    for weight in (0.0, 0.8):
        rows, overlaps = measured(pipeline, kinds[0], weight, steps=1)
        table = table_of(pd.concat([overlaps, others[1]]), pd.concat([rows, others[0]]))
        found[weight] = difference_of_kinds(table, RULES, draws=2000).set_index("outcome")
    assert (found[0.0]["p"] > 0.05).all()
    assert (found[0.8]["p"] < 0.05).all() and (found[0.8]["difference_low"] > 0).all()


@pytest.mark.slow
def test_planted_entanglement_in_the_bundled_model():
    from visuosyn.judge import load_judge
    from visuosyn.microworld.world import words

    pipeline, judge = load_pipeline("micro"), load_judge("micro")
    single = [noun for noun in words.NOUNS if " " not in noun]
    prompts = prompts_of(random_kinds(single, 4, 2))
    tables = [measured(pipeline, prompts, w, steps=10, judge=judge, rules=("relative:0.3", *RULES)) for w in WEIGHTS]
    overlap = pd.DataFrame([overlaps.groupby("mask")["iou"].mean() for _, overlaps in tables])
    assert (overlap.diff().iloc[1:] > -1e-3).all(axis=None) and (overlap.iloc[-1] > overlap.iloc[0] + 0.2).all(), (
        overlap
    )
    drawn = [(rows["outcome"] == "both").mean() for rows, _ in tables]
    assert drawn[0] > drawn[-1] + 0.3, drawn  # what shares one map is not drawn as two things
