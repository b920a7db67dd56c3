"""`python -m ui.cli`: the same as `katheder`."""

from ui.cli import main

main()
