"""Why a file was refused, in the reader's language; the readers of files say it in English."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

#: The German for what follows the file's name; {} stands for the same values in the same order.
GERMAN_REFUSALS: Mapping[str, str] = {
    "files of type {} cannot be read, only {}": "Dateien vom Typ {} kann das Programm nicht lesen, nur {}",
    "is encrypted or in the old binary format; save it as {} without a password": "ist verschlüsselt oder im alten Binärformat; als {} ohne Passwort speichern",
    "is encrypted; save a copy without a password": "ist verschlüsselt; eine Kopie ohne Passwort speichern",
    "is no {} file (it starts with {})": "ist keine {}-Datei (sie beginnt mit {})",
    "is no {} file ({}); export the transcript again": "ist keine {}-Datei ({}); das Transkript noch einmal exportieren",
    "{} MB unpack to {} MB, more than a lecture holds; it was not read": "{} MB ergeben entpackt {} MB, mehr als eine Vorlesung hat; nicht gelesen",
    "is cut off or damaged; save or download it again": "ist abgeschnitten oder beschädigt; noch einmal speichern oder herunterladen",
    "is cut off or damaged; export or download it again": "ist abgeschnitten oder beschädigt; noch einmal exportieren oder herunterladen",
    "holds no captions; export the transcript again": "enthält keine Untertitel; das Transkript noch einmal exportieren",
    "is empty (0 bytes); export or download it again": "ist leer (0 Bytes); noch einmal exportieren oder herunterladen",
    "is no text file (it holds NUL bytes)": "ist keine Textdatei (sie enthält NUL-Bytes)",
    "{} MB, at most {} MB of this type are read; split the file": "{} MB, von dieser Art werden höchstens {} MB gelesen; die Datei teilen",
    "{} workers ended while they read it ({}); read it on one machine": "{} Worker endeten beim Lesen ({}); auf einem Rechner lesen",
    "cannot be read ({}); check the path": "kann nicht gelesen werden ({}); den Pfad prüfen",
    "cannot be read ({})": "kann nicht gelesen werden ({})",
    "is no readable document ({}); save it again as DOCX": "ist kein lesbares Dokument ({}); noch einmal als DOCX speichern",
    "is no readable presentation ({}); save it again as PPTX": "ist keine lesbare Präsentation ({}); noch einmal als PPTX speichern",
    "is protected against copying and cannot be read": "ist gegen Kopieren geschützt und nicht lesbar",
    "is no readable book ({}); download it again": "ist kein lesbares Buch ({}); noch einmal herunterladen",
    "is no readable notebook ({}); save it again in Jupyter": "ist kein lesbares Notebook ({}); noch einmal in Jupyter speichern",
    "has no page {}; its last is {}": "hat keine Seite {}; die letzte ist {}",
    "page {} cannot be drawn ({})": "Seite {} kann nicht dargestellt werden ({})",
    "has {} pages, more than {}; split it into several files": "hat {} Seiten, mehr als {}; in mehrere Dateien teilen",
    "has no pages; export or download it again": "hat keine Seiten; noch einmal exportieren oder herunterladen",
    "is not a PDF (it starts with {}); export it as PDF": "ist keine PDF-Datei (sie beginnt mit {}); als PDF exportieren",
    "none of its {} page(s) can be read; export or download it again": "keine der {} Seite(n) ist lesbar; noch einmal exportieren oder herunterladen",
    "its {} page(s) hold no text, nor a picture with text": "{} Seite(n) ohne Text und ohne Bild mit Text",
    "its {} page(s) hold no text, nor a picture with text; attached are {}: extract them": "{} Seite(n) ohne Text und ohne Bild mit Text; angehängt sind {}: diese Dateien herauslösen",
    "shows no text that can be read": "zeigt keinen lesbaren Text",
    "is no readable PNG or JPEG; save or download it again": "ist kein lesbares PNG oder JPEG; noch einmal speichern oder herunterladen",
    "has {} x {} pixels, more than {} million; make it smaller": "hat {} x {} Bildpunkte, mehr als {} Millionen; verkleinern",
    "holds {} million letters, at most {} million are read; split the file": "enthält {} Millionen Buchstaben, höchstens {} Millionen werden gelesen; die Datei teilen",
    "holds no text": "enthält keinen Text",
    "reading {} took more than {} s (setting {}); print it to PDF again": "das Lesen ({}) dauerte länger als {} s (Einstellung {}); noch einmal als PDF drucken",
    "reading it needs more than {} GB of memory (setting {}); print it to PDF again": "das Lesen braucht mehr als {} GB Speicher (Einstellung {}); noch einmal als PDF drucken",
    "ended the reader (code {}); print it to PDF again": "hat das Leseprogramm beendet (Code {}); noch einmal als PDF drucken",
}  # fmt: skip


def german_refusal(message: str) -> str:
    """A refusal, `deck.pdf: is encrypted; ...`, in German; as it is where it is none of those known."""
    for place in re.finditer(": ", message):  # a file's name may have a colon too
        name, reason = message[: place.start()], message[place.end() :]
        for pattern, german in _patterns():
            if match := pattern.fullmatch(reason):
                return f"{name}: {german.format(*match.groups())}"
    return message


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    return [
        (re.compile(re.escape(english).replace(r"\{\}", "(.+?)"), re.DOTALL), german)
        for english, german in GERMAN_REFUSALS.items()
    ]
