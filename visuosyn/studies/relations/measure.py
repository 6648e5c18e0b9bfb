"""What is measured of each image: its pairs, what they are compared with, and their overlaps in every universe."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby

import numpy as np
import pandas as pd
import pyarrow as pa

from visuosyn.data import Dropped, HeatMaps, Sentence, WordPair
from visuosyn.measure.controls import other_image_controls, rolled_controls
from visuosyn.measure.multiverse import multiverse_sums
from visuosyn.measure.pair_table import DTYPES, pair_table, unmeasured_pairs
from visuosyn.parse import all_pairs
from visuosyn.run import Measurement, RunFolder, read_shard
from visuosyn.run.folder import with_tree
from visuosyn.studies.base import Measured

ROWS = ("pairs", "controls", "multiverse")
KINDS = ("related", "unrelated")
NOTHING = Sentence("", "", ())
PAIRS = pa.schema(
    [(name, pa.string() if kind == "str" else pa.from_numpy_dtype(np.dtype(kind))) for name, kind in DTYPES.items()]
)

Images = list[HeatMaps]  # of one caption, those that can be used


def measurer(folder: RunFolder, measurement: Measurement) -> Callable[[int], Measured]:
    """A function that measures the images of a part of the captions.

    ``pairs``: the pair table. ``controls``: each head-dependent pair with one map moved across the image ("rolled
    maps"), and with the head of the caption's next image ("another image"; several seeds needed). ``multiverse``: sums
    of the overlaps in every universe. An image that is lost has no pairs.
    """
    sentences = {sentence.id: sentence for sentence in folder.sentences()}

    def measure(number: int) -> Measured:
        every = (maps for shard in folder.part(number) for maps in read_shard(shard))
        tables: dict[str, list[pd.DataFrame]] = {name: [empty] for name, empty in _empty(measurement.masks).items()}
        dropped: list[Dropped] = []
        for caption, images in groupby(every, key=lambda maps: maps.caption_id):
            sentence = sentences[caption]
            usable: Images = []
            measured: list[pd.DataFrame] = []
            for maps in images:
                table, lost = measure_image(maps, sentence, measurement)
                measured.append(table)
                dropped += lost
                if not is_lost(maps):
                    usable.append(with_tree(maps, sentence))
            pairs = pd.concat(measured)
            tables["pairs"].append(pairs)
            for name, found in _compared(usable, sentence, _each_pair(pairs), measurement.masks):
                tables[name].append(found)
        return Measured({name: _typed(name, frames) for name, frames in tables.items()}, dropped)

    return measure


def is_lost(maps: HeatMaps) -> bool:
    """Whether nothing may be measured of an image, since it is not what the model drew."""
    return any(one.what == "image" for one in maps.dropped)


def measure_image(maps: HeatMaps, sentence: Sentence, measurement: Measurement) -> tuple[pd.DataFrame, list[Dropped]]:
    """The pair table of an image, and what of it could not be measured.

    With edges "basic" the pairs that only the enhanced graph joins are left out, measured or not; the numbers of
    the others stay.
    """
    pairs = () if is_lost(maps) else all_pairs(sentence)
    table = pair_table(maps, sentence, pairs, measurement.masks)
    if measurement.edges == "basic":
        table, pairs = table[table["edge"] != "enhanced"], tuple(p for p in pairs if p.edge != "enhanced")
    unmeasured = unmeasured_pairs(maps, sentence, pairs)
    lost = [*maps.dropped, *unmeasured]
    if pairs and len(unmeasured) == len(pairs):
        lost.append(Dropped("image", maps.caption_id, maps.prompt, "none of its pairs could be measured", maps.seed))
    return table, lost


def _each_pair(table: pd.DataFrame) -> pd.DataFrame:
    """The measured pairs of a caption, once each."""
    names = ["pair", "kind", "edge", "relation", "head_position", "dependent_position"]
    return table.loc[table["kind"].isin(KINDS), names].drop_duplicates()


def _compared(
    images: Images, sentence: Sentence, rows: pd.DataFrame, masks: Sequence[str]
) -> Iterator[tuple[str, pd.DataFrame]]:
    """The controls of a caption's head-dependent pairs, named in ``control``, and its sums in every universe."""
    if not images or rows.empty:
        return
    yield "multiverse", multiverse_sums((maps, sentence, _word_pairs(rows)) for maps in images)
    related = rows[rows["kind"] == "related"]
    pairs, numbers = _word_pairs(related), related["pair"].to_numpy(dtype=np.int32)
    rolled = pd.concat([rolled_controls(maps, sentence, pairs, masks) for maps in images], ignore_index=True)
    other = other_image_controls(images, sentence, pairs, masks)
    for name, table in (("rolled maps", rolled), ("another image", other)):
        yield "controls", table.assign(control=name, pair=numbers[table["pair"].to_numpy()])


def _word_pairs(rows: pd.DataFrame) -> list[WordPair]:
    columns = ["head_position", "dependent_position", "relation", "kind", "edge"]
    return [WordPair(int(head), int(dependent), *rest) for head, dependent, *rest in rows[columns].to_numpy()]


def _empty(masks: Sequence[str]) -> Mapping[str, pd.DataFrame]:
    """Each table without a row: its columns."""
    controls = other_image_controls([], NOTHING, [], masks).assign(control="")
    return {
        "pairs": pd.DataFrame(columns=list(DTYPES)).astype(DTYPES),
        "controls": controls.astype({"control": "str"}),
        "multiverse": multiverse_sums([]),
    }


def _typed(name: str, frames: Sequence[pd.DataFrame]) -> pa.Table:
    """A table of one part, with the same column types in every part."""
    schema = PAIRS if name == "pairs" else pa.Schema.from_pandas(frames[0], preserve_index=False)
    table = pd.concat(frames, ignore_index=True)[schema.names]
    return pa.Table.from_pandas(table, schema=schema, preserve_index=False).replace_schema_metadata(None)
