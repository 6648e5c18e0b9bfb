"""Shards: a few captions, each with the images of all its seeds and their heat maps, as one Parquet file, one row an
image.

Maps are float16 after division by their own maximum, which is stored in float32: what comes back differs by at most
2**-11 of the map's maximum. Beside ``00000.parquet`` lies ``00000.parquet.sha256`` (``sha256sum -c`` reads it); it
is written last, so a shard is complete if and only if its checksum is there and right.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from visuosyn.data import LAYERS, AttentionSlice, Dropped, HeatMaps, Word
from visuosyn.errors import UserError
from visuosyn.run.files import atomic_write, sha256, write_text

FORMAT = "visuosyn shard 2"
OLD = "visuosyn shard 1"  # the same with other names: parts, third
GRID = pa.list_(pa.int32(), 2)
WORD = pa.struct(
    [
        ("text", pa.string()),
        ("start", pa.int32()),
        ("end", pa.int32()),
        ("position", pa.int32()),
        ("tokens", pa.int32()),
    ]
)
SLICE = pa.struct(
    [
        ("stage", pa.string()),
        ("phase", pa.int8()),
        ("step", pa.int32()),
        ("layer", pa.string()),
        ("head", pa.int32()),
        ("encoder", pa.string()),
        ("grid", GRID),
        ("count", pa.int64()),
        ("maxima", pa.list_(pa.float32())),
        ("maps", pa.list_(pa.float16())),
    ]
)
DROPPED = pa.struct([("what", pa.string()), ("text", pa.string()), ("reason", pa.string())])
SCHEMA = pa.schema(
    [
        ("caption_id", pa.string()),
        ("noise_id", pa.string()),
        ("seed", pa.int64()),
        ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
        ("prompt", pa.string()),
        ("words", pa.list_(WORD)),
        ("cosines", pa.list_(pa.float32())),
        ("grid", GRID),
        ("steps", pa.int32()),
        ("batch", pa.int32()),
        ("slices", pa.list_(SLICE)),
        ("dropped", pa.list_(DROPPED)),
    ],
    metadata={"visuosyn": FORMAT},
)


def write_shard(path: str | Path, maps: Sequence[HeatMaps], *, storage: str = "parts") -> None:
    """Write images, whole or not at all; then the checksum.

    ``storage="total"`` stores one map a word over the default stages, at the latent grid, in place of the slices. Of
    ``HeatMaps.extra`` two entries are stored: "positions" (each row's position in the sentence) and "batch" (images
    drawn at once). Raises UserError if the disk is full.

    >>> from pathlib import Path
    >>> import numpy as np
    >>> from visuosyn.testing import heat_maps
    >>> maps = heat_maps("red ball", np.eye(2).reshape(2, 1, 2), caption_id="1", seed=0)
    >>> path = Path("00000.parquet")
    >>> write_shard(path, [maps])
    >>> read_shard(path)[0]["ball"].array.tolist(), sorted(one.name for one in Path().iterdir())
    ([[0.0, 1.0]], ['00000.parquet', '00000.parquet.sha256'])
    """
    path = Path(path)
    rows = [_row(m if storage == "parts" else total(m)) for m in maps]
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    _checksum_path(path).unlink(missing_ok=True)
    with atomic_write(path) as temporary:
        pq.write_table(table, temporary, compression="zstd")
    write_text(_checksum_path(path), f"{sha256(path)}  {path.name}\n")


def read_shard(path: str | Path, *, where: list[tuple[str, str, Any]] | None = None) -> list[HeatMaps]:
    """The images of a shard, with words that know their spans and positions, but not their tree.

    ``where`` chooses rows by conditions such as ``("seed", "==", 0)``. The file is checked against its checksum. Raises
    UserError for a file that is no shard, or not as it was written.

    >>> from visuosyn.testing import tiny_run
    >>> path = tiny_run() / "traces" / "00000.parquet"
    >>> [(maps.prompt, maps.seed) for maps in read_shard(path)]
    [('a red cat', 0), ('a red cat', 1), ('a dog in a hat', 0), ('a dog in a hat', 1)]
    >>> len(read_shard(path, where=[("seed", "==", 0)]))
    2
    """
    try:
        table = pq.read_table(path, filters=where)
    except (OSError, pa.ArrowInvalid) as error:
        raise UserError(f"{path} cannot be read: {error}; the same study command draws it again") from None
    written = (table.schema.metadata or {}).get(b"visuosyn", b"").decode()
    if written not in (FORMAT, OLD):
        raise UserError(f"{path} is not a shard of this version ({FORMAT})")
    if not is_complete(path):
        raise UserError(f"{path} is not as it was written: its checksum differs; the same study command draws it again")
    slices = "slices" if written == FORMAT else "parts"
    rows = table.drop_columns([slices]).to_pylist()
    return [_maps(row, cells) for row, cells in zip(rows, _slices(table[slices]), strict=True)]


def read_pictures(path: Path) -> list[tuple[str, bytes]]:
    """(caption id, PNG) of each picture of a shard, without its maps; images that were not kept are left out."""
    table = pq.read_table(path, columns=["caption_id", "image"])
    rows = zip(table["caption_id"].to_pylist(), table["image"].to_pylist(), strict=True)
    return [(caption, image["bytes"]) for caption, image in rows if image is not None]


def halved(path: Path, batch_size: int) -> int:
    """How many images of a shard were drawn in smaller batches than asked for, since memory was short."""
    batches = pq.read_table(path, columns=["batch"])["batch"].to_pylist()
    asked = [min(batch_size, len(batches) - at // batch_size * batch_size) for at in range(len(batches))]
    return sum(batch is not None and batch < wanted for batch, wanted in zip(batches, asked, strict=True))


def is_complete(path: str | Path) -> bool:
    """Is the shard there, as it was written? Reads the whole file."""
    path = Path(path)
    return path.is_file() and checksum(path) == sha256(path)


def checksum(path: Path) -> str:
    """The checksum that was written beside a shard, "" if there is none."""
    beside = _checksum_path(path)
    return beside.read_text(encoding="utf-8", errors="replace").partition(" ")[0] if beside.is_file() else ""


def total(maps: HeatMaps) -> HeatMaps:
    """The same image with one slice "total": the default map, at the latent grid."""
    count = sum(p.count for p in maps.slices if p.stage in LAYERS["default"])
    whole = AttentionSlice("total", maps.grid, maps.array * np.float32(count), count)
    return maps.with_facts(slices=(whole,))


def _checksum_path(path: Path) -> Path:
    return path.with_name(path.name + ".sha256")


def _row(maps: HeatMaps) -> dict[str, Any]:
    unknown = (None,) * len(maps.words)
    cells = zip(maps.words, maps.extra.get("positions", unknown), maps.tokens or unknown, strict=True)
    return {
        "caption_id": maps.caption_id,
        "noise_id": maps.noise_id,
        "seed": maps.seed,
        "image": None if maps.image is None else {"bytes": _png(maps.image), "path": None},
        "prompt": maps.prompt,
        "words": [
            {"text": w.text, "start": w.start, "end": w.end, "position": position, "tokens": tokens}
            for w, position, tokens in cells
        ],
        "cosines": None if maps.cosines is None else maps.cosines.ravel(),
        "grid": maps.grid,
        "steps": maps.steps,
        "batch": maps.extra.get("batch"),
        "slices": [_slice_row(one) for one in maps.slices],
        "dropped": [{"what": d.what, "text": d.text, "reason": d.reason} for d in maps.dropped],
    }


def _slice_row(one: AttentionSlice) -> dict[str, Any]:
    maxima = one.sums.max(axis=(1, 2), initial=0)
    scaled = one.sums / np.where(maxima > 0, maxima, 1)[:, None, None]
    return {
        **{name: getattr(one, name) for name in SLICE.names if name not in ("maxima", "maps")},
        "maxima": maxima,
        "maps": scaled.astype(np.float16).ravel(),
    }


def _maps(row: dict[str, Any], slices: tuple[AttentionSlice, ...]) -> HeatMaps:
    facts = {name: row[name] for name in ("prompt", "steps", "caption_id", "noise_id", "seed")}
    words = tuple(Word(w["text"], w["start"], w["end"], i) for i, w in enumerate(row["words"]))
    tokens, positions = (tuple(w[name] for w in row["words"]) for name in ("tokens", "position"))
    extra = {"positions": positions} if None not in positions else {}
    extra |= {} if row["batch"] is None else {"batch": row["batch"]}
    n = len(words)
    return HeatMaps(
        **facts,
        words=words,
        tokens=() if None in tokens else tokens,
        grid=tuple(row["grid"]),
        slices=slices,
        cosines=None if row["cosines"] is None else np.asarray(row["cosines"], np.float32).reshape(n, n),
        dropped=tuple(Dropped(caption_id=row["caption_id"], seed=row["seed"], **d) for d in row["dropped"]),
        image=None if row["image"] is None else Image.open(io.BytesIO(row["image"]["bytes"])),
        extra=extra,
    )


def _slices(column: pa.ChunkedArray) -> list[tuple[AttentionSlice, ...]]:
    """The slices of every image; maps come as arrays, since lists of Python numbers would take ten times as long."""
    lists = column.combine_chunks()
    cells = lists.flatten()
    names = [name for name in cells.type.names if name != "maps"]
    facts = [dict(zip(names, values, strict=True)) for values in zip(*_columns(cells, names), strict=True)]
    maps = cells.field("maps")
    arrays = np.split(maps.flatten().to_numpy(), _offsets(maps)[1:-1])
    slices = [_slice(fact, array) for fact, array in zip(facts, arrays, strict=False)]
    return [tuple(slices[start:end]) for start, end in pairwise(_offsets(lists))]


def _offsets(lists: pa.ListArray) -> NDArray[np.int64]:
    """Where each list begins and ends in ``lists.flatten()``."""
    offsets: NDArray[np.int64] = lists.offsets.to_numpy().astype(np.int64)
    first: NDArray[np.int64] = offsets[:1]
    return np.subtract(offsets, first)


def _columns(cells: pa.StructArray, names: Sequence[str]) -> list[list[Any]]:
    return [cells.field(name).to_pylist() for name in names]


def _slice(facts: dict[str, Any], scaled: NDArray[np.float16]) -> AttentionSlice:
    grid = tuple(facts.pop("grid"))
    maxima = np.asarray(facts.pop("maxima"), np.float32)
    sums = scaled.astype(np.float32).reshape(len(maxima), *grid) * maxima[:, None, None]
    phase = facts.pop("third") if "third" in facts else facts.pop("phase")
    return AttentionSlice(**facts, phase=phase, grid=grid, sums=sums)


def _png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return buffer.getvalue()
