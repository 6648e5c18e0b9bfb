"""Statistics of an adjectival study: means and paired differences, clustered by template x adjective.

All tables have the columns ``measure, estimate, low, high, p, p_holm, p_bh, effect, effect_low, effect_high, n,
n_images, few, low_by_template, high_by_template`` after those that name the cell: percentage points (hundredths for
ssim), ``n`` the clusters, ``few`` n < 20. A measure "a - b" is the mean of differences within pictures (or pairs of
pictures), and is tested; levels are not. Clusters of one template share its scene and noise, so beside the interval
over clusters stands the wider one over templates.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

from visuosyn.run import RunFolder
from visuosyn.stats.clustered import Measures, clustered
from visuosyn.stats.corrections import POINTS, corrected
from visuosyn.stats.misclassification import true_share

ROWS = ("leakage", "changes", "colours", "bindings")  # the measured tables
ALL = "all adjectives"
BINDINGS = ("right", "swapped", "leaked", "other", "missing")
COMPARISONS = {  # comparison in the rows -> what it is against the first adjective's picture
    "adjective": "another adjective",
    "adjective, re-used": "another adjective, attention re-used",
    "none": "no adjective",
    "noun": "another noun",
    "seed": "another seed",
}

COIN = 0.5  # the accuracy of a judge that says nothing

Options = Mapping[str, Any]


def compute_statistics(folder: RunFolder) -> dict[str, pd.DataFrame]:
    """All tables of a measured study by name, at full precision; nothing is written.

    Those of ``adjective_tables`` and, where the judge's errors with colours were counted, ``judge_range``.

    >>> from visuosyn.testing import tiny_run
    >>> "judge_range" in compute_statistics(RunFolder(tiny_run("adjectives")))
    True
    """
    tables = adjective_tables({name: folder.rows(name) for name in ROWS})
    judge = json.loads((folder.path / "judge.json").read_text(encoding="utf-8"))
    if "colour" in judge.get("counts", {}):
        right, of = judge["counts"]["colour"]
        tables["judge_range"] = judge_range(tables, right=right, of=of)
    return tables


def adjective_tables(
    rows: Mapping[str, pd.DataFrame], *, draws: int = 10_000, seed: int = 0, level: float = 0.95
) -> dict[str, pd.DataFrame]:
    """From the rows of a study ("leakage", "changes", "colours", "bindings") to its tables, those that have rows.

    ``leakage`` by adjective and mask rule; ``leakage_pairs`` the same in prompts with two adjectives; ``changes`` by
    comparison; ``change_differences``, what re-used attention and the controls do to a change; ``templates``, leakage
    and change of each; ``own_colour`` and ``other_colours`` by adjective; ``bindings``, shares of the outcomes.

    >>> import pandas as pd
    >>> outcomes = pd.DataFrame({"template": ["1", "2"], "cluster": ["1 red", "2 red"], "outcome": ["right", "leaked"]})
    >>> from visuosyn.studies.adjectives.measure import COLUMNS
    >>> none = {name: pd.DataFrame(columns=columns) for name, columns in COLUMNS.items()}
    >>> tables = adjective_tables(none | {"bindings": outcomes}, draws=99)
    >>> tables["bindings"].head(2)[["scene", "measure", "estimate"]]
               scene  measure  estimate
    0  all templates    right      50.0
    1  all templates  swapped       0.0
    """
    options = {"draws": draws, "seed": seed, "level": level}
    leaks, changes, colours = rows["leakage"], rows["changes"], rows["colours"]
    one, two = leaks[leaks["role"] == "adjective"], leaks[leaks["role"] == "pair"]
    own = colours["own"].astype(bool)  # of no rows: columns of objects
    tables = {
        "leakage": _leakage(one, options),
        "leakage_pairs": _leakage(two, options),
        "changes": _by(_named(changes), ["comparison"], _levels(changes, ("rgb_", "ssim_")), options),
        "change_differences": _change_differences(changes, options),
        "templates": _templates(one, changes, options),
        "own_colour": _own_colour(colours[own], options),
        "other_colours": _other_colours(colours[~own], options),
        "bindings": _bindings(rows["bindings"], options),
    }
    return {name: table for name, table in tables.items() if len(table)}


def judge_range(tables: Mapping[str, pd.DataFrame], *, right: int, of: int, level: float = 0.95) -> pd.DataFrame:
    """The shares of pictures in which the judge sees the adjective, corrected for its errors with colours.

    ``right`` of ``of`` colours were right where the truth is known. One row a share, in percentage points: table,
    measure, reused, judged, judged_low, judged_high, then ``corrected`` (Rogan & Gladen 1978, (q + Sp - 1) / (Se + Sp -
    1) with Se = Sp = right / of) and ``corrected_low``, ``corrected_high``: the widest that the ends of the shares'
    intervals and of the accuracy's (Jeffreys) give; 0 to 100 where that interval reaches down to a coin's accuracy. Sp
    is pessimistic: a wrong colour need not be the adjective's. Caveat: the accuracy was measured on rendered scenes; a
    generated thing may be harder to recognise.

    >>> import pandas as pd
    >>> seen = {"adjective": "all adjectives", "measure": "obeyed", "reused": False}
    >>> table = pd.DataFrame([seen | {"estimate": 80.0, "low": 70.0, "high": 90.0}])
    >>> judge_range({"own_colour": table}, right=95, of=100)[["judged", "corrected"]].round(1)  # (.8 + .95 - 1) / .9
       judged  corrected
    0    80.0       83.3
    """
    accuracies = [right / of, *stats.beta.ppf([(1 - level) / 2, (1 + level) / 2], right + 0.5, of - right + 0.5)]
    wanted = {"own_colour": ("obeyed", "without adjective"), "other_colours": ("tinted", "without adjective")}
    rows = []
    for name, measures in wanted.items():
        table = tables[name] if name in tables else pd.DataFrame({"adjective": []})
        for row in table[table["adjective"] == ALL].to_dict("records"):
            if row["measure"] in measures:
                judged = {"judged": row["estimate"], "judged_low": row["low"], "judged_high": row["high"]}
                share = {"table": name, "measure": row["measure"], "reused": row["reused"]}
                rows.append(share | judged | _corrected(row, accuracies))
    return pd.DataFrame(rows)


def _corrected(row: Mapping[Hashable, Any], accuracies: Sequence[float]) -> dict[str, float]:
    """The corrected share and its widest ends, from the estimate of the judge's accuracy and the interval's ends."""
    if min(accuracies) <= COIN:  # the judge may be no better than a coin: the true share may be any
        point = _true_points(row["estimate"], accuracies[0]) if accuracies[0] > COIN else np.nan
        return {"corrected": point, "corrected_low": 0.0, "corrected_high": float(POINTS)}
    ends = [_true_points(row[end], accuracy) for end in ("low", "high", "estimate") for accuracy in accuracies]
    point = _true_points(row["estimate"], accuracies[0])
    return {"corrected": point, "corrected_low": min(ends), "corrected_high": max(ends)}


def _true_points(points: float, accuracy: float) -> float:
    """A share in points, corrected for a judge that is right with this chance either way, cut to 0..100."""
    return float(true_share(points / POINTS, sensitivity=accuracy, specificity=accuracy).clip(0, 1)) * POINTS


def _by(rows: pd.DataFrame, cells: Sequence[str], measures: Measures, options: Options) -> pd.DataFrame:
    """Means by cell, clustered by template x adjective and by template, corrected mask rule by mask rule."""
    if rows.empty:
        return pd.DataFrame()
    by = [name for name in cells if name == "mask"]
    found = clustered(rows, cells, measures, cluster="cluster", wider="template", by=by, counted="n_images", **options)
    return found


def _with_all(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows of all adjectives together, then those of each."""
    return pd.concat([rows.assign(adjective=ALL), rows.sort_values("adjective", kind="stable")], ignore_index=True)


