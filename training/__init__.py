"""Training of the microworld's model and judge: ``python -m training --help``; no part of the installed package."""
