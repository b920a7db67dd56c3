"""Generators of hostile input: what a stranger, a careless reader and a bad day do to the program."""