def _levels(rows: pd.DataFrame, prefixes: tuple[str, ...]) -> Measures:
    return {name: (name, None) for name in rows.columns if name.startswith(prefixes)}


def _leakage(rows: pd.DataFrame, options: Options) -> pd.DataFrame:
    measures: Measures = {
        "leakage": ("leakage", None),
        "noun_leakage": ("noun_leakage", None),
        "on_others": ("on_others", None),
        "chance": ("chance", None),
        "leakage - noun_leakage": ("leakage", "noun_leakage"),
        "leakage - chance": ("leakage", "chance"),
    }
    return _by(_with_all(rows), ["adjective", "mask"], measures, options)


def _named(changes: pd.DataFrame) -> pd.DataFrame:
    """The comparisons under the names that readers see."""
    return changes.assign(comparison=changes["comparison"].map(COMPARISONS))


def _change_differences(changes: pd.DataFrame, options: Options) -> pd.DataFrame:
    """Each adjective's free picture minus its own with re-used attention, and minus the controls of its scene."""
    free = changes[changes["comparison"] == "adjective"]
    tables = []
    for comparison, name in COMPARISONS.items():
        keys = ["cluster", "seed"] if comparison == "adjective, re-used" else ["template", "seed"]
        other = changes[changes["comparison"] == comparison]
        values = [column for column in changes if str(column).startswith(("rgb_", "ssim_"))]
        both = free.merge(other[[*keys, *values]], on=keys, suffixes=("", "_other"))
        if comparison != "adjective" and len(both):
            measures = {f"{value} - {name}": (str(value), f"{value}_other") for value in values}
            tables.append(_by(both.assign(against=name), ["against"], measures, options))
    if not tables:
        return pd.DataFrame()
    table = pd.concat(tables, ignore_index=True).drop(columns=["p_holm", "p_bh"])
    table["measure"] = table["measure"].str.partition(" - ")[0]
    return corrected(table)


