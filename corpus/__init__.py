"""Lectures and question sets that come with the program; `ingest.resources` finds them."""
