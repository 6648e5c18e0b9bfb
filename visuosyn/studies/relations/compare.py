"""What the heat maps must be asked beyond the pair table, while they are at hand: controls and the multiverse."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from visuosyn.data import HeatMaps, Sentence, WordPair
from visuosyn.measure.controls import other_image_controls, rolled_controls
from visuosyn.measure.multiverse import LAYER_GROUPS, NORMALISATIONS, PHASES, RULES, multiverse_sums
from visuosyn.run import RunFolder, atomic_write, sha256
from visuosyn.studies.stages import INPUTS, Progress

NOTHING = Sentence("", "", ())
KINDS = ("related", "unrelated")
TOGETHER = 32  # captions whose rows are written at once
Asked = tuple[list[HeatMaps], Sentence, pd.DataFrame]  # a caption's images, its tree, its pairs
Made = Callable[[Sequence[Asked]], pd.DataFrame]


def compare_stage(folder: RunFolder, *, progress: Progress | None = None) -> None:
    """Write ``controls.parquet`` and ``multiverse.parquet`` of a measured run; what is there for its pairs is kept.

    Controls: each head-dependent pair with one map moved across the image ("rolled maps"), and with the head of the
    caption's next image ("another image"; several seeds needed). Multiverse: sums of the overlaps in every universe.

    >>> import shutil
    >>> import tempfile
    >>> from pathlib import Path
    >>> from visuosyn.run import RunFolder
    >>> from visuosyn.testing import tiny_run
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run = RunFolder(Path(shutil.copytree(tiny_run(), Path(folder, "run"))))
    ...     run.controls_file.unlink()
    ...     compare_stage(run)
    ...     {name: len(rows) for name, rows in run.controls().items()}
    {'another image': 24, 'rolled maps': 24}
    """
    masks, inputs = folder.facts.masks, _digest(folder)
    makers: dict[Path, Made] = {
        folder.controls_file: lambda some: _controls(some, masks),
        folder.multiverse_file: lambda some: multiverse_sums(
            (maps, sentence, _word_pairs(rows)) for images, sentence, rows in some for maps in images
        ),
    }
    wanted = {path: make for path, make in makers.items() if not _is_made(path, inputs)}
    pairs = _pairs(folder.pairs_file) if wanted else {}
    for number, (path, make) in enumerate(wanted.items()):
        with atomic_write(path) as temporary, _writer(temporary, make([]), inputs) as writer:
            captions, done = _captions(folder, pairs), number * len(pairs)
            while some := list(islice(captions, TOGETHER)):
                writer.write_table(pa.Table.from_pandas(make(some), schema=writer.schema, preserve_index=False))
                done += len(some)
                if progress:
                    progress("compare", done, len(wanted) * len(pairs))


def _digest(folder: RunFolder) -> str:
    """What both tables depend on: the pairs, which tell of the traces, and the universes."""
    parts = [sha256(folder.pairs_file), *NORMALISATIONS, *LAYER_GROUPS, *PHASES, *RULES]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _is_made(path: Path, inputs: str) -> bool:
    try:
        return (pq.read_metadata(path).metadata or {}).get(INPUTS) == inputs.encode()
    except (OSError, pa.ArrowInvalid):
        return False


def _writer(path: Path, empty: pd.DataFrame, inputs: str) -> pq.ParquetWriter:
    """A Parquet file with the columns of ``empty``."""
    schema = pa.Schema.from_pandas(empty, preserve_index=False)
    return pq.ParquetWriter(path, schema.with_metadata({INPUTS: inputs}), compression="zstd")


def _pairs(path: Path) -> dict[str, pd.DataFrame]:
    """The measured pairs of each caption, once each."""
    names = ["caption_id", "pair", "kind", "edge", "relation", "head_position", "dependent_position"]
    table = pd.read_parquet(path, columns=names, filters=[("kind", "in", KINDS)]).drop_duplicates()
    return {str(caption): rows for caption, rows in table.groupby("caption_id", sort=False)}


def _captions(folder: RunFolder, pairs: dict[str, pd.DataFrame]) -> Iterator[Asked]:
    """Caption after caption with its usable images, which lie one after the other."""
    sentences = {sentence.id: sentence for sentence in folder.sentences()}
    for caption, images in groupby(folder.heat_maps(), key=lambda maps: str(maps.caption_id)):
        usable = [maps for maps in images if not any(one.what == "image" for one in maps.dropped)]
        if caption in pairs and usable:
            yield usable, sentences[caption], pairs[caption]


def _word_pairs(rows: pd.DataFrame) -> list[WordPair]:
    columns = ["head_position", "dependent_position", "relation", "kind", "edge"]
    return [WordPair(int(head), int(dependent), *rest) for head, dependent, *rest in rows[columns].to_numpy()]


def _controls(captions: Sequence[Asked], masks: Sequence[str]) -> pd.DataFrame:
    """The control tables of head-dependent pairs under each other, told apart by ``control``."""
    frames = [other_image_controls([], NOTHING, [], masks).assign(control="")]  # the columns, where there is no row
    for images, sentence, rows in captions:
        related = rows[rows["kind"] == "related"]
        pairs, numbers = _word_pairs(related), related["pair"].to_numpy(dtype=np.int32)
        rolled = pd.concat([rolled_controls(maps, sentence, pairs, masks) for maps in images], ignore_index=True)
        other = other_image_controls(images, sentence, pairs, masks)
        for name, table in (("rolled maps", rolled), ("another image", other)):
            frames.append(table.assign(control=name, pair=numbers[table["pair"].to_numpy()]))
    return pd.concat(frames, ignore_index=True).astype({"control": "str"})
