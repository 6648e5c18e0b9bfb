from __future__ import annotations

import functools
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from diffusers import StableDiffusionPipeline

import visuosyn as vs
from visuosyn.data import Dropped
from visuosyn.errors import UserError
from visuosyn.parse import all_pairs
from visuosyn.run import RunFolder, read_shard, write_shard
from visuosyn.studies.relations.study import RELATIONS, trace_corpus
from visuosyn.studies.settings import settings_of
from visuosyn.testing import tiny_pipeline

CAPTIONS = "a cat in a red hat\n\na dog and a cat in a hat\nthe ball\n"
OPTIONS = {"steps": 2, "seeds": "0-1", "batch_size": 4, "masks": ("relative:0.4", "soft")}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    path = tmp_path_factory.mktemp("corpus") / "captions.txt"
    path.write_text(CAPTIONS)
    return path


@pytest.fixture(scope="module")
def pipeline():
    return tiny_pipeline("sd1")


@pytest.fixture(scope="module")
def done(corpus, pipeline, tmp_path_factory):
    return vs.study(corpus, out=tmp_path_factory.mktemp("runs") / "a", model=pipeline, **OPTIONS)


def measured(corpus, out, pipeline, **options):
    """A study without its report, which takes the longest to make."""
    folder = trace_corpus(corpus, out=out, settings=settings_of(model=pipeline, **options))
    RELATIONS.measure(folder)
    return vs.open_run(out)


