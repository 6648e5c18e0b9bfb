"""A mixed model of overlap: relations and covariates fixed; prompt, image, pair and lemmas random."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from visuosyn.errors import UserError
from visuosyn.stats.corrections import FEW, POINTS, corrected
from visuosyn.stats.mixed import (
    coefficient_table,
    component_table,
    diagnostics,
    fitting_units,
    group_table,
    independent,
    random_factors,
    standardised,
)
from visuosyn.stats.reml import DENSE, Fit, fit_reml
from visuosyn.studies.relations.statistics.dominance import DIFFERENCE
from visuosyn.studies.relations.statistics.sums import KEPT, NAMES, UNRELATED

COVARIATES = (
    *("head_area", "dependent_area", "log_distance", "head_first", "head_position"),
    *("head_tokens", "dependent_tokens", "cosine"),
)
FACTORS = ("prompt", "image", "pair", "head_lemma", "dependent_lemma")


@dataclass(frozen=True, eq=False)
class MixedModel:
    """A fitted model as tables, in percentage points.

    ``relations``: marginal means at average covariates (``mean``, ``mean_low``, ``mean_high``) and, as named results,
    each relation minus unrelated pairs. ``covariates``: change of the measure for one standard deviation of each.
    ``components``: standard deviation and share of variance of each random factor and of the rest. ``diagnostics``:
    rows used and left out, what was dropped from the model, convergence, shape of the residuals.

    >>> import pandas as pd
    >>> from visuosyn.testing import pair_rows
    >>> seeds = [(0.8, 0.5), (0.6, 0.3), (0.9, 0.4)], [(0.9, 0.5), (0.6, 0.5), (0.7, 0.4)]
    >>> pairs = pd.concat([pair_rows({"amod": values}, seed=seed) for seed, values in enumerate(seeds)])
    >>> model = mixed_model(pairs, measure="iod", covariates=())
    >>> model.components[["factor", "levels"]]
       factor  levels
    0  prompt       3
    1    rest       6
    >>> model.diagnostics["rows"], model.diagnostics["not_in_the_model"]
    (6, 'image, pair, head_lemma, dependent_lemma')
    """

    relations: pd.DataFrame
    covariates: pd.DataFrame
    components: pd.DataFrame
    diagnostics: dict[str, object]


def mixed_model(
    pairs: pd.DataFrame,
    *,
    measure: str = "iou",
    mask: str | None = None,
    covariates: Sequence[str] = COVARIATES,
    most_levels: int = DENSE,
    level: float = 0.95,
) -> MixedModel:
    """Fit measure ~ relation + covariates + (1 | prompt) + (1 | image) + (1 | pair) + (1 | lemmas) by REML.

    ``measure`` is iou, iod, ioh or difference (iod - ioh); ``mask`` the rule, needed where the table holds several.
    Rows are (pair, image); a pair has a random effect of its own, since its seeds repeat one measurement; image is a
    seed within a noise id. Factors that add nothing of their own (one level, or one a row, or those of another factor)
    are left out and named in ``diagnostics``, as are covariates without variance or known values. All factors but the
    largest may have ``most_levels`` levels together (each evaluation factorises a matrix of that size): of a study
    with more, as many prompts as fit are sampled at random, by a fixed seed; ``diagnostics`` says how many.

    How to read: ``estimate`` is how much more related pairs have than unrelated ones of equal areas, distance, order
    and text similarity; ``components`` say where variance lies: with most of it in "pair" and "prompt", more seeds
    do not help. p and intervals use t with (prompts with the relation - 1) degrees of freedom. Caveats: areas are
    part of IoD's and IoH's own denominators, so with them as covariates a relation's effect on areas is taken out;
    a relation that differs from prompt to prompt makes these intervals too narrow, where the bootstrap's hold.

    >>> import pandas as pd
    >>> from visuosyn.testing import pair_rows
    >>> amod, rest = [(0.9, 0.5), (0.7, 0.5), (0.8, 0.6)], [(0.5, 0.6), (0.4, 0.4), (0.6, 0.5)]
    >>> pairs = [pair_rows({"amod": amod, "unrelated": rest}, seed=seed) for seed in (0, 1)]
    >>> model = mixed_model(pd.concat(pairs), measure="iod", covariates=())
    >>> model.relations[["relation", "mean", "estimate", "n"]].round(1)
        relation  mean  estimate  n
    0  unrelated  50.0       NaN  3
    1       amod  80.0      30.0  3
    """
    rows = _rows(pairs, measure, mask)
    used = [name for name in covariates if name in rows and rows[name].notna().any()]
    whole = rows.dropna(subset=["value", *used])
    kept = whole[fitting_units(whole["prompt"], lambda some: _factors(whole[some]), most_levels)]
    used = [name for name in used if kept[name].nunique() > 1]
    sizes = kept["label"].value_counts()
    names = sorted(sizes.index, key=lambda name: (name != UNRELATED, -sizes[name], name))
    prompts = kept["prompt"].nunique()
    if len(kept) <= len(names) + len(used) + 1 or prompts < 2:
        raise UserError(f"{len(kept)} rows of {prompts} prompts are too few for a mixed model")
    fixed = np.stack([kept["label"] == name for name in names], axis=1).astype(np.float64)
    scaled = independent(fixed, {name: standardised(kept[name]) for name in used})
    factors = _factors(kept)
    fit = fit_reml(kept["value"].to_numpy(), np.column_stack([fixed, *scaled.values()]), factors)
    dropped = [name for name in (*covariates, *FACTORS) if name not in scaled and name not in factors]
    return MixedModel(
        relations=_relations(kept, names, fit, NAMES.get(measure, DIFFERENCE), level),
        covariates=_covariates(list(scaled), len(names), fit, prompts - 1, level),
        components=_points(component_table(fit, factors), "sd"),
        diagnostics={
            "rows": len(kept),
            "rows_left_out": len(rows) - len(whole),
            "prompts": prompts,
            "prompts_not_sampled": whole["prompt"].nunique() - prompts,
            "not_in_the_model": ", ".join(dropped),
            **diagnostics(fit),
        },
    )


def mixed_tables(
    pairs: pd.DataFrame, *, mask: str, measures: Sequence[str] = ("iou", "difference"), most_levels: int = DENSE
) -> dict[str, pd.DataFrame]:
    """Mixed models of several measures as tables, by name: mixed_relations, mixed_covariates, mixed_components,
    mixed_diagnostics, each with the ``measure``. Holm and Benjamini-Hochberg go over relations and measures. A model
    that could not be fitted has a line in the last, which says why.

    >>> from visuosyn.testing import pair_rows
    >>> tables = mixed_tables(pair_rows({"amod": [(0.9, 0.5)]}), mask="relative:0.4", measures=["iou"])
    >>> tables["mixed_diagnostics"]["message"][0]
    'not fitted: 1 rows of 1 prompts are too few for a mixed model'
    """
    found: dict[str, list[pd.DataFrame]] = {}
    for measure in measures:
        name = NAMES.get(measure, DIFFERENCE)
        try:
            model = mixed_model(pairs, measure=measure, mask=mask, most_levels=most_levels)
        except UserError as error:
            tables = {"diagnostics": pd.DataFrame([{"converged": False, "message": f"not fitted: {error}"}])}
        else:
            tables = {part: getattr(model, part) for part in ("relations", "covariates", "components")}
            tables["diagnostics"] = pd.DataFrame([model.diagnostics])
        for part, table in tables.items():
            rest = table.drop(columns="measure", errors="ignore")
            rest.insert(0, "measure", name)
            found.setdefault(f"mixed_{part}", []).append(rest)
    tables = {part: pd.concat(frames, ignore_index=True) for part, frames in found.items()}
    if "mixed_relations" in tables:
        tables["mixed_relations"] = corrected(tables["mixed_relations"].drop(columns=["p_holm", "p_bh"]))
    return tables


def _rows(pairs: pd.DataFrame, measure: str, mask: str | None) -> pd.DataFrame:
    """The rows of one mask rule with value, label, covariates and factors, in an order of their own."""
    masks = sorted(pairs["mask"].unique())
    if mask is None and len(masks) != 1:
        raise UserError(f"the pair table holds {len(masks)} mask rules: choose one of {', '.join(masks)}")
    if measure not in (*NAMES, "difference"):
        raise UserError(f"measure {measure!r} is not known: use {', '.join(NAMES)} or difference")
    rows = pairs[pairs["kind"].isin(KEPT)]
    rows = rows if mask is None else rows[rows["mask"] == mask]
    rows = rows.sort_values(["caption_id", "seed", "pair"], ignore_index=True)
    value = rows["iod"] - rows["ioh"] if measure == "difference" else rows[measure]
    noise = rows["noise_id"] if "noise_id" in rows else rows["caption_id"]
    facts = {
        "value": value.astype(np.float64),
        "label": rows["relation"].where(rows["kind"] == "related", UNRELATED),
        "prompt": rows["caption_id"],
        "image": noise + " " + rows["seed"].astype(str),
        "pair": rows["caption_id"] + " " + rows["pair"].astype(str),
    }
    if "distance" in rows:
        facts["log_distance"] = np.log2(rows["distance"])
    plain = [name for name in (*COVARIATES, "head_lemma", "dependent_lemma") if name in rows]
    return rows[plain].assign(**facts).astype({name: np.float64 for name in plain if name in COVARIATES})


def _factors(rows: pd.DataFrame) -> dict[str, NDArray[np.intp]]:
    """Codes of the random factors that the rows can hold."""
    return random_factors({name: rows[name] for name in FACTORS if name in rows})


def _relations(rows: pd.DataFrame, names: list[str], fit: Fit, measure: str, level: float) -> pd.DataFrame:
    """Means of the relations, and each minus unrelated pairs, as named results."""
    prompts, pairs = (rows.groupby("label")[unit].nunique().reindex(names).to_numpy() for unit in ("prompt", "pair"))
    table = group_table(names, fit, prompts, UNRELATED, level=level).rename(columns={"name": "relation"})
    table.insert(1, "measure", measure)
    table = _points(table, "mean", "mean_low", "mean_high", "estimate", "low", "high")
    return corrected(table.assign(n=prompts, n_pairs=pairs, few=prompts < FEW))


def _covariates(names: list[str], skip: int, fit: Fit, free: int, level: float) -> pd.DataFrame:
    """The measure's change for one standard deviation of each covariate; they follow the relations in the fit."""
    error = np.sqrt(np.diag(fit.covariance)[skip:])
    table = coefficient_table(names, fit.coefficients[skip:], error, free, level=level)
    return _points(table.rename(columns={"name": "covariate"}), "estimate", "low", "high")


def _points(table: pd.DataFrame, *columns: str) -> pd.DataFrame:
    return table.assign(**{name: table[name] * POINTS for name in columns})
