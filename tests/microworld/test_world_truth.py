"""Attention against exact masks: planted maps have known scores; teacher forcing is what it says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional

from training.latents import Projection
from visuosyn.data import AttentionSlice, HeatMaps
from visuosyn.microworld import MODEL_DIR
from visuosyn.microworld.scoring import teacher, truth
from visuosyn.microworld.world import words
from visuosyn.microworld.world.layouts import said_pairs
from visuosyn.microworld.world.scenes import Scene, sample
from visuosyn.tracing import load_pipeline

LAYER = "down_blocks.1.attentions.0.transformer_blocks.0.attn2"


@pytest.fixture(scope="module")
def pipeline():
    return load_pipeline("micro")


def found(wanted) -> Scene:
    return next(scene for scene in map(sample, range(2000)) if wanted(scene))


def planted(scene: Scene, maps: dict[int, np.ndarray]) -> HeatMaps:
    """Heat maps at the picture's own size; words without one have a map of zeros."""
    sentence = teacher.gold_sentence(scene, "7")
    sums = np.stack([maps.get(place, np.zeros((96, 96))) for place in range(len(sentence.words))]).astype(np.float32)
    part = AttentionSlice("down", (96, 96), sums, 1, phase=0, layer=LAYER)
    return HeatMaps(scene.caption, sentence.words, (part,), (96, 96), 1, caption_id="7")


def test_maps_that_are_the_masks_score_one() -> None:
    scene = found(lambda scene: scene.kind == "pair" and len(scene.masks) > 6 and "the" in scene.caption)
    table = truth.score([(scene, planted(scene, scene.masks))])
    assert set(table["sort"]) == {"object", "adjective", "ground"}
    assert (table.iou == 1).all() and (table.peak == 1).all()
    assert set(table.layers) == {"all"}  # the only layer is all of them


def test_single_layers_stand_beside_all_of_several() -> None:
    scene = sample(3)
    maps = planted(scene, scene.masks)
    (part,) = maps.slices
    off = replace(part, sums=np.ones_like(part.sums) * 1e-6, layer="other")
    table = truth.score([(scene, maps.with_facts(slices=(part, off)))]).set_index("layers")
    assert set(table.index) == {"all", LAYER, "other"}
    assert (table.loc[[LAYER], "iou"] == 1).all() and (table.loc[["other"], "iou"] < 0.9).all()


def test_no_other_disc_fits_the_things_of_training_scenes_better() -> None:
    masks = [unit.mask for seed in range(400) for unit in truth.units(sample(seed)) if unit.sort == "object"]
    things, y, x = np.stack(masks), *np.ogrid[:96, :96]

    def fit(row: int, column: int, radius: int) -> float:
        disc = (y - row) ** 2 + (x - column) ** 2 < radius**2
        shared = (things & disc).sum((1, 2))
        return float((shared / (things.sum((1, 2)) + disc.sum() - shared)).mean())

    row, column, radius = truth.DISC
    steps = [(4, 0, 0), (-4, 0, 0), (0, 4, 0), (0, -4, 0), (0, 0, 3), (0, 0, -3), (-12, 0, 3)]
    assert fit(row, column, radius) >= max(fit(row + a, column + b, radius + c) for a, b, c in steps)


def test_held_out_scenes_are_no_training_scenes(pipeline) -> None:
    ((scene, maps),) = teacher.teacher_forced(pipeline, [teacher.FIRST_SEED], split="held-out", times=(500,))
    assert scene.caption == sample(teacher.FIRST_SEED, split="held-out").caption == maps.prompt
    assert not words.held_out().isdisjoint(said_pairs(scene.mentions))


def test_maps_that_are_the_rest_of_the_picture_score_zero() -> None:
    scene = sample(3)
    table = truth.score([(scene, planted(scene, {place: ~mask for place, mask in scene.masks.items()}))])
    assert (table.iou == 0).all() and (table.peak == 0).all()


def test_the_guesses_are_the_scores_of_their_maps() -> None:
    scene = sample(3)
    for column, guess in (("whole", np.ones((96, 96))), ("disc", truth.disc())):
        table = truth.score([(scene, planted(scene, dict.fromkeys(scene.masks, guess)))])
        assert table.iou.to_numpy() == pytest.approx(table[column].to_numpy())


