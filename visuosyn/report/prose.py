"""The facts and findings of a run in plain words: for the head of the page, captions and a methods section."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from importlib.resources import files

import pandas as pd

from visuosyn import __version__
from visuosyn.parse import GIVEN
from visuosyn.report.tables import DOMINANCE, MIN_PROMPTS, SUMMARY_ROWS, one_rule
from visuosyn.run import RunFacts

OF_A_PROMPT = (  # the sources that the page of one prompt goes back to
    "tang-etal-2023-daam",
    "rombach-etal-2022-latent",
    "de-marneffe-etal-2021-universal",
    "von-platen-etal-2022-diffusers",
    "honnibal-etal-2020-spacy",
    "jain-wallace-2019-attention",
    "wiegreffe-pinter-2019-attention",
)
SCHEMES = {"ud": "Universal Dependencies", "clear": "ClearNLP (spaCy's own) labels"}
ATTENTION = (
    "recorded the attention that each image position pays to each word, averaged over heads, layers and steps at the "
    "latent grid (DAAM; Tang et al., 2023)"
)
MEASURED = (
    "with A the area of the dependent and B that of the head, we measured IoU = |A ∩ B| / |A ∪ B|, "
    "IoD = |A ∩ B| / |A| and IoH = |A ∩ B| / |B|"
)


def amount(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> amount(1, "caption"), amount(1200, "caption"), amount(2, "box", "boxes")
    ('1 caption', '1,200 captions', '2 boxes')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def listed(names: Sequence[str], *, most: int = 8) -> str:
    """Names as an English list; those past ``most`` are counted.

    >>> listed(["det", "amod", "obj"]), listed(["a", "b", "c"], most=2)
    ('det, amod and obj', 'a, b and 1 more')
    """
    shown = [*names[:most]]
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return " and ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def seeds_text(seeds: Sequence[int]) -> str:
    """Seeds as a range where they are one.

    >>> seeds_text((0, 1, 2, 3)), seeds_text((7,)), seeds_text((0, 5))
    ('0 to 3', '7', '0, 5')
    """
    if len(seeds) > 2 and list(seeds) == list(range(seeds[0], seeds[0] + len(seeds))):
        return f"{seeds[0]} to {seeds[-1]}"
    return ", ".join(map(str, seeds))


def in_one_sentence(facts: RunFacts, *, images: int) -> str:
    """What was run, for the head of the page."""
    each = "" if len(facts.seeds) == 1 else f", each with {amount(len(facts.seeds), 'seed')}"
    return (
        f"{amount(facts.captions, 'caption')} of {facts.corpus}, drawn by {facts.model}{each}: "
        f"{amount(images, 'picture')} with the heat maps of their words."
    )


def run_facts(facts: RunFacts) -> list[tuple[str, str]]:
    """The facts of a run as (name, value), for a list."""
    limit = f", the first {facts.limit:,} asked for" if facts.limit else ""
    column = f", column {facts.column}" if facts.column else ""
    noise = "caption and seed" if facts.noise == "caption" else "the seed alone"
    return [
        ("Corpus", f"{facts.corpus} ({facts.corpus_format}{column}{limit})"),
        ("Captions", f"{facts.captions:,}"),
        *_drawing_facts(facts),
        ("Seeds", f"{seeds_text(facts.seeds)}; the noise depends on {noise}"),
        ("Trees", f"{_parser(facts)}; {_scheme(facts)}"),
        ("Pairs", f"{_edges(facts)}{_found(facts)}"),
        ("Mask rules", ", ".join(facts.masks)),
    ]


def prompt_facts(facts: RunFacts) -> list[tuple[str, str]]:
    """The facts of one prompt's drawing as (name, value), for a list."""
    others = (f"{name} {version}" for name, version in sorted(facts.software.items()))
    return [
        ("Prompt", facts.options["prompt"]),
        *_drawing_facts(facts),
        ("Seed", seeds_text(facts.seeds)),
        ("Tree", f"{_parser(facts)}; {_scheme(facts)}"),
        ("Mask rules", ", ".join(facts.masks)),
        ("Software", ", ".join(others)),
    ]


def _drawing_facts(facts: RunFacts) -> list[tuple[str, str]]:
    revision = f" at {facts.model_revision}" if facts.model_revision else ""
    return [
        ("Model", f"{facts.model}{revision} ({facts.family}, {facts.dtype})"),
        ("Pictures", f"{facts.width} × {facts.height} pixels"),
        ("Sampling", f"{facts.scheduler}, {amount(facts.steps, 'step')}, guidance {facts.guidance:g}"),
    ]


def _parser(facts: RunFacts) -> str:
    if facts.parser == GIVEN:
        return "given with the corpus, their enhanced graphs made by rule"
    return f"made by {facts.parser} {facts.parser_version}".rstrip() if facts.parser else "given with the corpus"


def _scheme(facts: RunFacts) -> str:
    collapsed = ", prepositions of several words as one" if facts.collapse_prepositions else ""
    return SCHEMES.get(facts.scheme, facts.scheme) + collapsed


def _edges(facts: RunFacts) -> str:
    """Which head-dependent pairs were measured."""
    if facts.edges == "basic":
        return "those of the basic tree; pairs that only the enhanced graph joins are left out"
    return "those of the enhanced graph where the trees have one, else of the basic tree"


