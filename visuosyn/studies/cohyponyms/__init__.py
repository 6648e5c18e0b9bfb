"""The study of cohyponyms: are two kinds of one thing harder to draw together?"""
