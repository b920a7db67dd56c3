"""The plain recipes that ingest is compared with, each run by an environment of its own."""
