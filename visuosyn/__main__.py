"""``python -m visuosyn`` is the same as the command ``visuosyn``."""

from visuosyn.cli import main

if __name__ == "__main__":
    main()
