"""The cohyponym study from end to end on a tiny random model: files, resuming, what is dropped, what is refused."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.studies.pixel_judge import PixelJudge
from visuosyn.cli import app
from visuosyn.errors import UserError
from visuosyn.judge import as_image, image_key
from visuosyn.run import RunFolder
from visuosyn.studies.cohyponyms.study import CohyponymStudy, cohyponyms
from visuosyn.studies.registry import kind
from visuosyn.testing import tiny_run

PAIRS = "first,second\ncat,dog\ndog,wolf\napple,pear\ncar,truck\ncat,car\nhat,dog\nball,cat\npear,hat\n"
FAST = {"seeds": "0-1", "steps": 1, "masks": ["relative:0.4", "soft"], "batch_size": 16}


@pytest.fixture
def pairs(tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text(PAIRS)
    return path


@pytest.fixture(scope="module")
def done(tiny_model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cohyponyms")
    path = folder / "pairs.csv"
    path.write_text(PAIRS)
    return cohyponyms(out=folder / "run", pairs=path, model=tiny_model, judge=PixelJudge(), **FAST)


def test_every_pair_is_drawn_in_both_orders_and_every_template(done):
    images = done.rows("images")
    paired = images[images["pair"] != ""]
    assert len(images) == (8 * 4 * 2 + 9 * 2) * 2  # 8 pairs, 4 templates, 2 orders; 9 nouns, 2 frames; 2 seeds
    assert (paired.groupby(["pair", "template", "turned"]).size() == 2).all()
    assert paired.groupby("kind")["pair"].nunique().to_dict() == {"cohyponyms": 4, "others": 4}
    texts = {maps.prompt for maps in done.folder.heat_maps(seed=0)}
    assert {"a cat and a dog", "a dog and a cat", "an apple next to a pear", "a photo of a hat"} <= texts
    sized = [text for text in texts if "big" in text]
    assert len(sized) == 16 and all("small" in text for text in sized)


def test_both_orders_share_their_noise(done):
    ids = {(maps.noise_id, maps.prompt) for maps in done.folder.heat_maps(seed=0)}
    assert {noise for noise, text in ids if "cat" in text and "dog" in text} == {"cat + dog"}


def test_verdicts_and_overlaps_are_those_of_the_pictures(done):
    images = done.rows("images").set_index(["caption_id", "seed"])
    overlaps = done.rows("overlaps").set_index(["caption_id", "seed", "mask"])
    for maps in list(done.folder.heat_maps(seed=1))[:20]:
        row = images.loc[maps.caption_id, 1]
        if not row["pair"]:
            continue
        said = PixelJudge().judge(np.asarray(maps.image.convert("RGB")), [row["first"], row["second"]])
        assert [row["first_present"], row["second_present"]] == [v.present for v in said]
        a, b = (maps[noun].mask("relative:0.4") for noun in (row["first"], row["second"]))
        wanted = (a & b).sum() / (a | b).sum()
        assert overlaps.loc[(maps.caption_id, 1, "relative:0.4"), "iou"] == pytest.approx(wanted)


def test_outcomes_are_exclusive_and_cover_all(done):
    images = done.rows("images")
    paired = images[images["pair"] != ""]
    assert set(paired["outcome"]) <= {"both", "one", "doubled", "none"}
    there = paired["first_present"].astype(int) + paired["second_present"].astype(int)
    assert ((paired["outcome"] == "both") == (there == 2)).all()
    assert ((paired["outcome"] == "none") == (there == 0)).all()
    assert paired.loc[paired["outcome"] == "both", "misplaced"].between(0, 1).all()
    assert paired.loc[paired["outcome"] != "both", "swapped"].isna().all()
    assert not paired.loc[paired["outcome"].isin(["both", "none"]), "blend"].any()


def test_the_report_is_whole(done):
    page = done.folder.page.read_text()
    for told in ("Cohyponyms in pictures", "cat + dog", "carnivore", "52", "61", "Holm", "Methods"):
        assert told in page
    assert "The pairs were given" in page and "made as alike" not in page
    assert "“a X next to a Y”, “a big X and a small Y” and crowded by two unrelated nouns" in page
    both = done.table("outcomes").set_index("outcome").loc["both"]
    assert f"{both['cohyponyms']:.0f} % of the pictures of cohyponyms" in page
    for name in ("outcomes", "overlap", "link", "gee", "mixed", "pair_rates", "hypernyms", "power", "judge_range"):
        assert len(done.table(name)), name
    assert {path.stem for path in done.folder.figures.glob("*.pdf")} >= {"pairs", "hypernyms", "overlap_most"}
    assert "\\begin{tabular}" in (done.folder.tables / "outcomes.tex").read_text()
    assert json.loads((done.folder.path / "judge.json").read_text())["name"] == "pixels"


def test_the_same_call_draws_nothing_anew_and_gives_the_same_bytes(done, tiny_model):
    before = {
        p: p.read_bytes() for p in done.folder.path.rglob("*") if p.suffix in (".csv", ".parquet", ".html", ".svg")
    }
    pairs = done.folder.path.parent / "pairs.csv"
    stages = []
    again = cohyponyms(
        out=done.folder.path,
        pairs=pairs,
        model=tiny_model,
        judge=PixelJudge(),
        progress=lambda *s: stages.append(s),
        **FAST,
    )
    assert {stage for stage, *_ in stages} == {"trace"}  # looked through, not drawn
    assert before == {p: p.read_bytes() for p in before} and again.folder.facts.host == done.folder.facts.host


@pytest.mark.slow
def test_a_lost_shard_is_drawn_again_and_another_judge_judges_anew(pairs, tiny_model, tmp_path):
    out = tmp_path / "run"
    first = cohyponyms(out=out, pairs=pairs, model=tiny_model, judge=PixelJudge(), **FAST | {"seeds": "0"})
    images, table = first.rows("images"), first.table("outcomes")
    first.folder.shard(1).unlink()
    second = cohyponyms(out=out, pairs=pairs, model=tiny_model, judge=PixelJudge(), **FAST | {"seeds": "0"})
    pd.testing.assert_frame_equal(second.rows("images"), images)
    pd.testing.assert_frame_equal(second.table("outcomes"), table)
    third = cohyponyms(out=out, pairs=pairs, model=tiny_model, judge=PixelJudge(0.3, "strict"), **FAST | {"seeds": "0"})
    assert third.rows("images")["first_present"].mean() < images["first_present"].mean()


def test_nouns_that_the_judge_does_not_know_are_listed(pairs, tiny_model, tmp_path):
    known = frozenset({"cat", "dog", "car", "hat", "ball", "apple", "pear"})
    found = cohyponyms(
        out=tmp_path / "run", pairs=pairs, model=tiny_model, judge=PixelJudge(known=known), **FAST | {"seeds": "0"}
    )
    dropped = found.folder.dropped()
    assert dropped["text"].tolist() == ["dog + wolf", "car + truck"]
    assert dropped["reason"].tolist() == ["the judge does not know 'wolf'", "the judge does not know 'truck'"]
    assert "the judge does not know" in found.folder.page.read_text()


def refused(tmp_path, *arguments):
    result = CliRunner().invoke(app, ["cohyponyms", "--out", str(tmp_path / "run"), *map(str, arguments)])
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1, result.output
    assert not (tmp_path / "run").exists()
    return result.stderr


BAD_PAIRS = {
    "first,other\ncat,dog\n": ":1: no column second",
    "first,second\ncat,dog\ndog,Cat\n": ":3: the pair cat, dog is given twice",
    "first,second\ncat,girafe\n": ":2: the noun 'girafe' is not in WordNet 3.1; did you mean giraffe",
    "first,second,cohyponyms\ncat,dog,maybe\n": ":2: cohyponyms is 'maybe'",
    "first,second\ncat,\n": ":2: a noun is missing",
    "first,second\ncat,dog\n": "has no pair of other nouns",
    "first,second\ncat,car\n": "has no pair of cohyponyms",
}


@pytest.mark.parametrize("text", BAD_PAIRS)
def test_bad_pairs_are_refused_before_anything_is_drawn(text, tmp_path):
    path = tmp_path / "pairs.csv"
    path.write_text(text)
    assert BAD_PAIRS[text] in refused(tmp_path, "--pairs", path)


def test_other_mistakes(tmp_path, pairs, tiny_model):
    nouns = tmp_path / "nouns.txt"
    nouns.write_text("cat\n# no noun\n\ndog\ncat\n")
    assert ":5: the noun 'cat' is given twice" in refused(tmp_path, "--nouns", nouns)
    assert "not both" in refused(tmp_path, "--nouns", nouns, "--pairs", pairs)
    assert "none.csv is not there: name a file of pairs" in refused(tmp_path, "--pairs", tmp_path / "none.csv")
    assert "number from 1 on" in refused(tmp_path, "--per-class", "0")
    with pytest.raises(UserError, match="no pairs of both classes are left with the judge pixels"):
        judge = PixelJudge(known=frozenset({"zebra"}))
        cohyponyms(out=tmp_path / "run", pairs=pairs, model=tiny_model, judge=judge, **FAST)


def test_a_judge_that_cannot_look_at_such_pictures_is_refused_before_drawing(pairs, tiny_model, tmp_path):
    class Picky(PixelJudge):
        def judge(self, image, nouns):
            raise UserError("only pictures of 96x96")

    with pytest.raises(UserError, match="the judge pixels cannot be used here: only pictures of 96x96"):
        cohyponyms(out=tmp_path / "run", pairs=pairs, model=tiny_model, judge=Picky(), **FAST)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_people_judge_after_the_fact_and_what_nobody_judged_is_listed(pairs, tiny_model, tmp_path):
    fast = FAST | {"seeds": "0"}
    out, said = tmp_path / "run", tmp_path / "ada.csv"
    first = cohyponyms(out=out, pairs=pairs, model=tiny_model, judge=PixelJudge(), **fast)
    judged = first.rows("images")
    nouns = pd.read_csv(out / "nouns.csv").groupby("caption_id")["noun"].agg(list)
    maps = list(first.folder.heat_maps())
    lines = ["image,noun,present"]
    for one in maps[2:]:
        picture = as_image(one.image)
        verdicts = PixelJudge().judge(picture, nouns[one.caption_id])
        lines += [f"{image_key(picture)},{v.noun},{'yes' if v.present else 'no'}" for v in verdicts]
    said.write_text("\n".join(lines) + "\n")
    second = cohyponyms(out=out, pairs=pairs, model=tiny_model, judge=f"person:{said}", **fast)
    assert second.folder.dropped()["reason"].tolist() == ["nobody judged all of its nouns"] * 2
    columns = ["caption_id", "first_present", "second_present"]
    wanted = judged[columns].iloc[2:].reset_index(drop=True)
    pd.testing.assert_frame_equal(second.rows("images")[columns], wanted)
    assert second.rows("images")["blend"].isna().all()  # people do not say where
    assert second.table("corrected").empty and len(second.table("judge_range"))


def test_one_pair_of_each_kind_is_a_study_without_subsets():
    few = CohyponymStudy(RunFolder.open(tiny_run("cohyponyms")))
    assert few.pairs["cohyponyms"].tolist() == [False, True]
    assert few.table("subsets").empty and "difference" in few.table("subsets")
    assert (few.folder.figures / "hypernyms.svg").exists() and not (few.folder.figures / "subsets.svg").exists()
    assert few.table("outcomes").set_index("outcome")["n_images"]["both"] == 8
    page = few.folder.page.read_text(encoding="utf-8")
    assert "The pair of cohyponyms" in page and "whose maps overlap" not in page  # there is nothing to compare it with


def test_no_pair_is_shown_twice(done):
    """Of the four cohyponyms two overlap most and two least."""
    page = done.folder.page.read_text(encoding="utf-8")
    shown = [re.search(f'overlap_{end}.*?heat map for ([^"]*)', page, re.DOTALL)[1] for end in ("most", "least")]
    names = [re.findall(r"\w+ \+ \w+", names) for names in shown]
    assert [len(some) for some in names] == [2, 2] and not set(names[0]) & set(names[1])


def test_a_folder_is_measured_by_its_own_judge_and_by_what_people_say_now(tiny_model, pairs, tmp_path):
    """The kind in the registry serves many folders: none may inherit the judge of another, or old judgements."""
    options = {"pairs": pairs, "model": tiny_model, "seeds": "0", "steps": 1, "masks": ["soft"], "size": "96x96"}
    found = cohyponyms(out=tmp_path / "run", judge="micro", **options)
    said, own = tmp_path / "ada.csv", kind("cohyponyms")
    by_people = replace(found.folder.measurement, judge=f"person:{said}")
    for answer, outcome in (("yes", {"both"}), ("no", {"none"})):
        judged = {
            f"{image_key(as_image(m.image))},{w.text},{answer}"
            for m in found.heat_maps()
            for w in m.words
            if w.text.isalpha()
        }
        said.write_text("\n".join(["image,noun,present", *sorted(judged)]) + "\n")
        own.measure(found.folder, by_people)
        images = found.rows("images")
        assert set(images.loc[images["pair"] != "", "outcome"]) == outcome
        assert json.loads((found.path / "judge.json").read_text())["name"] == "person:ada.csv"
    own.measure(found.folder, replace(by_people, judge="micro"))
    assert json.loads((found.path / "judge.json").read_text())["name"] == "micro"
    with pytest.raises(UserError, match="cannot be loaded again"):
        own.measure(found.folder, replace(by_people, judge=""))


def test_where_nothing_could_be_measured_that_is_said(tiny_model, pairs, tmp_path):
    options = {"pairs": pairs, "model": tiny_model, "seeds": "0", "steps": 1, "masks": ["soft"], "batch_size": 16}
    (tmp_path / "ada.csv").write_text("image,noun,present\n0123456789abcdef,cat,yes\n")
    with pytest.raises(UserError, match=r"nothing could be measured in .*: \d+ dropped; the reasons: .*dropped\.csv"):
        cohyponyms(out=tmp_path / "run", judge=f"person:{tmp_path / 'ada.csv'}", **options)
    assert set(RunFolder(tmp_path / "run").dropped()["reason"]) >= {"nobody judged all of its nouns"}
