"""The command line: what it writes, and one line with exit code 2 for every kind of bad input."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import visuosyn
from visuosyn.cli import app, options
from visuosyn.parse import DEFAULT
from visuosyn.run import RunFolder
from visuosyn.studies.relations.statistics.simulate import simulate_pairs
from visuosyn.testing import tiny_run

CAPTIONS = "a cat in a red hat\na dog and a cat\nthe ball\n"
FAST = ["--steps", "1", "--mask", "soft", "--batch-size", "2"]


def run(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def refused(result, *told):
    """Exit code 2 and one line on stderr, which says all of ``told``."""
    assert result.exit_code == 2, result.output
    lines = result.stderr.splitlines()
    assert len(lines) == 1, result.stderr
    for text in told:
        assert text in lines[0]


@pytest.fixture
def corpus(tmp_path):
    path = tmp_path / "captions.txt"
    path.write_text(CAPTIONS)
    return path


@pytest.fixture
def study(corpus, tiny_model, tmp_path):
    """A study command on the tiny model; further options come last and win."""
    return lambda *options, on=corpus: run(
        "study", on, "--out", tmp_path / "run", "--model", tiny_model, *FAST, *options
    )


# --- what is refused ------------------------------------------------------------------------------------------------

BAD_CORPORA = {
    "missing": (None, [], ["no-such", "missing.txt"]),
    "empty": (b"", [], ["empty.txt"]),
    "binary": (b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 8, [], ["binary.bin"]),
    "column": (b"id,caption\n1,a cat\n", ["--column", "prompt"], ["prompt", "caption"]),
    "json": (b'{"annotations": [', ["--format", "coco"], ["broken.json"]),
    "conllu": (b"# text = a cat\n1\ta\ta\tDET\t_\t_\tx\tdet\t_\t_\n\n", [], ["trees.conllu:2: "]),
    "latin1": ("a caf\u00e9\n".encode("latin-1"), [], ["latin1.txt", "UTF-8"]),
    "format": (b"a cat\n", ["--format", "xml"], ["xml", "conllu"]),
}
NAMES = {
    "missing": "missing.txt",
    "binary": "binary.bin",
    "column": "table.csv",
    "json": "broken.json",
    "conllu": "trees.conllu",
}


@pytest.mark.parametrize("kind", BAD_CORPORA)
def test_a_bad_corpus(study, tmp_path, kind):
    data, options, told = BAD_CORPORA[kind]
    path = tmp_path / NAMES.get(kind, f"{kind}.txt")
    if data is not None:
        path.write_bytes(data)
    refused(study(*options, on=path), *told[-1:])
    assert not (tmp_path / "run").exists()


def test_a_directory_is_no_corpus(study, tmp_path):
    refused(study(on=tmp_path), str(tmp_path))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--seeds", "one"], "seeds 'one'"),
        (["--seeds", "3-1"], "seeds '3-1'"),
        (["--mask", "relative:1.5"], "mask rule 'relative:1.5'"),
        (["--mask", "nothing"], "mask rule 'nothing'"),
        (["--steps", "0"], "steps 0"),
        (["--batch-size", "0"], "batch size 0"),
        (["--limit", "0"], "limit 0"),
        (["--size", "big"], "size 'big'"),
        (["--size", "63x64"], "size 63x64"),
        (["--size", "100x104"], "size 100x104 cannot be drawn by this model: width and height must be multiples of 8"),
        (["--size", "4x4"], "size 4x4"),
        (["--steps", "2000"], "steps 2000 cannot be drawn"),
        (["--device", "meta"], "device 'meta' is not available on this machine: use auto, cpu"),
        (["--keep", "all"], "storage (--keep) 'all'"),
        (["--noise", "pink"], "noise 'pink'"),
        (["--device", "abacus"], "device 'abacus'"),
        (["--dtype", "int3"], "dtype 'int3'"),
        (["--parser", "no_such_parser"], "parser 'no_such_parser' is not installed"),
        (["--scheme", "dg"], "scheme 'dg'"),
        (["--model", "no/such/folder"], "no/such/folder"),
    ],
)
def test_a_bad_option(study, tmp_path, options, told):
    refused(study(*options), told)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("options", [["--size", "100x104"], ["--steps", "2000"]])
def test_a_prompt_that_cannot_be_drawn_so(tiny_model, tmp_path, options):
    refused(run("explain", "a cat", "--out", tmp_path / "page", "--model", tiny_model, *options), options[1])
    assert not (tmp_path / "page").exists()


def test_a_folder_without_a_model(study, tmp_path):
    (tmp_path / "model").mkdir()
    refused(study("--model", tmp_path / "model"), "model_index.json")


def test_a_pipeline_of_no_known_family(study, tmp_path):
    from diffusers import DDPMPipeline, DDPMScheduler, UNet2DModel

    blocks = {"down_block_types": ("DownBlock2D",), "up_block_types": ("UpBlock2D",), "block_out_channels": (4,)}
    unet = UNet2DModel(8, norm_num_groups=2, layers_per_block=1, attention_head_dim=2, **blocks)
    DDPMPipeline(unet, DDPMScheduler()).save_pretrained(tmp_path / "ddpm")
    refused(study("--model", tmp_path / "ddpm"), "DDPMPipeline", "StableDiffusionPipeline")
    assert not (tmp_path / "run").exists()


def test_a_folder_of_something_else(study, tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.tex").write_text("")
    refused(study(), "not empty and no run folder")


@contextmanager
def file_size_limit(size):
    """No file may grow beyond ``size``, as if the disk were full: writing fails with an OSError."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_while_a_shard_is_written(corpus, tiny_model, tmp_path):
    command = ["trace", corpus, "--out", tmp_path / "run", "--model", tiny_model, "--steps", "1", "--quiet"]
    with file_size_limit(8000):  # facts and trees fit, pictures with maps do not
        refused(run(*command), "00000.parquet: File too large; what is finished is kept")
    assert list((tmp_path / "run" / "traces").iterdir()) == []
    assert run(*command).exit_code == 0
    assert len(list((tmp_path / "run" / "traces").iterdir())) == 2


