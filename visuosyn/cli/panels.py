"""The panels in which ``visuosyn --help`` lists the commands."""

STUDIES, WORDS, SINGLE, UPKEEP = "Studies", "Entangled words", "Single things", "Upkeep"
