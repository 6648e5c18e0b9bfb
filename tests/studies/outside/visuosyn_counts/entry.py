"""What is known of it before it is loaded."""

from visuosyn.studies.registry import StudyEntry, report_lines

ENTRY = StudyEntry(
    name="counts",
    kind="visuosyn_counts.study:COUNTS",
    function="visuosyn_counts.study:counts",
    command="counts",
    panel="Studies",
    help="Count the words that have a heat map.",
    summary=lambda found: report_lines("Not measured: {}", found),
)
