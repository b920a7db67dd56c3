"""Questions about the course itself: which one it is (`router`), and its answer (`answers`).

`catalogue` holds the lectures in order, `sentences` chooses the ones that stand for a text.
"""
