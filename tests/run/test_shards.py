from __future__ import annotations

import io
import subprocess

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from visuosyn.data import AttentionSlice, Dropped, HeatMaps, Word
from visuosyn.errors import UserError
from visuosyn.run.shards import is_complete, read_shard, total, write_shard

SUMS = st.floats(0, 1e6, width=32, allow_subnormal=False)
EPSILON = 2.0**-11  # half a unit in the last place of float16


@st.composite
def parts(draw, words):
    grid = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    return AttentionSlice(
        draw(st.sampled_from(["down", "mid", "up", "joint"])),
        grid,
        draw(hnp.arrays(np.float32, (words, *grid), elements=SUMS)),
        draw(st.integers(1, 2**40)),
        phase=draw(st.none() | st.integers(0, 2)),
        step=draw(st.none() | st.integers(0, 999)),
        layer=draw(st.none() | st.text()),
        head=draw(st.none() | st.integers(0, 30)),
        encoder=draw(st.none() | st.sampled_from(["clip", "t5"])),
    )


@st.composite
def heat_maps(draw):
    texts = draw(st.lists(st.text(min_size=1, max_size=5), max_size=4))
    ends = np.cumsum([len(text) for text in texts]).tolist()
    words = tuple(
        Word(text, end - len(text), end, row) for row, (text, end) in enumerate(zip(texts, ends, strict=True))
    )
    positions = tuple(2 * row for row in range(len(words)))
    cosines = st.none() | hnp.arrays(np.float32, (len(words),) * 2, elements=st.floats(-1, 1, width=32))
    seed, caption = draw(st.integers(0, 2**62)), draw(st.text())
    pixels = draw(hnp.arrays(np.uint8, (3, 4, 3)))
    return HeatMaps(
        prompt="".join(texts),
        words=words,
        slices=tuple(draw(st.lists(parts(len(words)), max_size=3))),
        grid=(4, 6),
        steps=draw(st.integers(1, 1000)),
        tokens=draw(st.just(()) | st.just((1,) * len(words))),
        cosines=draw(cosines),
        dropped=tuple(Dropped("word", caption, text, "too long", seed) for text in texts[:1]),
        image=Image.fromarray(pixels),
        caption_id=caption,
        noise_id=draw(st.text()),
        seed=seed,
        extra={"positions": positions, "batch": draw(st.integers(1, 64))},
    )


@given(st.lists(heat_maps(), min_size=1, max_size=3))
def test_round_trip_to_float16_precision(tmp_path_factory, images):
    path = tmp_path_factory.mktemp("shards") / "00000.parquet"
    write_shard(path, images)
    back = read_shard(path)
    assert len(back) == len(images)
    for old, new in zip(images, back, strict=True):
        for name in ("prompt", "words", "grid", "steps", "dropped", "caption_id", "noise_id", "seed", "extra"):
            assert getattr(new, name) == getattr(old, name)
        assert new.tokens == (old.tokens if old.words else ())
        assert np.array_equal(np.asarray(new.image), np.asarray(old.image))
        assert (new.cosines is None) == (old.cosines is None)
        assert old.cosines is None or np.array_equal(new.cosines, old.cosines)
        for was, now in zip(old.slices, new.slices, strict=True):
            for name in ("stage", "grid", "count", "phase", "step", "layer", "head", "encoder"):
                assert getattr(now, name) == getattr(was, name)
            bound = EPSILON * was.sums.max(axis=(1, 2), keepdims=True, initial=0)
            assert np.all(np.abs(now.sums - was.sums) <= bound)


def image(caption="c1", *, words=2, seed=0):
    random = np.random.default_rng(seed)
    found = tuple(Word("ab"[i], 2 * i, 2 * i + 1, i) for i in range(words))
    made = [
        AttentionSlice(stage, (g, g), random.random((words, g, g), dtype=np.float32), 8)
        for stage, g in (("down", 8), ("up", 4))
    ]
    picture = Image.fromarray(random.integers(0, 255, (8, 8, 3), dtype=np.uint8))
    return HeatMaps("a b", found, tuple(made), (8, 8), 5, (1,) * words, image=picture, caption_id=caption, seed=seed)


