"""The command of the study of one prompt."""

from visuosyn.studies.command import StudyCommand

COMMAND = StudyCommand(
    name="explain",
    home="visuosyn.studies.prompt.study:explain",
    panel="Single things",
    help="""
    Draw one prompt: its picture, an overlay a word, the tree, all overlaps.

    **Example**

        visuosyn explain "a monkey with a hat walking" --out monkey
    """,
    summary=lambda page: [f"Page: {page}"],
)
