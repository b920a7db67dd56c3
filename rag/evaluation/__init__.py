"""Measure the way from a question to an answer: question sets, runs, metrics, comparisons."""
