"""What is made from something else, and whether it still is what would be made: by content, never by time.

An *artifact* is a set of files with a name. A stamp beside them (``stamps/NAME.json``, written last) holds the checksum
of all that they were made from and the checksums of the files themselves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias, TypedDict

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from visuosyn.errors import UserError
from visuosyn.run.files import atomic_write, sha256, write_text

STAMPS = "stamps"
Content: TypeAlias = pd.DataFrame | pa.Table | str


class Stamp(TypedDict):
    """What a stamp says."""

    inputs: str
    files: dict[str, str]


def digest(*parts: object) -> str:
    """One checksum of several facts; a path stands for the content of its file, "" where there is none.

    >>> from pathlib import Path
    >>> Path("a.txt").write_text("cat")
    3
    >>> digest("soft", Path("a.txt")) == digest("soft", Path("a.txt")), digest("soft") == digest("area:0.1")
    (True, False)
    """
    contents = [(sha256(part) if part.is_file() else "") if isinstance(part, Path) else str(part) for part in parts]
    return hashlib.sha256("\n".join(contents).encode()).hexdigest()


@dataclass(frozen=True)
class Artifact:
    """An artifact of the run folder ``folder``, by its name, such as "measured/00003".

    >>> from pathlib import Path
    >>> import pandas as pd
    >>> table = Artifact(Path("run"), "means")
    >>> table.is_current("made of this")
    False
    >>> table.write({"tables/means.csv": pd.DataFrame({"share": [40.0]})}, "made of this")
    >>> table.is_current("made of this"), table.is_current("made of something else")
    (True, False)
    >>> Path("run", "tables", "means.csv").unlink()
    >>> table.is_current("made of this")
    False
    """

    folder: Path
    name: str

    @property
    def stamp(self) -> Path:
        """Where its stamp lies."""
        return self.folder / STAMPS / f"{self.name}.json"

    def is_current(self, inputs: str) -> bool:
        """Are all files there, as they were written, and made from this?"""
        return self.is_made_from(inputs) and self.is_whole()

    def is_made_from(self, inputs: str) -> bool:
        """Was it made from this? Looks at the stamp alone."""
        known = self._read()
        return known is not None and known["inputs"] == inputs

    def is_whole(self) -> bool:
        """Are all files there, as they were written?"""
        known = self._read()
        if known is None:
            return False
        files = ((self.folder / name, checksum) for name, checksum in known["files"].items())
        return all(path.is_file() and sha256(path) == checksum for path, checksum in files)

    @property
    def files(self) -> tuple[str, ...]:
        """The names of its files in the folder, in the order in which they were written; none if it was never made."""
        known = self._read()
        return () if known is None else tuple(known["files"])

    @property
    def content(self) -> str:
        """A checksum of its files, as they were written: what stands for it among the inputs of something else.

        Raises UserError where it was never made.
        """
        known = self._read()
        if known is None:
            raise UserError(f"{self.folder} holds no {self.name}: run the stage before it first")
        return digest(*(f"{name} {checksum}" for name, checksum in sorted(known["files"].items())))

    def write(self, files: Mapping[str, Content], inputs: str) -> None:
        """Write files, by their names in the folder: text as it is, tables as Parquet or CSV by the name's ending."""
        for name, content in files.items():
            write_content(self.folder / name, content)
        self.record((self.folder / name for name in files), inputs)

    def record(self, files: Iterable[Path], inputs: str) -> None:
        """Stamp files that are written already."""
        self._stamp({path.relative_to(self.folder).as_posix(): sha256(path) for path in files}, inputs)

    @property
    def outdated(self) -> bool:
        """Is it known that its files are still those of something that is no longer so?"""
        known = self._read()
        return known is not None and not known["inputs"]

    def outdate(self) -> None:
        """Note that what its files were made from is being replaced; they stay until they are made again.

        >>> from pathlib import Path
        >>> note = Artifact(Path("run"), "note")
        >>> note.write({"note.txt": "of masks"}, "masks")
        >>> note.outdate()
        >>> note.outdated, note.is_current("masks"), note.files
        (True, False, ('note.txt',))
        """
        known = self._read()
        if known is not None:
            self._stamp(known["files"], "")

    def forget(self) -> None:
        """Remove the stamp: the files are no longer what they were, or will soon be something else."""
        self.stamp.unlink(missing_ok=True)

    def _stamp(self, files: Mapping[str, str], inputs: str) -> None:
        write_text(self.stamp, json.dumps({"inputs": inputs, "files": files}, indent=1) + "\n")

    def _read(self) -> Stamp | None:
        try:
            known = json.loads(self.stamp.read_text(encoding="utf-8"))
            return Stamp(inputs=str(known["inputs"]), files=dict(known["files"]))
        except (FileNotFoundError, ValueError, TypeError, KeyError):  # damaged is as good as not there
            return None


def write_content(path: Path, content: Content) -> None:
    """Write a text, or a table as Parquet or CSV by the path's ending, whole or not at all; an equal text stays."""
    if isinstance(content, str):
        if not path.is_file() or path.read_bytes() != content.encode():
            write_text(path, content)
    elif path.suffix == ".csv":
        frame = content if isinstance(content, pd.DataFrame) else content.to_pandas()
        write_content(path, frame.to_csv(index=False, lineterminator="\n"))
    else:
        table = pa.Table.from_pandas(content, preserve_index=False) if isinstance(content, pd.DataFrame) else content
        with atomic_write(path) as temporary:
            pq.write_table(table, temporary, compression="zstd")
