"""What is known of the study of adjectives before it is loaded."""

from __future__ import annotations

from visuosyn.studies.registry import StudyEntry, report_lines

ENTRY = StudyEntry(
    name="adjectives",
    kind="visuosyn.studies.adjectives.study:ADJECTIVES",
    function="visuosyn.studies.adjectives.study:adjectives",
    command="adjectives",
    panel="Entangled words",
    help="""
    Draw scenes under changed adjectives from one noise, measure what changes, report.

    Does an adjective look beyond its noun, and does it colour the rest of the scene? Every scene is drawn with each
    adjective, freely and with the attention of the first one, without any, and with another noun. A template is a
    prompt with {} for the adjective and its nouns in brackets; with two {} it asks which noun gets which adjective.

    **Examples**

        visuosyn adjectives --out runs/adjectives
        visuosyn adjectives --out runs/mine --templates templates.csv --seeds 0-7
    """,
    summary=lambda found: report_lines("Not measured: {} templates or words", found),
)
