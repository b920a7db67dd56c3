"""Foundations: part one of the course, from cars in front of a station to codes of images."""

from __future__ import annotations

from importlib import import_module

from ui.navigation import choose_place
from ui.text import t

TOPICS = {  # module of this package: its name
    "cars": "Discriminative or generative",
    "taxonomy": "Six families",
    "difficulty": "Why generation is hard",
    "anomaly": "Density and anomalies",
    "similarity": "Codes and similarity",
    "block": "All topics",
}


def show() -> None:
    """The choice of a topic, and the topic."""
    topic = choose_place("topic", t("Topic"), TOPICS, next(iter(TOPICS)))
    import_module(f"ui.laboratory.foundations.{topic}").show()
