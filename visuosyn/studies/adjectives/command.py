"""The command of the adjectival study."""

from visuosyn.studies.command import StudyCommand, report_lines

COMMAND = StudyCommand(
    name="adjectives",
    home="visuosyn.studies.adjectives.study:adjectives",
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
