"""The world itself: words, grammar, layouts, drawing; scenes with exact truth, and the data sets made of them."""
