from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from visuosyn.errors import UserError
from visuosyn.run.files import LEFTOVER, atomic_write, remove_leftovers, sha256, write_text


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    write_text(tmp_path / "a.txt", "old\n")
    with pytest.raises(ZeroDivisionError), atomic_write(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise ZeroDivisionError
    assert (tmp_path / "a.txt").read_text() == "old\n"
    assert names(tmp_path) == ["a.txt"]


def test_a_folder_in_the_way_is_told_in_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot write .*File exists") as caught:
        write_text(tmp_path / "file" / "a.txt", "x")
    assert "\n" not in str(caught.value)


def test_line_ends_are_kept(tmp_path):
    write_text(tmp_path / "a.txt", "a\r\nb\n")
    assert (tmp_path / "a.txt").read_bytes() == b"a\r\nb\n"


def test_a_killed_writer_leaves_only_leftovers_that_are_removed(tmp_path):
    script = """
        import os, signal, sys
        from visuosyn.run.files import atomic_write
        with atomic_write(sys.argv[1] + "/traces/a.parquet") as temporary:
            temporary.write_text("half")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script), str(tmp_path)], check=False)
    assert names(tmp_path / "traces")[0].startswith(LEFTOVER)
    remove_leftovers(tmp_path)
    assert names(tmp_path / "traces") == []


def test_sha256_is_that_of_coreutils(tmp_path):
    (tmp_path / "a").write_bytes(b"visuosyn")
    assert sha256(tmp_path / "a") == subprocess.check_output(["sha256sum", tmp_path / "a"], text=True).split()[0]
