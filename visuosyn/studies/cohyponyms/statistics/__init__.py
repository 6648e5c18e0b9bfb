"""The statistics of the cohyponym study: tables in, tables out; the unit is the pair of nouns, never the image."""
