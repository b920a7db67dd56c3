"""`python -m ui.worker SOCKET LIBRARY`: run a worker."""

from ui.worker.server import main

main()
