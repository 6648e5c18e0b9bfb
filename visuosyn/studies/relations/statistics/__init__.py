"""The statistics of the relation study: tables in, tables out; the unit is the prompt, never the pair of words."""