def _found(facts: RunFacts) -> str:
    """What was added to the captions and pairs."""
    found = f"; coreferent words found by {facts.coreference}" if facts.coreference else ""
    if facts.swapped:
        found += f"; for pairs in {listed(facts.swapped)} also the caption with the two words exchanged"
    return found


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
            f"No relation occurs in {MIN_PROMPTS} or more prompts: this run is too small to say anything about one "
            "relation. The intervals below are shown so that this can be seen."
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
    if joined["mIoU_high"] < apart["mIoU_low"]:
        compared = "less than"
    elif joined["mIoU_low"] > apart["mIoU_high"]:
        compared = "more than"
    else:
        compared = "neither clearly more nor clearly less than (the intervals overlap)"
    return (
        f"Under {mask}, the maps of a head and its dependent overlap {compared} those of unrelated words of the same "
        f"caption: mIoU {joined['mIoU']:.1f} against {apart['mIoU']:.1f}. In the paper it is 43.4 against 47.5. "
        "Overlap alone is no evidence of syntax."
    )


def _direction_finding(enough: pd.DataFrame, mask: str) -> str:
    decided = enough[enough["direction"] != ""]
    firm = decided[decided["rules_agreeing"] == decided["rules"]]
    have = "has" if len(decided) == 1 else "have"
    text = (
        f"Of {amount(len(enough), 'relation')} with at least {MIN_PROMPTS} prompts, {len(decided) or 'none'} {have} a "
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
    return f"{text}. {large or 'None'} of them exceed{'s' if large == 1 else ''} the paper's {DOMINANCE:g} points."


def _side(firm: pd.DataFrame, side: str) -> str:
    words = {"head": "the head's area is the larger", "dependent": "the dependent's area is the larger"}
    return f"{words[side]} for {listed(list(firm.loc[firm['direction'] == side, 'relation']))}"


def table_caption(facts: RunFacts, mask: str) -> str:
    """The caption of the relation table, with the facts that its numbers depend on."""
    return (
        "Overlap of the heat maps of word pairs by dependency relation, in per cent: "
        f"{amount(facts.captions, 'caption')} of {facts.corpus}, {facts.model}, {amount(facts.steps, 'step')}, "
        f"guidance {facts.guidance:g}, {amount(len(facts.seeds), 'seed')} a caption, trees {_parser(facts)}; areas "
        f"by the mask rule {mask}. Diff. is mIoD − mIoH; intervals: expanded percentile bootstrap over prompts. The "
        "figures of Tang et al. (2023, Table 2) are for Stable Diffusion 2.0 base on 1,000 COCO captions."
    )


def methods(facts: RunFacts, counts: Mapping[str, int]) -> str:
    """A methods section ready to paste, with the facts of this run."""
    seeds = f"{amount(len(facts.seeds), 'seed')} ({seeds_text(facts.seeds)})"
    be = "is" if counts["dropped"] == 1 else "are"
    return (
        f"We drew {amount(facts.captions, 'caption')} of {facts.corpus} with {facts.model} ({_drawing(facts)}), "
        f"{seeds} a caption, and {ATTENTION}. Dependency trees were {_parser(facts)} in {_scheme(facts)}; "
        f"head-dependent pairs are {_edges(facts)}{_found(facts)}. For "
        f"each of {counts['pairs']:,} head-dependent and unrelated word pairs of the captions, {MEASURED}; mIoD > mIoH "
        f"says that, where they overlap, the head's area is the larger. {_areas(facts)} "
        "Means are given with 95% expanded percentile intervals "
        "(Hesterberg, 2015) from a bootstrap over prompts, since "
        f"pairs of one prompt are not independent; relations with fewer than {MIN_PROMPTS} prompts are marked. "
        f"{amount(counts['dropped'], 'item')} could not be measured and {be} listed with the reason. "
        f"{_software(facts)}"
    )


def prompt_methods(facts: RunFacts, *, pairs: int) -> str:
    """A methods section ready to paste for one prompt, of which so many pairs of words were measured."""
    weights = f"weights {facts.model_revision}; " if facts.model_revision else ""
    return (
        f"We drew the prompt “{facts.options['prompt']}” with {facts.model} ({weights}{_drawing(facts)}) from the "
        f"noise of seed {seeds_text(facts.seeds)}, and {ATTENTION}. The dependency tree was {_parser(facts)} in "
        f"{_scheme(facts)}. For {'the' if pairs == 1 else 'each of'} {amount(pairs, 'word pair')} of the prompt, "
        f"{MEASURED}. {_areas(facts)} One picture shows what the model did for this prompt and this noise; it is no "
        f"sample of prompts, and no interval goes with its numbers. {_software(facts)}"
    )


def _drawing(facts: RunFacts) -> str:
    return (
        f"{facts.family}, {facts.dtype}; {facts.scheduler}, {amount(facts.steps, 'step')}, guidance scale "
        f"{facts.guidance:g}, {facts.width} × {facts.height} pixels"
    )


def _areas(facts: RunFacts) -> str:
    return (
        f"Areas were cut from the maps by the rules {', '.join(facts.masks)} (relative:t keeps what reaches t times "
        "the map's own maximum, eq. 7 of the paper)."
    )


def _software(facts: RunFacts) -> str:
    others = sorted(set(facts.software.items()) - {("visuosyn", __version__)})
    return f"Software: visuosyn {__version__}" + "".join(f", {name} {version}" for name, version in others) + "."


def bibtex(keys: Container[str] | None = None) -> str:
    """The sources to cite, as BibTeX: those of these keys, or all.

    >>> bibtex(["holm-1979-simple"]).splitlines()[1]
    '  title   = {A Simple Sequentially Rejective Multiple Test Procedure},'
    """
    text = files("visuosyn.report").joinpath("citations.txt").read_text(encoding="utf-8")
    entries = text.strip().split("\n\n")
    wanted = (one for one in entries if keys is None or one[one.index("{") + 1 : one.index(",")] in keys)
    return "\n\n".join(wanted) + "\n"
