"""Files that are there whole or not at all, and checksums that show it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from visuosyn.errors import UserError

LEFTOVER = ".unfinished-"


@contextmanager
def atomic_write(path: str | Path) -> Iterator[Path]:
    r"""Give a temporary path beside ``path``; when the block ends well it is synced to disk and takes its place.

    Whoever reads ``path`` sees the old file, or the new one, never a part, also after a power cut. When the block
    raises, nothing is left behind; a system error (disk full, no permission) becomes a one-line UserError.
    The temporary name keeps the suffix of ``path``.

    >>> from contextlib import suppress
    >>> from pathlib import Path
    >>> with atomic_write("pairs.csv") as temporary:
    ...     _ = temporary.write_text("head,dependent\ncat,red\n")
    >>> with suppress(ValueError), atomic_write("pairs.csv") as temporary:
    ...     _ = temporary.write_text("head,depen")
    ...     raise ValueError("what goes wrong half-way")
    >>> Path("pairs.csv").read_text(), [one.name for one in Path().iterdir()]
    ('head,dependent\ncat,red\n', ['pairs.csv'])
    """
    path = Path(path)
    temporary = path.with_name(f"{LEFTOVER}{os.getpid()}-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _sync(temporary)
        temporary.replace(path)
        _sync(path.parent)
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise UserError(f"cannot write {path}: {reason}; what is finished is kept") from error
    finally:
        if temporary.exists():
            temporary.unlink()


def write_text(path: str | Path, text: str) -> None:
    r"""Write a UTF-8 text file whole or not at all; line ends stay as they are.

    >>> from pathlib import Path
    >>> write_text("new/note.txt", "a café\n")  # folders are made
    >>> Path("new/note.txt").read_bytes()
    b'a caf\xc3\xa9\n'
    """
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="")


def sha256(path: str | Path) -> str:
    """The SHA-256 checksum of a file, in hexadecimal.

    >>> from pathlib import Path
    >>> _ = Path("abc.txt").write_bytes(b"abc")
    >>> sha256("abc.txt")[:16]
    'ba7816bf8f01cfea'
    """
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def remove_leftovers(folder: Path) -> None:
    """Remove what a killed process left under a temporary name, in ``folder`` and below."""
    for leftover in folder.rglob(f"{LEFTOVER}*"):
        leftover.unlink()


def _sync(path: Path) -> None:
    """Have the system bring a file or a folder's list of names to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
