"""What the statistics say, as sentences; every figure in them comes from the tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from visuosyn.report.prose import amount, listed
from visuosyn.stats.corrections import FEW
from visuosyn.studies.relations.statistics.dominance import DIFFERENCE
from visuosyn.studies.relations.statistics.multiverse import UNIVERSE
from visuosyn.studies.relations.statistics.tables import MATCHED
from visuosyn.studies.relations.statistics.verdicts import OVERLAP
from visuosyn.studies.relations.tables import SUMMARY_ROWS

ALPHA = 0.05
PARTS = ["factor", "share"]
CHOICES = {
    "normalisation": "the normalisation of maps",
    "layers": "layers",
    "third": "thirds of the steps",
    "mask": "mask rules",
}
ROBUST = 0.9  # of the analyses: from here on a finding is called robust


def universes(tables: Mapping[str, pd.DataFrame]) -> int:
    """In how many analyses the multiverse was computed."""
    table = tables.get("multiverse")
    return 0 if table is None else len(table[UNIVERSE].drop_duplicates())


def crossed(tables: Mapping[str, pd.DataFrame]) -> str:
    """Which choices the multiverse varies; those that a model or a run leaves no room for are not named.

    >>> import pandas as pd
    >>> rows = {"normalisation": ["none", "words"], "layers": ["all", "all"], "third": ["all", "late"], "mask": "soft"}
    >>> crossed({"multiverse": pd.DataFrame(rows)})
    'the normalisation of maps and thirds of the steps'
    """
    varied = [CHOICES[name] for name in UNIVERSE if tables["multiverse"][name].nunique() > 1]
    return listed(varied) or "no choice but one"


def statements(tables: Mapping[str, pd.DataFrame], mask: str) -> list[str]:
    """The findings of the tests for the head of the page; nothing where no relation has enough prompts."""
    tested, explained = _tested(tables["differences"], mask), _explained(tables, mask)
    sentences = [tested, _syntax(tables, mask), _picture(tables, mask), _robust(tables), explained]
    return [sentence for sentence in sentences if sentence]


def methods(tables: Mapping[str, pd.DataFrame], *, draws: int) -> str:
    """What the tests were, to follow ``prose.methods``: each kind that the tables hold, with its facts.

    ``draws``: sign patterns and bootstrap samples.
    """
    sentences = [
        f"mIoD − mIoH was tested by flipping the signs of whole prompts ({draws:,} patterns); p is corrected over the "
        "relations and measures of a mask rule after Holm (1979), and in the tables also after Benjamini and Hochberg "
        "(1995)."
    ]
    if "contrasts" in tables:
        controls = listed(list(dict.fromkeys(tables["contrasts"]["control"])))
        sentences.append(f"Each pair was also set against its controls ({controls}), tested in the same way.")
    if many := universes(tables):
        sentences.append(
            f"Every finding was looked for in {many:,} analyses, which cross {crossed(tables)} (Steegen et al., 2016; "
            "Simonsohn et al., 2020)."
        )
    if "mixed_components" in tables:
        parts = tables["mixed_components"]
        factors = listed([name.replace("_", " ") for name in dict.fromkeys(parts["factor"]) if name != "rest"])
        sentences.append(
            f"{' and '.join(dict.fromkeys(parts['measure']))} were also modelled by linear mixed models (REML) with "
            "the relation, areas, distance, order, position, word pieces and similarity of the embeddings as fixed "
            f"effects and crossed random effects of {factors}."
        )
    return " ".join(sentences)


def enough(table: pd.DataFrame) -> pd.DataFrame:
    """The relations of a table that have enough prompts."""
    return table[~table["few"] & ~table["relation"].isin(SUMMARY_ROWS)]


def _tested(differences: pd.DataFrame, mask: str) -> str:
    rows = enough(differences[(differences["mask"] == mask) & differences["p"].notna()])
    if rows.empty:
        return ""
    found = rows[rows["p_holm"] < ALPHA]
    sides = [
        (found["estimate"] > 0, "the head's area is the larger one"),
        (found["estimate"] < 0, "the dependent's is"),
    ]
    by_side = "; ".join(
        f"{words} for {listed(list(found.loc[side, 'relation']))}" for side, words in sides if side.any()
    )
    return (
        f"Sign-flip tests of mIoD − mIoH by prompt under {mask}: {len(found) or 'none'} of "
        f"{amount(len(rows), 'relation')} with {FEW} or more prompts differ{'s' * (len(found) == 1)} from 0 after "
        "Holm's correction" + (f": {by_side}." if by_side else ".")
    )


def _syntax(tables: Mapping[str, pd.DataFrame], mask: str) -> str:
    """The contrast that bears on syntax: pairs against unrelated pairs that look like them."""
    counted = _against(tables, mask, MATCHED)
    if not counted:
        return (
            f"No relation has {FEW} prompts with unrelated pairs of the same parts of speech and distance in the same "
            "picture, so this run cannot tell the effect of syntax from that of the words' kinds and distance."
        )
    return (
        "Is it the syntax? Against unrelated words of the same parts of speech and distance in the same picture, of "
        f"{counted} (Holm, mIoU)."
    )


def _picture(tables: Mapping[str, pd.DataFrame], mask: str) -> str:
    """The contrast that bears on the picture: the same words, their maps from two pictures."""
    counted = _against(tables, mask, "another image")
    return (
        "Is it this picture? Against the same two words with the head's map from another seed's picture, of "
        f"{counted} (Holm, mIoU)."
        if counted
        else ""
    )


def _against(tables: Mapping[str, pd.DataFrame], mask: str, control: str) -> str:
    """How many relations overlap more or less than a control; empty where none has enough prompts."""
    table = tables.get("contrasts", pd.DataFrame({"control": []}))
    rows = table[table["control"] == control]
    if rows.empty:
        return ""
    rows = enough(rows[(rows["mask"] == mask) & (rows["measure"] == "mIoU") & rows["p"].notna()])
    if rows.empty:
        return ""
    sides = {"more": rows["estimate"] > 0, "less": rows["estimate"] < 0}
    counted, sure = [], rows["p_holm"] < ALPHA
    for word, side in sides.items():
        names = list(rows.loc[side & sure, "relation"])
        counted += [f"{len(names)} overlap{'s' * (len(names) == 1)} {word} ({listed(names)})"] if names else []
    counted += [f"{(~sure).sum()} cannot be told apart from them"] if (~sure).any() else []
    return f"{amount(len(rows), 'relation')} under {mask}: {'; '.join(counted)}"


def _robust(tables: Mapping[str, pd.DataFrame]) -> str:
    verdicts = tables.get("multiverse_verdicts")
    if verdicts is None:
        return ""
    sentences = []
    questions = (
        (DIFFERENCE, "a direction", "those without equal areas"),
        (OVERLAP, "a difference in overlap from unrelated pairs", "all"),
    )
    for measure, words, counted in questions:
        rows = enough(verdicts[verdicts["measure"] == measure])
        sided = rows[~rows["finding"].isin(["none", "mixed"])]
        firm = sided[sided["share"] >= ROBUST]
        if len(rows):
            names = [f"{row.relation} ({row.finding}, {row.holds_in} of {row.of})" for row in firm.itertuples()]
            sentences.append(
                f"{words} holds in at least {ROBUST:.0%} of {counted} for {listed(names) if names else 'no relation'}"
            )
    return f"Over {universes(tables):,} analyses of the same pictures, {'; '.join(sentences)}." if sentences else ""


def _explained(tables: Mapping[str, pd.DataFrame], mask: str) -> str:
    fits = {str(row["measure"]): row for row in tables["mixed_diagnostics"].to_dict("records")}
    components = tables.get("mixed_components")
    if components is None or not fits["mIoU"]["converged"]:
        return f"The mixed model of mIoU under {mask}: {fits['mIoU']['message']}."
    shares = components[components["measure"] == "mIoU"].sort_values("share", ascending=False)
    lies_in = listed([f"{str(name).replace('_', ' ')} {share:.0%}" for name, share in shares[PARTS].to_numpy()])
    return f"Under {mask}, the variance of mIoU that relations and covariates do not explain lies in: {lies_in}."


def agreement(rows: pd.DataFrame) -> str:
    """How far our figures agree with published ones: signs of mIoD - mIoH, and ranks."""
    own = rows[~rows["relation"].isin(SUMMARY_ROWS) & rows["difference"].notna()]
    if len(own) < 3:
        return f"{amount(len(own), 'relation')} in common: too few to compare ranks."
    same = int((np.sign(own["difference"]) == np.sign(own["paper_difference"])).sum())
    ranks = [
        f"{label} {own[name].rank().corr(own[f'paper_{name}'].rank()):.2f}".replace("-", "−")
        for name, label in (("mIoU", "mIoU"), ("difference", "mIoD − mIoH"))
        if own[name].nunique() > 1
    ]
    correlations = f"; rank correlation (Spearman) of {' and '.join(ranks)}" if ranks else ""
    return f"The sign of mIoD − mIoH is the same for {same} of {amount(len(own), 'relation')}{correlations}."
