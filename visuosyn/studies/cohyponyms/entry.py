"""What is known of the study of cohyponyms before it is loaded."""

from __future__ import annotations

from visuosyn.studies.registry import StudyEntry, report_lines

ENTRY = StudyEntry(
    name="cohyponyms",
    kind="visuosyn.studies.cohyponyms.study:COHYPONYMS",
    function="visuosyn.studies.cohyponyms.study:cohyponyms",
    command="cohyponyms",
    panel="Entangled words",
    help="""
    Draw pairs of cohyponyms and of other nouns, judge what is there, measure and report.

    Are a giraffe and a zebra harder to draw together than a zebra and a fridge, and does the attention of the two
    words show it? Every pair is drawn in both orders and four templates. Stopped half-way, the same command goes on.

    **Examples**

        visuosyn cohyponyms --out runs/cohyponyms
        visuosyn cohyponyms --out runs/mine --pairs pairs.csv --seeds 0-7
        visuosyn cohyponyms --out runs/sd --model stabilityai/stable-diffusion-2-base \
--judge google/owlv2-base-patch16-ensemble
    """,
    summary=lambda found: report_lines("Not used: {} nouns, pairs, prompts or pictures", found),
)
