"""The German texts of the laboratory's page around the rooms, by their English ones."""

from __future__ import annotations

GERMAN = {
    "Language laboratory": "Sprachlabor",
    "How a language model works, seen from the inside. This page does not use the lectures.": "Wie ein Sprachmodell arbeitet, von innen gesehen. Diese Seite benutzt die Vorlesungen nicht.",
    "Room": "Raum",
    "Tokens": "Tokens",
    "Vectors": "Vektoren",
    "Attention": "Attention",
    "Encoders at work": "Encoder bei der Arbeit",
    "Next word": "Nächstes Wort",
    "Why generation is hard": "Warum Erzeugen schwer ist",
    "Streams and size": "Ströme und Größe",
    "To think about: {question}": "Zum Nachdenken: {question}",
}
