"""Run the command line with ``python -m caretone``."""

from caretone.cli import main

main()
