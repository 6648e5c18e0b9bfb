"""What a relation study was and what its relation table says: for the head of the page, captions and methods."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from visuosyn.report.prose import amount, listed, seeds_text
from visuosyn.report.run_text import (
    ATTENTION,
    MEASURED,
    additions_text,
    areas_text,
    drawing_text,
    pairs_text,
    parser_text,
    scheme_text,
    software_text,
)
from visuosyn.run import RunFacts
from visuosyn.stats.corrections import FEW
from visuosyn.studies.relations.statistics.verdicts import TEN_POINTS
from visuosyn.studies.relations.tables import SUMMARY_ROWS, one_rule


def in_one_sentence(facts: RunFacts, *, images: int) -> str:
    """What was run, for the head of the page."""
    each = "" if len(facts.seeds) == 1 else f", each with {amount(len(facts.seeds), 'seed')}"
    return (
        f"{amount(facts.captions, 'caption')} of {facts.corpus}, drawn by {facts.model}{each}: "
        f"{amount(images, 'picture')} with the heat maps of their words."
    )


def findings(table: pd.DataFrame, mask: str) -> list[str]:
    """What the relation table says, as sentences; each names its rule and what it rests on."""
    rows = one_rule(table, mask)
    if rows.empty:
        return [
            "No pair of words could be measured, so there is nothing to compare. The list of what was dropped says why."
        ]
    said = [_overlap_finding(rows.set_index("relation"), mask)]
    enough = rows[~rows["relation"].isin(SUMMARY_ROWS) & ~rows["few"]]
    if enough.empty:
        said.append(
            f"No relation occurs in {FEW} or more prompts: this run is too small to say anything about a "
            "single relation, as its intervals below show."
        )
        return [s for s in said if s]
    said.append(_direction_finding(enough, mask))
    turning = sorted(enough.loc[enough["rules_reversed"] > 0, "relation"])
    if turning:
        said.append(f"The rule decides the answer for {listed(turning)}: another rule finds the opposite direction.")
    return [s for s in said if s]


def _overlap_finding(rows: pd.DataFrame, mask: str) -> str:
    if not set(SUMMARY_ROWS) <= set(rows.index):
        return ""
    apart, joined = (rows.loc[name] for name in SUMMARY_ROWS)
    unclear = ""
    if joined["mIoU_high"] < apart["mIoU_low"]:
        compared = "less than"
    elif joined["mIoU_low"] > apart["mIoU_high"]:
        compared = "more than"
    else:
        compared, unclear = "neither clearly more nor clearly less than", " (the intervals overlap)"
    return (
        f"Under {mask}, the maps of a head and its dependent overlap {compared} those of unrelated words of the same "
        f"caption{unclear}: mIoU {joined['mIoU']:.1f} against {apart['mIoU']:.1f}. In the paper it is 43.4 against "
        "47.5. Overlap alone is no evidence of syntax."
    )


def _direction_finding(enough: pd.DataFrame, mask: str) -> str:
    decided = enough[enough["direction"] != ""]
    firm = decided[decided["rules_agreeing"] == decided["rules"]]
    have = "has" if len(decided) == 1 else "have"
    text = (
        f"Of {amount(len(enough), 'relation')} with at least {FEW} prompts, {len(decided) or 'none'} {have} a "
        f"direction under {mask} (the 95% interval of mIoD − mIoH excludes 0)"
    )
    if decided.empty:
        return text + "."
    several = int(decided["rules"].max()) > 1
    if several and firm.empty:
        text += "; none keeps it under every rule that can show one"
    elif several:
        sides = [_side(firm, side) for side in ("head", "dependent") if (firm["direction"] == side).any()]
        text += f"; under every rule that can show one it holds for {len(firm)}: {'; '.join(sides)}"
    large = int(decided["dominant"].sum())
    return f"{text}. {large or 'None'} of them exceed{'s' if large == 1 else ''} the paper's {TEN_POINTS:g} points."


def _side(firm: pd.DataFrame, side: str) -> str:
    return f"the {side}'s area is the larger for {listed(list(firm.loc[firm['direction'] == side, 'relation']))}"


def table_caption(facts: RunFacts, mask: str) -> str:
    """The caption of the relation table, with the facts that its numbers depend on."""
    return (
        "Overlap of the heat maps of word pairs by dependency relation, in per cent: "
        f"{amount(facts.captions, 'caption')} of {facts.corpus}, {facts.model}, {amount(facts.steps, 'step')}, "
        f"guidance {facts.guidance:g}, {amount(len(facts.seeds), 'seed')} a caption, trees {parser_text(facts)}; areas "
        f"by the mask rule {mask}. Diff. is mIoD − mIoH; intervals: expanded percentile bootstrap over prompts. The "
        "figures of Tang et al. (2023, Table 2) are for Stable Diffusion 2.0 base on 1,000 COCO captions."
    )


def methods(facts: RunFacts, *, masks: Sequence[str], edges: str, pairs: int, dropped: int) -> str:
    """A methods section ready to paste, with the facts of this run, its ``pairs`` of words and what was dropped."""
    seeds = f"{amount(len(facts.seeds), 'seed')} ({seeds_text(facts.seeds)})"
    be = "is" if dropped == 1 else "are"
    return (
        f"We drew {amount(facts.captions, 'caption')} of {facts.corpus} with {facts.model} ({drawing_text(facts)}), "
        f"{seeds} a caption, and {ATTENTION}. Dependency trees were {parser_text(facts)} in {scheme_text(facts)}; "
        f"head-dependent pairs are {pairs_text(edges)}{additions_text(facts)}. For "
        f"each of {pairs:,} head-dependent and unrelated word pairs of the captions, {MEASURED}; mIoD > mIoH "
        f"says that, where they overlap, the head's area is the larger. {areas_text(masks)} "
        "Means are given with 95% expanded percentile intervals "
        "(Hesterberg, 2015) from a bootstrap over prompts, since "
        f"pairs of one prompt are not independent; relations with fewer than {FEW} prompts are marked. "
        f"{amount(dropped, 'item')} could not be measured and {be} listed with the reason. "
        f"{software_text(facts)}"
    )
