"""The shell of every report: pages, tables, LaTeX, and the part of it that is exported to a repository."""
