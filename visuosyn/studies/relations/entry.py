"""What is known of the study of relations before it is loaded."""

from __future__ import annotations

from visuosyn.studies.registry import StudyEntry, report_lines

ENTRY = StudyEntry(
    name="relations",
    kind="visuosyn.studies.relations.study:RELATIONS",
    function="visuosyn.studies.relations.study:study",
    command="study",
    panel="Studies",
    help="""
    Draw a corpus, trace its words, measure their overlaps, write the report.

    Every caption is parsed and drawn; the heat map of every word is recorded; the overlap of head and dependent is
    measured for each relation. All goes into one folder, whose index.html is the report.

    Stopped half-way, also by a crash, the same command goes on where it was.

    **Examples**

        visuosyn study captions.txt --out runs/first
        visuosyn study captions.csv --column caption --seeds 0-3 --out runs/four
        visuosyn study coco.json --limit 100 --steps 30 --out runs/coco
        visuosyn study captions_val2014.json --preset paper --out runs/paper
        visuosyn study captions.txt --swapped amod --out runs/swapped
    """,
    summary=lambda found: report_lines("Not measured: {} words, pairs or captions", found),
)