def test_a_compound_has_the_mean_over_its_words() -> None:
    scene = found(lambda scene: scene.kind == "one" and scene.objects[0].noun == "fire truck")
    first, second = scene.objects[0].words
    table = truth.score([(scene, planted(scene, {first: scene.masks[first], second: ~scene.masks[second]}))])
    (row,) = table[(table["sort"] == "object") & (table.layers == "all")].itertuples()
    assert (row.iou, row.peak) == (0.5, 0.5)


def test_two_dogs_are_one_unit_and_relation_words_are_none() -> None:
    scene = found(lambda scene: scene.kind == "pair of" and "picture" not in scene.caption)
    objects = [unit for unit in truth.units(scene) if unit.sort == "object"]
    assert len(objects) == 1 and np.array_equal(objects[0].mask, scene.foreground)
    beside = found(lambda scene: "to the left of" in scene.caption)
    assert {unit.group for unit in truth.units(beside) if unit.sort == "object"} == {o.noun for o in beside.objects}


def test_what_hardly_shows_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(truth, "LEAST", 96 * 96)
    assert truth.units(sample(3)) == []


def test_the_teacher_encodes_with_the_linear_code(pipeline) -> None:
    images = np.stack([sample(seed).image for seed in range(3)])
    exact = Projection.load(MODEL_DIR / "latents.safetensors").encode(images)
    with torch.inference_mode():
        pixels = torch.from_numpy(images).permute(0, 3, 1, 2) / 127.5 - 1
        encoded = pipeline.vae.encode(pixels).latents * pipeline.vae.config.scaling_factor
    assert np.abs(encoded.numpy() - exact).max() < 0.02  # the encoder's weights are stored in half precision


def test_maps_agree_with_attention_computed_by_hand(pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    """The probabilities from queries and keys caught at their projections, summed over heads, layers and times."""
    seed = teacher.FIRST_SEED
    (scene, maps), *_ = teacher.teacher_forced(pipeline, [seed], times=(300, 700))
    caught: dict[str, list[torch.Tensor]] = {}
    hooks = []
    for name, module in pipeline.unet.named_modules():
        if name.endswith(("attn2.to_q", "attn2.to_k")):
            hook = lambda module, given, made, name=name: caught.setdefault(name, []).append(made)  # noqa: E731
            hooks.append(module.register_forward_hook(hook))
    list(teacher.teacher_forced(pipeline, [seed], times=(300, 700)))
    for hook in hooks:
        hook.remove()
    total, count = torch.zeros(32, 24, 24), 0
    for name in [name for name in caught if name.endswith("to_q")]:
        for query, key in zip(caught[name], caught[name.replace("to_q", "to_k")], strict=True):
            q, k = (tensor.unflatten(-1, (4, -1)).transpose(1, 2)[0] for tensor in (query, key))
            heat = (q @ k.mT / q.shape[-1] ** 0.5).softmax(-1).sum(0).mT.reshape(1, -1, 12, 12)
            total += functional.interpolate(heat, (24, 24), mode="bicubic")[0]
            count += 4
    tokens = pipeline.tokenizer.convert_ids_to_tokens(pipeline.tokenizer(scene.caption).input_ids)
    whole = [place for place, token in enumerate(tokens) if token.removesuffix("</w>") in scene.caption.split()]
    for place in whole:
        word = tokens[place].removesuffix("</w>")
        if scene.caption.split().count(word) == 1:
            expected = (total[place] / count).clamp(min=0).numpy()
            assert maps[word].array == pytest.approx(expected, abs=1e-5)
    assert len(whole) >= 2


def test_the_summary_has_intervals_around_its_values(pipeline) -> None:
    table = truth.score(
        teacher.teacher_forced(pipeline, range(teacher.FIRST_SEED, teacher.FIRST_SEED + 12), times=(500,))
    )
    figures = truth.summary(table, draws=200)
    assert list(figures.columns) == ["measure", "group", "value", "low", "high", "n"]
    wide = figures.dropna()
    assert (wide.low <= wide.value + 1e-12).all() and (wide.value <= wide.high + 1e-12).all()
    everything = figures[figures.measure.str.contains("object: IoU at 0.4") & (figures.group == "all layers")]
    chosen = table[(table["sort"] == "object") & (table.layers == "all")]
    assert everything.value.item() == pytest.approx(chosen.iou.mean()) and everything.n.item() == len(chosen)