@pytest.mark.parametrize("command", ["measure", "report"])
def test_no_run_folder(command, tmp_path):
    refused(run(command, tmp_path), "is no run folder")


def test_a_run_that_is_not_measured(corpus, tiny_model, tmp_path):
    assert run("trace", corpus, "--out", tmp_path / "run", "--model", tiny_model, "--steps", "1", "-q").exit_code == 0
    refused(
        run("report", tmp_path / "run"), "not measured to the end", f"run visuosyn measure {tmp_path / 'run'} first"
    )


def test_trees_do_not_overwrite_their_corpus(tmp_path):
    (tmp_path / "a.conllu").write_text("1\tcat\tcat\tNOUN\t_\t_\t0\troot\t_\t_\n\n")
    refused(
        run("parse", tmp_path / "a.conllu", "--out", tmp_path / "a.conllu"),
        "a.conllu exists, perhaps with trees corrected by hand",
    )


def test_trees_of_other_captions(corpus, tiny_model, tmp_path):
    command = ["trace", corpus, "--out", tmp_path / "run", "--model", tiny_model, "--steps", "1", "--quiet"]
    with file_size_limit(8000):
        assert run(*command).exit_code == 2
    trees = tmp_path / "run" / "parses.conllu"
    trees.write_text(trees.read_text().split("\n\n")[0] + "\n\n")
    refused(run(*command), "parses.conllu does not hold the captions", "remove it")
    trees.unlink()
    assert run(*command).exit_code == 0


def test_an_empty_prompt(tmp_path):
    refused(run("explain", "  ", "--out", tmp_path / "a"), "the prompt is empty")


