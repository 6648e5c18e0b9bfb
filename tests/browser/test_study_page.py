"""The page of a study of 200 pictures, opened from disk and used as a reader does: pointer, keyboard, light, dark."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import serious_faults
from tests.builder import TREES, study, write_report, write_run

PAINTED = """card => {
  const shown = card.querySelector(".stage canvas");
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [shown.width, shown.height];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(shown, 0, 0);
  const data = context.getImageData(0, 0, canvas.width, canvas.height).data;
  let sum = 0;
  for (let i = 3; i < data.length; i += 4) sum += data[i];
  return sum;
}"""


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    sentences, maps, pairs = study(copies=25, seeds=(0, 1))
    assert len(maps) == 200
    write_run(folder, sentences, maps, pairs)
    return write_report(folder)


@pytest.fixture
def watched(watch: Any, page_file: Path) -> Any:
    opened = watch()
    opened.page.goto(page_file.as_uri())
    yield opened
    assert opened.said == []  # no message, no error, nothing that could not be loaded
    assert all(url.startswith(("file:", "data:")) for url in opened.asked)


def first_card(page: Any) -> Any:
    card = page.locator(".card").first
    card.scroll_into_view_if_needed()
    card.locator("svg.tree").wait_for()
    return card


def painted(card: Any) -> float:
    return card.evaluate(PAINTED)


def test_it_loads_in_under_two_seconds_and_pictures_come_when_seen(watch: Any, page_file: Path) -> None:
    opened = watch()
    started = time.perf_counter()
    opened.page.goto(page_file.as_uri())
    assert time.perf_counter() - started < 2
    assert opened.page.locator(".card").count() == 200
    loaded = sum(url.endswith(".js") for url in opened.asked)
    first_card(opened.page)
    assert loaded < 20 < 200, "side files are loaded when they come into view"
    assert sum(url.endswith(".js") for url in opened.asked) > loaded
    assert opened.said == []


@pytest.mark.slow
def test_two_thousand_pictures_stay_usable(watch: Any, tmp_path: Path) -> None:
    opened = watch()
    page = opened.page
    sentences, maps, pairs = study(copies=250, seeds=(0, 1))
    first = {one.id for one in sentences[:100]}  # the statistics of all pairs take minutes and load nothing here
    write_run(tmp_path, sentences, maps, pairs[pairs["caption_id"].isin(first)])
    url, took = write_report(tmp_path).as_uri(), {}
    started = time.perf_counter()
    page.goto(url)
    took["load"] = time.perf_counter() - started
    assert page.locator(".card").count() == 2000
    started = time.perf_counter()
    page.locator(".find").fill("monkey")
    assert page.locator(".found").inner_text() == "500 of 2000 pictures"
    took["find"] = time.perf_counter() - started
    assert took["load"] < 5 and took["find"] < 2, took
    page.locator('button.show-relation[data-relation="obj"]').first.click()
    page.locator(".card:visible details table").first.wait_for()
    assert {text[:7] for text in page.locator(".card:visible h3").all_text_contents()} == {"the pig"}
    loaded = sum(url.endswith(".js") for url in opened.asked)
    assert 0 < loaded < 60, "side files are loaded when they come into view"
    assert opened.said == []


def test_a_word_under_the_pointer_shows_its_map_and_a_click_keeps_it(watched: Any) -> None:
    card = first_card(watched.page)
    assert painted(card) == 0
    card.locator("svg .word").first.hover()
    assert painted(card) > 0
    assert "heat map scaled by its own maximum" in card.locator(".readout").inner_text()
    watched.page.mouse.move(0, 0)
    assert painted(card) == 0
    card.locator("svg .word").first.click()
    watched.page.mouse.move(0, 0)
    assert painted(card) > 0
    assert card.locator("svg .word").first.get_attribute("aria-pressed") == "true"


def test_an_arc_shows_both_areas_and_the_overlap(watched: Any) -> None:
    card = first_card(watched.page)
    card.locator("svg .arc.measured").first.locator(".label").click()
    text = card.locator(".readout").inner_text()
    assert painted(card) > 0
    for part in ("head", "dependent", "both", "IoU", "IoD", "IoH", "under relative:0.3"):
        assert part in text
    assert card.locator("svg .as-head").count() == card.locator("svg .as-dependent").count() == 1


def test_the_slider_changes_areas_and_says_that_numbers_are_worked_out_again(watched: Any) -> None:
    card = first_card(watched.page)
    card.locator("svg .arc.measured").first.locator(".label").click()
    before = painted(card)
    watched.page.locator(".threshold").evaluate(
        "slider => { slider.value = 0.9; slider.dispatchEvent(new Event('input', { bubbles: true })); }"
    )
    assert 0 < painted(card) < before, "a higher threshold leaves smaller areas"
    text = card.locator(".readout").inner_text()
    assert "under relative:0.9" in text and "about, from the maps of this page" in text
    assert watched.page.locator(".threshold-value").inner_text() == "0.90"


def column(page: Any, number: int) -> list[float]:
    cells = page.locator("#relation-table tbody:not([hidden]) tr:not(.pinned)").all()
    return [float(row.locator("td").nth(number).get_attribute("data-value")) for row in cells]


def test_the_table_sorts_by_number_both_ways_and_another_rule_has_other_numbers(watched: Any) -> None:
    page = watched.page
    header = page.locator("#relation-table th").filter(has_text="mIoD").first
    for order in (-1, 1):  # the largest first
        header.locator("button").click()
        values = column(page, 2)
        assert values == sorted(values)[::order] and len(set(values)) > 3
    before = column(page, 2)
    page.locator("select.mask").first.select_option("soft")
    assert column(page, 2) != before


def shown_relations(page: Any) -> list[str]:
    return page.locator("#relation-table tbody:not([hidden]) tr:not(.pinned):visible th").all_text_contents()


def test_the_table_of_relations_is_filtered_by_name_and_gloss_under_every_rule(watched: Any) -> None:
    page = watched.page
    find, found = page.get_by_label("Relations with"), page.get_by_role("status").and_(page.locator(".relations-found"))
    everything, beside = shown_relations(page), page.locator("#relation-table .pinned:visible").count()
    assert found.inner_text() == f"{len(everything)} relations"
    find.fill(" OBJ ")
    assert [text[:3] for text in shown_relations(page)] == ["obj"]
    page.locator("select.mask").first.select_option("soft")
    assert found.inner_text() == f"1 of {len(everything)} relations"
    assert page.locator("#relation-table .pinned:visible").count() == beside > 0
    find.fill("determiner")
    assert [text[:3] for text in shown_relations(page)] == ["det"]
    find.fill("")
    assert sorted(shown_relations(page)) == sorted(everything)


def test_a_chosen_relation_lists_its_pairs_alone(watched: Any) -> None:
    page = watched.page
    card = first_card(page)
    assert card.locator("summary").text_content() == "All 3 measured pairs of this picture"
    assert card.locator("details table").count() == 0
    page.locator('button.show-relation[data-relation="det"]').first.click()
    card.locator("details table").wait_for()
    assert card.locator("summary").text_content() == "det: 1 of 3 measured pairs of this picture"
    assert card.locator("details tbody tr").count() == 1
    assert card.locator("details tbody td").all_text_contents()[:3] == ["det", "ball", "a"]
    page.locator("select.relation").select_option("any")
    assert card.locator("summary").text_content() == "All 3 measured pairs of this picture"
    card.locator("summary").click()
    card.locator("details tbody tr").nth(2).wait_for()


def test_the_filter_and_a_relations_button_lead_to_its_pictures(watched: Any) -> None:
    page = watched.page
    page.locator(".find").fill("monkey")
    assert page.locator(".card:visible").count() == 50 == 200 // len(TREES)
    assert page.locator(".found").inner_text() == "50 of 200 pictures"
    page.locator('button.show-relation[data-relation="obj"]').first.click()
    assert page.locator(".find").input_value() == "" and page.locator("select.relation").input_value() == "obj"
    assert page.locator(".found").inner_text() == "50 of 200 pictures"
    visible = page.locator(".card:visible h3").all_text_contents()
    assert {text[:15] for text in visible} == {"the pig holds a"}
    page.locator(".card:visible svg.tree").first.wait_for()
    assert page.locator(".card:visible svg .arc.wanted").first.get_attribute("aria-label").startswith("obj:")


def test_everything_is_reached_by_keyboard(watched: Any) -> None:
    page = watched.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    card = first_card(page)
    card.locator("svg .word").first.focus()
    one = card.locator(".readout").inner_text()
    page.keyboard.press("ArrowRight")
    assert painted(card) > 0 and card.locator(".readout").inner_text() != one
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert painted(card) > 0, "what Enter kept stays"
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.closest('.strip') !== null")
    page.locator("#relation-table button.sort").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("#relation-table th[aria-sort=ascending]").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark_have_no_serious_accessibility_fault(watch: Any, page_file: Path, scheme: str) -> None:
    opened = watch(color_scheme=scheme)
    opened.page.goto(page_file.as_uri())
    ground = opened.page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 22, 24)"}[scheme]
    opened.page.evaluate("document.querySelectorAll('.card').forEach((card, i) => { if (i > 3) card.remove(); })")
    first_card(opened.page).locator("svg .arc.measured .label").first.click()
    assert serious_faults(opened.page) == []
