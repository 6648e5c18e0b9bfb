"""The facts of a run in plain words: for the head of a page and for its methods section."""

from __future__ import annotations

from collections.abc import Sequence

from visuosyn import __version__
from visuosyn.parse import GIVEN
from visuosyn.report.prose import amount, listed, seeds_text
from visuosyn.run import RunFacts

SCHEMES = {"ud": "Universal Dependencies", "clear": "ClearNLP (spaCy's own) labels"}
ATTENTION = (  # what was recorded, for a methods section
    "recorded the attention that each image position pays to each word, averaged over heads, layers and steps at the "
    "latent grid (DAAM; Tang et al., 2023)"
)
MEASURED = (  # what was measured of two areas
    "with A the area of the dependent and B that of the head, we measured IoU = |A ∩ B| / |A ∪ B|, "
    "IoD = |A ∩ B| / |A| and IoH = |A ∩ B| / |B|"
)


def run_facts(facts: RunFacts, *, masks: Sequence[str], edges: str) -> list[tuple[str, str]]:
    """The facts of a run as (name, value), for a list; ``masks`` and ``edges`` are what was measured.

    >>> from visuosyn.testing import tiny_run
    >>> facts = RunFacts.load(tiny_run())
    >>> [name for name, _ in run_facts(facts, masks=["soft"], edges="enhanced")][-3:]
    ['Trees', 'Pairs', 'Mask rules']
    """
    limit = f", the first {facts.limit:,} asked for" if facts.limit else ""
    column = f", column {facts.column}" if facts.column else ""
    noise = "caption and seed" if facts.noise == "caption" else "the seed alone"
    return [
        ("Corpus", f"{facts.corpus} ({facts.corpus_format}{column}{limit})"),
        ("Captions", f"{facts.captions:,}"),
        *drawing_facts(facts),
        ("Seeds", f"{seeds_text(facts.seeds)}; the noise depends on {noise}"),
        ("Trees", f"{parser_text(facts)}; {scheme_text(facts)}"),
        ("Pairs", f"{pairs_text(edges)}{additions_text(facts)}"),
        ("Mask rules", ", ".join(masks)),
    ]


def drawing_facts(facts: RunFacts) -> list[tuple[str, str]]:
    """What drew the pictures and how, as (name, value).

    >>> from visuosyn.testing import tiny_run
    >>> dict(drawing_facts(RunFacts.load(tiny_run())))["Pictures"]
    '64 × 64 pixels'
    """
    revision = f" at {facts.model_revision}" if facts.model_revision else ""
    return [
        ("Model", f"{facts.model}{revision} ({facts.family}, {facts.dtype})"),
        ("Pictures", f"{facts.width} × {facts.height} pixels"),
        ("Sampling", f"{facts.scheduler}, {amount(facts.steps, 'step')}, guidance {facts.guidance:g}"),
    ]


def drawing_text(facts: RunFacts) -> str:
    """How the pictures were drawn, as a methods section puts it in brackets.

    >>> from visuosyn.testing import tiny_run
    >>> drawing_text(RunFacts.load(tiny_run()))
    'unet, float32; DDIMScheduler, 1 step, guidance scale 7.5, 64 × 64 pixels'
    """
    return (
        f"{facts.family}, {facts.dtype}; {facts.scheduler}, {amount(facts.steps, 'step')}, guidance scale "
        f"{facts.guidance:g}, {facts.width} × {facts.height} pixels"
    )


def parser_text(facts: RunFacts) -> str:
    """Where the trees come from, to follow "trees were".

    >>> from visuosyn.testing import tiny_run
    >>> parser_text(RunFacts.load(tiny_run()).with_facts(parser=""))
    'given with the corpus'
    """
    if facts.parser == GIVEN:
        return "given with the corpus, their enhanced graphs made by rule"
    return f"made by {facts.parser} {facts.parser_version}".rstrip() if facts.parser else "given with the corpus"


def scheme_text(facts: RunFacts) -> str:
    """The scheme of the trees' labels.

    >>> from visuosyn.testing import tiny_run
    >>> scheme_text(RunFacts.load(tiny_run()))
    'Universal Dependencies'
    """
    collapsed = ", prepositions of several words as one" if facts.collapse_prepositions else ""
    return SCHEMES.get(facts.scheme, facts.scheme) + collapsed


def pairs_text(edges: str) -> str:
    """Which head-dependent pairs were measured.

    >>> pairs_text("basic")
    'those of the basic tree; pairs that only the enhanced graph joins are left out'
    """
    if edges == "basic":
        return "those of the basic tree; pairs that only the enhanced graph joins are left out"
    return "those of the enhanced graph where the trees have one, else of the basic tree"


def additions_text(facts: RunFacts) -> str:
    """What was added to the captions and pairs; empty where nothing was.

    >>> from visuosyn.testing import tiny_run
    >>> additions_text(RunFacts.load(tiny_run()).with_facts(swapped=("amod",)))
    '; for pairs in amod also the caption with the two words exchanged'
    """
    found = f"; coreferent words found by {facts.coreference}" if facts.coreference else ""
    if facts.swapped:
        found += f"; for pairs in {listed(facts.swapped)} also the caption with the two words exchanged"
    return found


def areas_text(masks: Sequence[str]) -> str:
    """How maps became areas, as a sentence.

    >>> areas_text(["relative:0.4"]).partition(" (")[0]
    'Maps were turned into areas by the rules relative:0.4'
    """
    return (
        f"Maps were turned into areas by the rules {', '.join(masks)} (relative:t keeps what reaches t times "
        "the map's own maximum, eq. 7 of the paper)."
    )


def software_text(facts: RunFacts) -> str:
    """The versions of visuosyn and of the libraries that the numbers depend on, as a sentence.

    >>> from visuosyn.testing import tiny_run
    >>> software_text(RunFacts.load(tiny_run()).with_facts(software={"numpy": "2.0"})).partition(", ")[2]
    'numpy 2.0.'
    """
    others = sorted(set(facts.software.items()) - {("visuosyn", __version__)})
    return f"Software: visuosyn {__version__}" + "".join(f", {name} {version}" for name, version in others) + "."
