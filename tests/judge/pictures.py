"""A run folder of plain coloured pictures, made by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tests.run.test_facts import FACTS
from visuosyn.data import HeatMaps
from visuosyn.run import write_shard, write_text

ASKED = {"c1": ("cat", "dog"), "c2": ("zebra",), "c3": ("fire truck", "cat"), "c4": ()}
COLOURS = ((200, 30, 30), (30, 200, 30))  # one a seed


def run_folder(path: Path, *, asked: dict[str, tuple[str, ...]] = ASKED) -> Path:
    """Four captions with two seeds each; the pictures of c4, whose caption has no noun, are those of c1."""
    FACTS.with_facts(captions=len(asked), batch_size=4).save(path)
    maps = []
    for number, caption in enumerate(asked):
        for seed, colour in enumerate(COLOURS):
            pixels = np.full((16, 16, 3), colour, np.uint8)
            pixels[:, : 4 * (number % 3)] = 255
            image = Image.fromarray(pixels)
            maps.append(HeatMaps("", (), (), (1, 1), 1, image=image, caption_id=caption, seed=seed, noise_id="secret"))
    write_shard(path / "traces" / "00000.parquet", maps[:4])  # two captions with all their seeds
    write_shard(path / "traces" / "00001.parquet", maps[4:])
    rows = [f"{caption},{noun}\n" for caption, nouns in asked.items() for noun in nouns]
    write_text(path / "nouns.csv", "caption_id,noun\n" + "".join(rows))
    return path