def test_total_is_the_default_map(tmp_path):
    write_shard(tmp_path / "a.parquet", [image()], storage="total")
    (back,) = read_shard(tmp_path / "a.parquet")
    assert [(part.stage, part.grid, part.count) for part in back.slices] == [("total", (8, 8), 16)]
    want = image().array
    assert np.abs(back.array - want).max() <= EPSILON * want.max()


def test_total_counts_only_what_it_holds():
    with_middle = image().with_facts(
        slices=(*image().slices, AttentionSlice("mid", (2, 2), np.ones((2, 2, 2), np.float32), 99))
    )
    assert np.allclose(total(with_middle).array, image().array, atol=1e-7)
    assert total(with_middle).slices[0].count == 16


def test_an_image_without_words(tmp_path):
    write_shard(tmp_path / "a.parquet", [image(words=0), image(words=2)])
    assert [len(maps) for maps in read_shard(tmp_path / "a.parquet")] == [0, 2]


def test_a_nan_stays_a_nan(tmp_path):
    broken = image()
    broken.slices[0].sums[1, 0, 0] = np.nan
    write_shard(tmp_path / "a.parquet", [broken])
    (back,) = read_shard(tmp_path / "a.parquet")
    assert np.isfinite(back.slices[0].sums[0]).all()
    assert np.isnan(back.slices[0].sums[1]).any()


def test_rows_are_chosen_by_caption_and_seed(tmp_path):
    write_shard(tmp_path / "a.parquet", [image("c1"), image("c2"), image("c1", seed=1), image("c3")])
    assert [m.seed for m in read_shard(tmp_path / "a.parquet", where=[("caption_id", "==", "c1")])] == [0, 1]
    (found,) = read_shard(tmp_path / "a.parquet", where=[("caption_id", "==", "c1"), ("seed", "==", 1)])
    assert np.abs(found.array - image(seed=1).array).max() < 1e-3


def test_readable_without_the_program(tmp_path):
    write_shard(tmp_path / "a.parquet", [image()])
    row = pd.read_parquet(tmp_path / "a.parquet").iloc[0]
    assert Image.open(io.BytesIO(row["image"]["bytes"])).size == (8, 8)
    part = row["slices"][0]
    maps = np.asarray(part["maps"]).reshape(2, *part["grid"]) * np.asarray(part["maxima"])[:, None, None]
    assert np.allclose(maps, image().slices[0].sums, atol=1e-3)
    subprocess.run(["sha256sum", "--check", "--quiet", "a.parquet.sha256"], cwd=tmp_path, check=True)


def test_the_same_images_give_the_same_bytes(tmp_path):
    for name in ("a.parquet", "b.parquet"):
        write_shard(tmp_path / name, [image()])
    assert (tmp_path / "a.parquet").read_bytes() == (tmp_path / "b.parquet").read_bytes()


@pytest.mark.parametrize("fault", ["missing", "no checksum", "truncated", "flipped", "wrong checksum"])
def test_a_broken_shard_is_not_complete(tmp_path, fault):
    path = tmp_path / "a.parquet"
    write_shard(path, [image()])
    assert is_complete(path)
    content = bytearray(path.read_bytes())
    checksum = tmp_path / "a.parquet.sha256"
    if fault == "missing":
        path.unlink()
    elif fault == "no checksum":
        checksum.unlink()
    elif fault == "wrong checksum":
        checksum.write_bytes(b"\xff\x00")
    elif fault == "truncated":
        path.write_bytes(content[: len(content) // 2])
    else:
        content[len(content) // 3] ^= 1
        path.write_bytes(content)
    assert not is_complete(path)


def test_a_file_that_is_no_shard(tmp_path):
    (tmp_path / "a.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(UserError, match="cannot be read"):
        read_shard(tmp_path / "a.parquet")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "b.parquet")
    with pytest.raises(UserError, match="is not a shard of this version"):
        read_shard(tmp_path / "b.parquet")
