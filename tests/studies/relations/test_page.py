from __future__ import annotations

import base64
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from tests.builder import RULES, heat_maps, pair_rows, sentence, study, write_report, write_run
from visuosyn.data import Dropped, Sentence
from visuosyn.errors import UserError
from visuosyn.run import RunFolder

EVIL = """<script>alert("x")</script> & 'quotes' </title> {{ 7 * 7 }}"""


class Page(HTMLParser):
    """Tags with their attributes, and the text outside of scripts and styles."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.inside: list[str] = []
        self.html = path.read_text(encoding="utf-8")
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag in ("script", "style"):
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and tag == self.inside[-1]:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if not self.inside:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]


def evil_sentence() -> Sentence:
    words = EVIL.split(" ")
    rows = [(w, "X", -1 if n == 0 else 0, "root" if n == 0 else "dep") for n, w in enumerate(words)]
    return sentence(EVIL, name="<i>9</i>", rows=rows)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    sentences, maps, pairs = study(copies=2)
    evil = evil_sentence()
    hostile = heat_maps(evil)
    lost = Dropped("word", evil.id, "<b>bold</b>", "'<b>bold</b>' lies past the text encoder's 77 tokens", 0)
    write_run(
        folder,
        [*sentences, evil],
        [*maps, hostile],
        pd.concat([pairs, pair_rows(hostile, evil)], ignore_index=True),
        dropped=[lost, lost],
        vocabulary=[("<u>balloon</u>", 4), ("walking", 4)],
    )
    write_report(folder)
    return folder


@pytest.fixture(scope="module")
def page(run: Path) -> Page:
    return Page(run / "index.html")


def side_data(run: Path, key: str) -> dict:
    text = (run / "images" / f"{key}.js").read_text(encoding="utf-8")
    found = re.fullmatch(r'VISUOSYN\.receive\("(\d+)",(.*)\);\n', text)
    assert found is not None and found[1] == key
    return json.loads(found[2])


def test_everything_that_is_promised_is_there(run: Path) -> None:
    names = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    figures = ("plane", "forest", "overlap_by_rule", "difference_by_rule", "contact_sheet")
    assert {f"figures/{name}.{suffix}" for name in figures for suffix in ("pdf", "svg", "png")} <= names
    assert {
        f"tables/{name}" for name in ("relations.csv", "relations.tex", "dropped_summary.csv", "sources.bib")
    } <= names
    assert sum(name.startswith("images/") for name in names) == 2 * 17
    assert "index.html" in names


def test_nothing_from_a_caption_becomes_markup(page: Page) -> None:
    assert len(page.all("script")) == 2
    assert not page.all("b") and not page.all("u") and not page.all("i")
    assert EVIL in page.text and "<i>9</i>" in page.text
    assert "{{ 7 * 7 }}" in page.text  # and not 49: captions are no templates
    assert any(attrs["alt"] == f"Picture drawn for the caption: {EVIL}" for attrs in page.all("img"))


def test_side_files_hold_no_markup_that_a_script_could_stumble_over(run: Path) -> None:
    data = side_data(run, "00016")
    assert "<script" not in data["tree"] and "&lt;script&gt;" in data["tree"]
    assert "<" not in (run / "images" / "00016.js").read_text(encoding="utf-8")


def test_nothing_is_fetched_from_elsewhere(page: Page) -> None:
    sources = [attrs["src"] for tag in ("img", "script") for attrs in page.all(tag) if attrs.get("src")]
    assert sources and all(re.match(r"data:|images/|figures/", str(source)) for source in sources)
    assert not page.all("link") and not page.all("iframe")
    assert "@import" not in page.html and "url(" not in page.html


def test_the_page_is_usable_without_a_mouse_or_eyes(page: Page) -> None:
    assert all(attrs.get("alt") for attrs in page.all("img"))
    assert ("html", {"lang": "en"}) in page.tags
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    targets = {str(a["href"])[1:] for a in page.all("a") if str(a["href"]).startswith("#")}
    assert targets <= set(ids)
    files = {str(a["href"]) for a in page.all("a") if not str(a["href"]).startswith("#")}
    assert {"dropped.csv", "run.json", "tables/relations.csv", "figures/forest.pdf"} <= files


def test_links_lead_somewhere(run: Path, page: Page) -> None:
    linked = [str(a["href"]) for a in page.all("a")] + [str(i["src"]) for i in page.all("img")]
    for target in linked:
        assert target.startswith(("#", "data:")) or (run / target).is_file(), target


def test_facts_losses_and_unknown_words_are_named(page: Page) -> None:
    text = re.sub(r"\s+", " ", page.text)
    assert "9 captions of captions.conllu, drawn by blobs, each with 2 seeds: 17 pictures" in text
    assert "8 words outside the model’s vocabulary" in text
    assert "Words outside the model’s vocabulary: 8 of" in text and "<u>balloon</u>" in text
    assert "‘…’ lies past the text encoder's 77 tokens" in text
    assert "DDIMScheduler, 20 steps, guidance 3" in text
    assert "Overlap alone is no evidence of syntax." in text
    assert "Tang, Raphael" in text and "We drew 9 captions" in text


def test_the_table_shows_every_row_of_every_rule_with_one_rule_open(run: Path, page: Page) -> None:
    bodies = [attrs for attrs in page.all("tbody") if "data-mask" in attrs]
    assert [b["data-mask"] for b in bodies[: len(RULES)]] == list(RULES)
    assert {b["data-mask"] for b in bodies if "hidden" not in b} == {RULES[0]}
    table = pd.read_csv(run / "tables" / "relations.csv")
    shown = [attrs["data-value"] for attrs in page.all("th") if "data-value" in attrs]
    assert shown[: len(table)] == table["relation"].tolist()


def test_relations_csv_keeps_the_columns_of_the_contract_in_front(run: Path) -> None:
    table = RunFolder(run).table("relations")
    estimates = [f"{m}{s}" for m in ("mIoU", "mIoD", "mIoH", "difference") for s in ("", "_low", "_high")]
    assert list(table.columns[:17]) == ["relation", "mask", "n_pairs", "n_prompts", "n_images", *estimates]
    assert table["relation"].tolist()[:2] == ["unrelated", "all head-dependent"]


def test_a_pictures_data_are_its_maps_and_measurements(run: Path) -> None:
    maps = next(iter(RunFolder(run).heat_maps()))
    data = side_data(run, "00000")
    sprite = Image.open(io.BytesIO(base64.b64decode(data["sprite"].partition(",")[2])))
    levels = np.asarray(sprite, dtype=float).reshape(maps.array.shape) / 255
    tops = np.array([top for _, top in data["words"]])
    assert np.abs(levels * tops[:, None, None] - maps.array).max() <= tops.max() * (0.5 / 255 + 1e-4)
    pairs = RunFolder(run).rows("pairs")
    mine = pairs[(pairs["caption_id"] == maps.caption_id) & (pairs["seed"] == maps.seed)]
    assert len(data["pairs"]) == mine["pair"].nunique()
    for number, relation, head, dependent, values in data["pairs"]:
        rows = mine[mine["pair"] == number].set_index("mask").loc[list(RULES)]
        assert set(rows["relation"]) == {relation}
        assert data["words"][head][0] == rows["head"].iloc[0]
        assert data["words"][dependent][0] == rows["dependent"].iloc[0]
        known = [[np.nan if v is None else v / 1000 for v in row] for row in values]
        assert np.allclose(known, rows[["iou", "iod", "ioh"]], atol=0.00051, equal_nan=True)


def test_side_files_and_page_are_light(run: Path) -> None:
    assert max(path.stat().st_size for path in (run / "images").glob("*.js")) < 40_000
    assert (run / "index.html").stat().st_size < 600_000


def test_the_same_run_gives_the_same_bytes_and_old_pictures_go(run: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {str(p.relative_to(run)): p.read_bytes() for p in sorted(run.rglob("*")) if p.is_file()}

    before = contents()
    (run / "images" / "99999.js").write_text("old")
    (run / "images" / "notes.png").write_text("someone's own")
    write_report(run)
    (run / "images" / "notes.png").unlink()
    assert contents() == before


def test_a_run_without_vocabulary_drops_or_pictures(tmp_path: Path) -> None:
    tree = sentence("a red ball", name="1")
    maps = heat_maps(tree, picture=False)
    text = Page(write_report(write_run(tmp_path, [tree], [maps], pair_rows(maps, tree), vocabulary=None))).text
    assert "The model does not say which words it was taught" in text
    assert "words outside the model’s vocabulary" not in text
    assert "Nothing: every caption, word and pair was measured." in text
    assert "No relation occurs in 20 or more prompts" in text


def test_what_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    tree = sentence("a red ball", name="1")
    maps = heat_maps(tree)
    run = write_run(tmp_path, [tree], [maps], pair_rows(maps, tree))
    (run / "images").write_text("a file where a folder must be")
    with pytest.raises(UserError, match=r"cannot write the report of .*images"):
        write_report(run)
    assert not (run / "index.html").exists()


def test_an_unmeasured_run_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"run\.json"):
        write_report(tmp_path)
