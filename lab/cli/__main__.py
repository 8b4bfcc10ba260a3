"""``python -m lab.cli`` is ``gclab``."""

from lab.cli import main

main()
