"""The command ``visuosyn lexicon``."""

from typer.testing import CliRunner

from visuosyn.cli import app


def run(*arguments):
    return CliRunner().invoke(app, ["lexicon", *arguments])


def test_two_nouns():
    lines = run("giraffe", "zebra").stdout.splitlines()
    assert lines[0] == "giraffe, zebra: cohyponyms"
    assert "ungulate (depth 11, 3 and 3 steps above, similarity 0.79)" in lines[1]
    assert [line.split(" < ")[0].strip() for line in lines[2:]] == ["giraffe: giraffe", "zebra: zebra"]


def test_one_noun_and_limits():
    assert "cohyponyms: hinny, horse, mule" in run("zebra").stdout
    assert "not cohyponyms: one is a kind of the other" in run("dog", "poodle").stdout
    assert "cat, horse: cohyponyms" in run("cat", "horse", "--steps", "4", "--similarity", "0.7").stdout


def test_senses_and_mistakes(tmp_path):
    table = tmp_path / "senses.csv"
    table.write_text("noun,sense\ncrane,5\n")
    assert "wading bird" in run("crane", "heron", "--senses", str(table)).stdout
    wrong = run("girafe", "zebra")
    assert wrong.exit_code == 2 and "did you mean giraffe" in wrong.stderr and len(wrong.stderr.splitlines()) == 1