def _templates(leaks: pd.DataFrame, changes: pd.DataFrame, options: Options) -> pd.DataFrame:
    """Leakage under the rule soft (else the first) and change outside, template by template."""
    rules = list(dict.fromkeys(leaks["mask"]))
    rule = "soft" if "soft" in rules else next(iter(rules), "")
    free = changes[changes["comparison"].isin(["adjective", "adjective, re-used"])]
    tables = [
        _by(leaks[leaks["mask"] == rule], ["template"], {"leakage": ("leakage", None)}, options),
        *(
            _by(rows, ["template"], {f"{COMPARISONS[str(name)]}: rgb_outside": ("rgb_outside", None)}, options)
            for name, rows in free.groupby("comparison", sort=False)
        ),
    ]
    return pd.concat(tables, ignore_index=True) if any(map(len, tables)) else pd.DataFrame()


def _own_colour(rows: pd.DataFrame, options: Options) -> pd.DataFrame:
    rows = rows.assign(obeyed=rows["seen"] == rows["adjective"], unasked=rows["control"] == rows["adjective"])
    measures: Measures = {
        "obeyed": ("obeyed", None),
        "without adjective": ("unasked", None),
        "obeyed - without adjective": ("obeyed", "unasked"),
    }
    return _by(_with_all(rows), ["adjective", "reused"], measures, options)


def _other_colours(rows: pd.DataFrame, options: Options) -> pd.DataFrame:
    rows = rows.assign(
        tinted=rows["seen"] == rows["adjective"],
        unasked=rows["control"] == rows["adjective"],
        changed=rows["seen"] != rows["control"],
    )
    measures: Measures = {
        "tinted": ("tinted", None),
        "without adjective": ("unasked", None),
        "tinted - without adjective": ("tinted", "unasked"),
        "changed": ("changed", None),
    }
    return _by(_with_all(rows), ["adjective", "reused"], measures, options)


def _bindings(rows: pd.DataFrame, options: Options) -> pd.DataFrame:
    """Shares of the outcomes, in all pictures and template by template."""
    for outcome in BINDINGS:
        rows = rows.assign(**{outcome: rows["outcome"] == outcome})
    measures: Measures = {outcome: (outcome, None) for outcome in BINDINGS}
    measures = {**measures, "swapped - leaked": ("swapped", "leaked")}
    both = pd.concat([rows.assign(scene="all templates"), rows.assign(scene=rows["template"])], ignore_index=True)
    return _by(both, ["scene"], measures, options)
