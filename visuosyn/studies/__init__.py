"""The studies, one room each. Each draws, traces, measures and reports in one run folder, and goes on where it was
stopped."""