# --- what works -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def finished(tiny_model, tmp_path_factory):
    """A finished study: what was said, and the folder."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "captions.txt").write_text(CAPTIONS)
    result = run("study", folder / "captions.txt", "--out", folder / "run", "--model", tiny_model, *FAST)
    assert result.exit_code == 0, result.output
    return result, folder


def test_study_says_where_the_report_is_and_shows_progress(finished):
    result, folder = finished
    assert f"Report: {folder / 'run' / 'index.html'}" in result.stdout
    assert "drawing" in result.stderr
    assert "3/3" in result.stderr


def test_the_same_study_again_quietly_says_nothing(finished, tiny_model):
    _, folder = finished
    again = run("study", folder / "captions.txt", "--out", folder / "run", "--model", tiny_model, *FAST, "--quiet")
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "")


def test_a_folder_of_another_study(finished, tiny_model):
    _, folder = finished
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    other = ["--seeds", "0-1", "--keep", "total"]
    result = run("study", folder / "captions.txt", "--out", folder / "run", "--model", tiny_model, *FAST, *other)
    refused(result, "seeds: (0,) there, (0, 1) now", "storage: 'parts' there, 'total' now")
    assert before == {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_stage_by_stage_gives_what_study_gives(finished, tiny_model, tmp_path):
    _, folder = finished
    other = tmp_path / "other"
    drawn = run("trace", folder / "captions.txt", "--out", other, "--model", tiny_model, *FAST[:2], *FAST[4:])
    assert drawn.exit_code == 0
    assert "next: visuosyn measure" in drawn.stdout
    assert run("measure", other, "--mask", "soft").exit_code == 0
    assert run("report", other, "--quiet").stdout == ""
    for name in ("dropped.csv", "parses.conllu", "tables/relations.csv"):
        assert (other / name).read_bytes() == (folder / "run" / name).read_bytes()
    for part in ("measured/pairs", "traces"):
        names = sorted(path.name for path in (other / part).glob("*.parquet"))
        assert names and names == sorted(path.name for path in (folder / "run" / part).glob("*.parquet"))
        for name in names:
            assert (other / part / name).read_bytes() == (folder / "run" / part / name).read_bytes()


def test_explain(tiny_model, tmp_path):
    result = run("explain", "a cat in a red hat", "--out", tmp_path / "a", "--model", tiny_model, *FAST[:4])
    assert result.exit_code == 0, result.output
    assert {"image.png", "index.html", "pairs.csv", "tree.svg"} <= {path.name for path in (tmp_path / "a").iterdir()}
    assert pd.read_csv(tmp_path / "a" / "pairs.csv")["kind"].isin(["related", "unrelated"]).sum() == 15
    assert len(list((tmp_path / "a" / "overlays").iterdir())) == 6


def test_parse_writes_trees_that_a_study_can_use(corpus, tmp_path):
    assert run("parse", corpus, "--out", tmp_path / "trees.conllu").exit_code == 0
    found = visuosyn.read_corpus(tmp_path / "trees.conllu")
    assert [caption.text for caption in found] == ["a cat in a red hat", "a dog and a cat", "the ball"]
    assert all(caption.sentence for caption in found)


def test_validate_lists_every_fault_with_its_line(tmp_path):
    path = tmp_path / "trees.conllu"
    path.write_text("1\ta\ta\tDET\t_\t_\tx\tdet\t_\t_\n\n1\tcat\tcat\tNOUN\t_\t_\t7\troot\t_\t_\n\n")
    result = run("validate", path)
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0].startswith(f"{path}:1: ") or lines[0].startswith("trees.conllu:1: ")
    assert any(":3: " in line for line in lines)


def test_validate_says_that_all_is_well(corpus):
    result = run("validate", corpus)
    assert (result.exit_code, result.stdout) == (0, f"{corpus}: no faults\n")


def test_models_lists_the_families():
    assert "StableDiffusionXLPipeline" in run("models").stdout


def test_the_parser_in_the_help_is_the_default():
    assert options.PARSER == DEFAULT


def test_version():
    assert run("--version").stdout == f"visuosyn {visuosyn.__version__}\n"


def test_help_fits_80_columns_and_names_every_command():
    environment = {"COLUMNS": "80", "TERM": "dumb", "PATH": "/usr/bin"}
    for command in ([], ["study"], ["explain"]):
        told = CliRunner(env=environment).invoke(app, [*command, "--help"]).stdout
        assert max(map(len, told.splitlines())) <= 80
    told = CliRunner(env=environment).invoke(app, ["--help"]).stdout
    for name in ("study", "parse", "trace", "measure", "report", "validate", "explain", "models"):
        assert f"│ {name} " in told


@pytest.mark.parametrize(
    ("words", "command"),
    [(["world", "render", "0", "--out", "scenes"], "world render"), (["trace", "none.txt", "--out", "run"], "trace")],
)
def test_a_mistake_says_which_help_tells_more(words, command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = CliRunner().invoke(app, words, prog_name="visuosyn")
    assert found.exit_code == 2 and f"(more: visuosyn {command} --help)" in found.stderr


def test_the_module_runs_as_a_program(tmp_path):
    found = subprocess.run(
        [sys.executable, "-m", "visuosyn", "validate", str(tmp_path / "missing.txt")], capture_output=True, text=True
    )
    assert found.returncode == 2
    assert found.stderr.count("\n") == 1


def test_facts_tell_what_was_run(corpus, tiny_model, tmp_path):
    options = ["--steps", "1", "--size", "64x32", "--noise", "plain", "--guidance", "3"]
    assert run("trace", corpus, "--out", tmp_path / "run", "--model", tiny_model, *options).exit_code == 0
    facts = json.loads((tmp_path / "run" / "run.json").read_text())
    assert (facts["width"], facts["height"], facts["noise"], facts["guidance"]) == (64, 32, "plain", 3.0)


def test_trees_are_scored_relation_by_relation(tmp_path):
    """One gold tree that the parser gets right but for the label of one edge, worked by hand."""
    rows = ("1\ta\ta\tDET\tDT\t_\t3\tdet\t3:det\t_", "2\tred\tred\tADJ\tJJ\t_\t3\tnmod\t3:nmod\t_",
            "3\tball\tball\tNOUN\tNN\t_\t0\troot\t0:root\t_")  # fmt: skip
    gold = tmp_path / "gold.conllu"
    gold.write_text("# text = a red ball\n" + "\n".join(rows) + "\n\n")
    assert "all edges" in run("score-parse", gold, "--csv", tmp_path / "scores.csv").stdout
    scores = pd.read_csv(tmp_path / "scores.csv").set_index("relation")
    assert list(scores.columns) == ["n", "precision", "recall", "f1"]
    assert scores.loc["UAS", "f1"] == 1 and scores.loc["LAS", "f1"] == pytest.approx(2 / 3)
    assert scores.loc["det", "f1"] == 1 and scores.loc["nmod", "f1"] == 0
    assert "1.000" in run("score-parse", gold, "--parser", "given").stdout
    refused(run("score-parse", gold, "--parser", "no_such_model"), "no_such_model")
    refused(run("score-parse", gold, "--parser", "given", "--misses", gold / "misses.csv"), "cannot write")


def test_power_plans_under_one_rule_of_a_pilot(tmp_path):
    pilot, none = tmp_path / "pairs.parquet", tmp_path / "none.parquet"
    pairs = simulate_pairs(12, np.random.default_rng(0), seeds=2)
    pairs.to_parquet(pilot)
    pairs.iloc[:0].to_parquet(none)
    found = run("power", pilot, "--csv", tmp_path / "power.csv")
    assert found.exit_code == 0 and "under relative:0.4 (power 0.8, alpha 0.05)" in found.stdout
    assert set(pd.read_csv(tmp_path / "power.csv")["mask"]) == {"relative:0.4"}
    refused(run("power", pilot, "--mask", "relative:0.4,soft"), "mask rule 'relative:0.4,soft' is not known")
    refused(run("power", none), "the pair table holds no rows")


@pytest.mark.parametrize("kind", ["cohyponyms", "adjectives"])
def test_measure_refuses_edges_where_a_study_has_no_such_choice(kind):
    folder = tiny_run(kind)
    refused(run("measure", folder, "--edges", "basic"), f"--edges means nothing here: a study of {kind} has no such")
    assert RunFolder.open(folder).measurement.edges == "enhanced"


def test_power_wants_a_whole_pilot_of_relations():
    folder = tiny_run()
    part = folder / "measured" / "pairs" / "00000.parquet"
    for whole in (folder, part.parent):
        assert run("power", whole).exit_code == 0
    refused(run("power", part), f"{part} holds one part of the pairs of a run: name its folder, {folder}")
    absent = folder / "pairs.parquet"
    refused(run("power", absent), f"Error: {absent} is not there: name the run folder of a pilot (more: ")
    other = tiny_run("cohyponyms")
    refused(run("power", other), f"{other} holds a study of cohyponyms: a study of relations is planned from")