def tables(folder):
    files = [folder / "dropped.csv", folder / "parses.conllu", *folder.glob("tables/*.csv")]
    files += sorted(folder.glob("measured/*/*"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_what_is_in_the_folder(done):
    assert {"run.json", "parses.conllu", "traces", "measured", "dropped.csv", "statistics", "tables", "index.html"} <= {
        path.name for path in done.path.iterdir()
    }
    assert {path.name for path in done.path.rglob(".*")} <= {".lock"}


def test_pairs_are_all_pairs_of_all_images(done):
    words = {sentence.id: len(sentence.words) for sentence in done.sentences}
    pairs = {caption: n * (n - 1) // 2 for caption, n in words.items()}
    plain = done.pairs[done.pairs["kind"].isin(["related", "unrelated"])]
    counted = plain.groupby(["caption_id", "seed", "mask"]).size()
    assert len(counted) == 3 * 2 * 2
    assert all(count == pairs[caption] for (caption, _, _), count in counted.items())


def test_maps_of_a_caption_know_image_tree_and_seed(done):
    maps = done.heat_maps("3", seed=1)
    assert [m.seed for m in maps] == [1]
    assert maps[0].prompt == "a dog and a cat in a hat"
    assert maps[0].image.size == (64, 64)
    assert [w.head for w in maps[0].words] == [w.head for w in done.sentences[1].words]
    assert maps[0].words[1].lemma == "dog"
    assert len(done.heat_maps("3")) == 2
    assert len(done.heat_maps()) == 6


def test_maps_are_those_that_the_tracer_gives(done, pipeline):
    from visuosyn.tracing import generator

    with vs.trace(pipeline) as tracer:
        pipeline(["the ball"], num_inference_steps=2, generator=[generator("4", 1)], height=64, width=64)
    (want,), (got,) = tracer.heat_maps(), done.heat_maps("4", seed=1)
    assert np.abs(want.array - got.array).max() <= 1e-3 * want.array.max()


def test_unknown_caption_and_seed_are_errors(done):
    with pytest.raises(UserError, match="no caption '9'"):
        done.heat_maps("9")
    with pytest.raises(UserError, match=r"seed 5 was not drawn .* there are 0, 1"):
        done.heat_maps(seed=5)


def test_the_empty_line_is_listed(done):
    assert done.dropped[["what", "caption_id"]].to_numpy().tolist() == [["caption", "2"]]
    assert done.facts.counts["captions_dropped"] == 1


def test_facts(done):
    facts = json.loads((done.path / "run.json").read_text())
    assert facts["seeds"] == [0, 1]
    assert (facts["width"], facts["height"], facts["steps"], facts["guidance"]) == (64, 64, 2, 7.5)
    assert done.folder.drawn["words"] == 16
    assert done.folder.drawn["seconds"] > 0


def test_open_run_gives_the_same(done):
    again = vs.open_run(done.path)
    pd.testing.assert_frame_equal(again.pairs, done.pairs)
    pd.testing.assert_frame_equal(again.relations, done.relations)
    assert repr(again) == repr(done)


def test_the_same_study_again_does_nothing(done, corpus, pipeline):
    before = {path: path.stat().st_mtime_ns for path in done.path.rglob("*") if path.is_file()}
    vs.study(corpus, out=done.path, model=pipeline, **OPTIONS)
    changed = {path.name for path, time in before.items() if path.stat().st_mtime_ns != time}
    assert changed <= {".lock"}


def test_missing_and_broken_pieces_are_made_again(corpus, pipeline, tmp_path):
    done = measured(corpus, tmp_path / "a", pipeline, **OPTIONS)
    before = tables(done.path)
    parts = [shard for part in done.folder.parts() for shard in part]
    shards = [path.read_bytes() for path in parts]
    assert len(shards) == 2
    broken = bytearray(shards[0])
    broken[1000] ^= 1
    done.folder.shard(0).write_bytes(broken)
    (done.path / "traces" / "00001.parquet.sha256").unlink()
    (done.path / "traces" / ".unfinished-1-00001.parquet").write_bytes(b"half")
    for name in ("dropped.csv", "measured/pairs/00000.parquet", "measured/dropped/00001.csv", "parses.conllu"):
        (done.path / name).unlink()
    measured(corpus, done.path, pipeline, **OPTIONS)
    assert tables(done.path) == before
    assert [path.read_bytes() for path in parts] == shards
    assert not list(done.path.rglob(".unfinished*"))


def test_a_changed_list_of_what_was_dropped_is_noticed(corpus, pipeline, tmp_path):
    options = {"steps": 1, "masks": "soft"}
    done = measured(corpus, tmp_path / "a", pipeline, **options)
    before = tables(done.path)
    (done.path / "dropped.csv").write_text(before["dropped.csv"].decode() + "word,1,0,x,y\n")
    measured(corpus, done.path, pipeline, **options)
    assert tables(done.path) == before


def test_other_options_are_another_study(done, corpus, pipeline):
    with pytest.raises(
        UserError, match=r"holds another study: steps: 2 there, 3 now; seeds: \(0, 1\) there, \(0,\) now"
    ):
        vs.study(corpus, out=done.path, model=pipeline, **OPTIONS | {"steps": 3, "seeds": [0]})
    with pytest.raises(UserError, match="holds another study: model_revision: "):
        vs.study(corpus, out=done.path, model=tiny_pipeline("sd1", seed=1), **OPTIONS)


def test_other_masks_are_measured_from_the_same_traces(done, corpus, pipeline, tmp_path):
    other = measured(corpus, tmp_path / "b", pipeline, steps=1, masks="area:0.2")
    before = tables(other.path)
    for masks in (("relative:0.4", "soft"), ("area:0.2",)):
        RELATIONS.measure(other.folder, replace(other.folder.measurement, masks=masks))
        assert set(vs.open_run(other.path).pairs["mask"]) == set(masks)
    assert tables(other.path) == before


def test_an_unfinished_run_is_not_measured(corpus, pipeline, tmp_path):
    settings = settings_of(model=pipeline, steps=1)
    folder = trace_corpus(corpus, out=tmp_path / "a", settings=settings)
    folder.shard(0).unlink()
    with pytest.raises(UserError, match=r"is not drawn to the end \(0 of 1 shards\)"):
        RELATIONS.measure(folder)


def test_a_folder_of_something_else_is_left_alone(corpus, pipeline, tmp_path):
    (tmp_path / "thesis.tex").write_text("")
    with pytest.raises(UserError, match="is not empty and no run folder"):
        vs.study(corpus, out=tmp_path, model=pipeline, **OPTIONS)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_keep_total_measures_the_same(done, corpus, pipeline, tmp_path):
    other = measured(corpus, tmp_path / "b", pipeline, **OPTIONS | {"storage": "total"})
    soft, want = (s.pairs[s.pairs["mask"] == "soft"]["iou"].to_numpy() for s in (other, done))
    assert np.abs(soft - want).max() < 5e-3
    assert [part.stage for part in read_shard(other.folder.shard(0))[0].slices] == ["total"]


def test_words_past_the_limit_are_listed_with_their_pairs(pipeline, tmp_path):
    (tmp_path / "c.txt").write_text("the cat and " * 40 + "a dog\n")
    found = measured(tmp_path / "c.txt", tmp_path / "run", pipeline, steps=1, masks="soft")
    words = found.dropped[found.dropped["what"] == "word"]
    traced = len(found.heat_maps()[0])
    total = len(found.sentences[0].words)
    assert traced + len(words) == total == 122
    assert words["reason"].str.contains("past the model's limit").all()
    assert len(found.pairs) + (found.dropped["what"] == "pair").sum() == len(all_pairs(found.sentences[0]))


def test_noise_belongs_to_the_caption_unless_plain(pipeline, tmp_path):
    (tmp_path / "c.txt").write_text("a cat\na cat\n")
    own = measured(tmp_path / "c.txt", tmp_path / "own", pipeline, steps=1, masks="soft")
    plain = measured(tmp_path / "c.txt", tmp_path / "plain", pipeline, steps=1, masks="soft", noise="plain")
    one, two = (np.asarray(maps.image) for maps in own.heat_maps())
    assert not np.array_equal(one, two)
    one, two = (np.asarray(maps.image) for maps in plain.heat_maps())
    assert np.array_equal(one, two)


def test_a_pipeline_that_needs_an_image_is_refused(corpus, tmp_path):
    with pytest.raises(UserError, match="draws from text alone, and StableDiffusionImg2ImgPipeline needs an image"):
        vs.study(corpus, out=tmp_path / "a", model=tiny_pipeline("sd1-img2img"), **OPTIONS)
    assert not (tmp_path / "a").exists()


def test_a_size_that_cannot_be_drawn(corpus, pipeline, tmp_path):
    with pytest.raises(UserError, match=r"size 65x64 cannot be drawn .* multiples of 8 pixels"):
        vs.study(corpus, out=tmp_path / "a", model=pipeline, **OPTIONS | {"size": "65x64"})
    assert not (tmp_path / "a").exists()


def test_given_trees_are_used_as_they_are(corpus, pipeline, tmp_path):
    from visuosyn.corpus import conllu

    rows = ["1\tcat\tcat\tNOUN\t_\t_\t2\tdep\t_\t_", "2\that\that\tNOUN\t_\t_\t0\troot\t_\t_"]
    (tmp_path / "c.conllu").write_text("# sent_id = s1\n# text = cat hat\n" + "\n".join(rows) + "\n\n")
    found = measured(tmp_path / "c.conllu", tmp_path / "run", pipeline, steps=1, masks="soft")
    assert found.facts.parser == ""
    assert found.pairs["relation"].tolist() == ["dep"]
    assert conllu.comment(found.sentences[0], "source") == "c.conllu:1"


def test_a_model_may_say_how_it_is_drawn(tiny_model, tmp_path):
    from visuosyn.tracing import load_pipeline, own_drawing

    shutil.copytree(tiny_model, tmp_path / "model")
    (tmp_path / "model" / "drawing.json").write_text('{"steps": 3, "guidance": 2}')
    assert own_drawing(load_pipeline(tmp_path / "model")) == {"steps": 3, "guidance": 2}
    assert own_drawing(load_pipeline(tiny_model)) == {"steps": 50, "guidance": 7.5}


class SmallMemory(StableDiffusionPipeline):
    """A pipeline on a machine that holds two images at a time."""

    @functools.wraps(StableDiffusionPipeline.__call__)
    def __call__(self, prompt, **options):
        if len(prompt) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return super().__call__(prompt, **options)


def small_memory(pipeline, room):
    made = SmallMemory(**pipeline.components, requires_safety_checker=False)
    made.room = room
    return made


def test_a_batch_that_does_not_fit_is_drawn_by_halves(corpus, pipeline, tmp_path):
    options = {"steps": 1, "masks": "soft", "seeds": "0-1", "batch_size": 5}
    whole = measured(corpus, tmp_path / "whole", pipeline, **options)
    halves = measured(corpus, tmp_path / "halves", small_memory(pipeline, room=2), **options)
    assert [maps.extra["batch"] for maps in halves.heat_maps()] == [2, 2, 2, 2, 2, 2]  # of shards of 4 and 2 images
    assert whole.folder.drawn["images_in_smaller_batches"] == 0
    assert halves.folder.drawn["images_in_smaller_batches"] == 4
    for one, other in zip(whole.heat_maps(), halves.heat_maps(), strict=True):
        assert (one.caption_id, one.seed) == (other.caption_id, other.seed)
        assert np.abs(one.array - other.array).max() <= 1e-3 * one.array.max()


def test_an_image_that_does_not_fit_at_all(corpus, pipeline, tmp_path):
    with pytest.raises(UserError, match="an image of 64x64 does not fit in memory: use a smaller --size"):
        measured(corpus, tmp_path / "a", small_memory(pipeline, room=0), steps=1)


def test_other_errors_of_a_pipeline_are_not_hidden(corpus, pipeline, tmp_path):
    broken = small_memory(pipeline, room=9)
    del broken.room
    with pytest.raises(AttributeError, match="room"):
        measured(corpus, tmp_path / "a", broken, steps=1)


def test_a_blackened_image_is_listed_and_not_measured(done, tmp_path):
    (maps,) = done.heat_maps("4", seed=0)
    lost = Dropped("image", "4", "the ball", "blackened by the model's safety checker", seed=0)
    run = RunFolder(Path(shutil.copytree(done.path, tmp_path / "run")))
    (shard,) = run.parts()[-1]
    rest = [one for one in read_shard(shard) if (one.caption_id, one.seed) != ("4", 0)]
    write_shard(shard, [maps.with_facts(dropped=(lost,)), *rest])
    RELATIONS.measure(run)
    found = RELATIONS.open(run)
    assert lost.reason in found.dropped["reason"].tolist()
    assert not len(found.pairs.query("caption_id == '4' and seed == 0"))
    assert len(found.pairs.query("caption_id == '4' and seed == 1"))
