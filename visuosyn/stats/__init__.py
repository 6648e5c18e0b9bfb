"""Statistics that know nothing of a study: arrays or tables in, tables out."""
