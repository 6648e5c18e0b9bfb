"""Simulated studies with a known truth, clustered as real ones: to calibrate tests and to plan studies.

A pair's IoD and IoH are logistic transforms of a mean plus normal effects of its prompt, its image (seed), itself (the
same over seeds) and a remainder; prompt and pair also lean towards one of the two measures. How many pairs of a
relation a caption holds varies from caption to caption, many hold none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

from visuosyn.measure.pair_table import KEYS
from visuosyn.studies.relations.statistics.sums import UNRELATED

NODES = 60  # of the Gauss-Hermite rules that integrate over the effects
RATES = {"det": 1.5, "amod": 0.8, "nsubj": 1.0, "obj": 0.5, UNRELATED: 1.5}  # mean number of pairs a caption

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Components:
    """Where the mean lies, and the standard deviations of the effects, on the logit scale.

    The defaults give overlaps around 60 points, with much variance between pairs, less between prompts and little
    between seeds. ``missing`` is the share of rows without IoD, and without IoH.

    >>> world = Components(mean=0.0, pair=0.5)
    >>> truth = world.truth(world.shift(0.1))
    >>> round(truth["mIoD"], 3), round(truth["mIoH"], 3), round(truth["difference"], 3)
    (0.55, 0.45, 0.1)
    """

    mean: float = 0.5
    prompt: float = 0.6
    image: float = 0.3
    pair: float = 0.8
    rest: float = 0.7
    prompt_lean: float = 0.4
    pair_lean: float = 0.6
    missing: float = 0.02

    @property
    def covariance(self) -> Floats:
        """Covariance matrix of the logits of IoD and IoH."""
        shared = self.prompt**2 + self.image**2 + self.pair**2
        lean = (self.prompt_lean**2 + self.pair_lean**2) / 4
        return np.array([[shared + lean, shared - lean], [shared - lean, shared + lean]]) + self.rest**2 * np.eye(2)

    @lru_cache(maxsize=16)  # noqa: B019  (frozen, few)
    def shift(self, difference: float) -> float:
        """The shift of the two logits against each other that makes mIoD - mIoH this ``difference`` (a fraction)."""
        return float(brentq(lambda shift: self.truth(shift)["difference"] - difference, -8, 8))

    @lru_cache(maxsize=64)  # noqa: B019
    def truth(self, shift: float = 0.0) -> dict[str, float]:
        """True means, as fractions, by Gauss-Hermite quadrature over the two logits."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
        grid = np.stack(np.meshgrid(nodes, nodes, indexing="ij"), axis=-1) @ np.linalg.cholesky(self.covariance).T
        weight = np.outer(weights, weights) / weights.sum() ** 2
        iod, ioh = expit(self.mean + shift / 2 + grid[..., 0]), expit(self.mean - shift / 2 + grid[..., 1])
        means = {"mIoU": _iou(iod, ioh), "mIoD": iod, "mIoH": ioh, "difference": iod - ioh}
        return {name: float((weight * values).sum()) for name, values in means.items()}


STANDARD = Components()


def simulate_pairs(
    prompts: int,
    random: np.random.Generator,
    *,
    seeds: int = 4,
    difference: float = 0.0,
    components: Components = STANDARD,
) -> pd.DataFrame:
    """A pair table of one mask rule whose related pairs have the true mIoD - mIoH ``difference`` (a fraction).

    Unrelated pairs have none. Words are nouns and verbs at random distances, so that pairs find matched controls.

    >>> import numpy as np
    >>> pairs = simulate_pairs(2000, np.random.default_rng(0), seeds=2, difference=0.1)
    >>> means = pairs.groupby("kind")[["iod", "ioh"]].mean()
    >>> (means["iod"] - means["ioh"]).abs().round(1).to_dict()
    {'related': 0.1, 'unrelated': 0.0}
    """
    rates = np.array(list(RATES.values()))
    counts = random.negative_binomial(2, 2 / (2 + rates), size=(prompts, len(rates)))
    counts[counts.sum(axis=1) == 0, 0] = 1
    prompt = np.repeat(np.arange(prompts), counts.sum(axis=1))
    relation = np.concatenate([np.repeat(list(RATES), row) for row in counts])
    first = np.cumsum(counts.sum(axis=1)) - counts.sum(axis=1)
    size = len(prompt)
    facts = {
        "caption_id": np.array([f"caption {n:06d}" for n in range(prompts)], dtype=object)[prompt],
        "pair": np.arange(size) - first[prompt],
        "kind": np.where(relation == UNRELATED, UNRELATED, "related").astype(object),
        "relation": relation.astype(object),
        "head_upos": random.choice(["NOUN", "VERB"], size).astype(object),
        "dependent_upos": random.choice(["NOUN", "VERB"], size).astype(object),
        "distance": random.geometric(0.4, size),
        "head_first": random.random(size) < 0.5,
    }
    shift = np.where(relation == UNRELATED, 0.0, components.shift(difference))
    table = pd.DataFrame({name: np.repeat(values, seeds) for name, values in facts.items()})
    table = table.assign(seed=np.tile(np.arange(seeds), size), mask="relative:0.4")
    return table.assign(**_values(prompt, seeds, shift, random, components))


def simulate_controls(
    pairs: pd.DataFrame, random: np.random.Generator, *, components: Components = STANDARD
) -> pd.DataFrame:
    """A control table for a simulated pair table: the same rows and distribution, independent effects.

    >>> import numpy as np
    >>> pairs = simulate_pairs(2000, np.random.default_rng(0), seeds=2)
    >>> controls = simulate_controls(pairs, np.random.default_rng(1))
    >>> abs(round(float((pairs["iou"] - controls["iou"]).mean()), 1)), len(pairs) == len(controls)
    (0.0, True)
    """
    seeds = pairs["seed"].nunique()
    prompt, _ = pd.factorize(pairs["caption_id"].iloc[::seeds])
    values = _values(prompt, seeds, np.zeros(len(prompt)), random, components)
    return pairs[list(KEYS)].assign(**values)


def _values(
    prompt: NDArray[np.intp], seeds: int, shift: Floats, random: np.random.Generator, components: Components
) -> dict[str, Floats]:
    """iou, iod and ioh of pairs, (pair * seed,); ``prompt`` and ``shift`` are (pair,)."""
    prompts, size, c = int(prompt.max()) + 1, len(prompt), components
    normal = random.standard_normal
    own = c.prompt * normal(prompts)[prompt] + c.pair * normal(size)
    common = c.mean + own[:, None] + c.image * normal((prompts, seeds))[prompt]
    lean = (shift + c.prompt_lean * normal(prompts)[prompt] + c.pair_lean * normal(size))[:, None] / 2
    iod = expit(common + lean + c.rest * normal((size, seeds))).ravel()
    ioh = expit(common - lean + c.rest * normal((size, seeds))).ravel()
    gone = random.random((2, size * seeds)) < c.missing
    return {"iou": _iou(iod, ioh), "iod": np.where(gone[0], np.nan, iod), "ioh": np.where(gone[1], np.nan, ioh)}


def _iou(iod: Floats, ioh: Floats) -> Floats:
    return 1 / (1 / iod + 1 / ioh - 1)
