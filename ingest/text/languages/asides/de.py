"""Asides in German."""

from ingest.text.languages.base import AUTHORS, Aside, pattern

ASIDES = {
    "task": Aside(
        text=pattern(
            r"""
            ^\W*(?:aufgabe|hausaufgabe|übung)\s*(?:\d|:)
            | ^\W*(?:(?:\d+|[a-z])[.)]\s*)? (?:begründen|berechnen|beschreiben|bestimmen|beweisen
                |diskutieren|erklären|erläutern|implementieren|nennen|skizzieren|zeigen)\s+sie\b
            """
        ),
        question=pattern(r"(?:aufgaben?|übung|übungen|frage|fragen)\b"),
        heading=pattern(r"^\W*(?:aufgaben|hausaufgaben|kontrollfragen|übungen)\W*$"),
    ),
    "goal": Aside(
        text=pattern(
            r"""
            \bnach\s(?:der|dieser)\s(?:einheit|sitzung|veranstaltung|vorlesung)\b .*
                \b(?:kennen|können|sollen|sollten|verstehen|wissen)\b
            | ^\W*(?:sie|studierende)\s(?:lernen|sollen|sollten)\b
            """
        ),
        question=pattern(r"(?:lern|ziele?\b|zielen\b)"),
        heading=pattern(r"^\W*(?:lern)?ziele\b"),
    ),
    "schedule": Aside(
        text=pattern(
            r"""
            ^\W*(?:sitzung|termin|vorlesung|woche|kw)\s*\d+\b
            | ^\W*(?:datum|sitzung|tag|termin|woche)\s*\|
            """
        ),
        question=pattern(
            r"""
            \b(?:agenda|gliederung|inhalte?|kapitel|sitzung|tag|termine?|themen|vorlesung(?:en)?|wann
            | welche[rmn]?\swoche|woche)\b
            """
        ),
        heading=pattern(
            r"""
            ^\W*(?:ablaufplan|agenda|gliederung|inhalt|inhaltsverzeichnis|inhaltsübersicht
            | terminplan|termine|zeitplan)\W*$
            """
        ),
    ),
    "announcement": Aside(
        text=pattern(
            r"""
            ^\W*(?:im\sfolgenden|(?:nun|jetzt|als\snächstes|zunächst))\s(?:\w+\s)?
                (?:behandeln|besprechen|betrachten|diskutieren|erklären|untersuchen|wenden|werden)\b
            | ^\W*in\sdiese[mr]\s(?:abschnitt|kapitel|vorlesung)\b .{0,40}\bwir\b
            | ^\W*(?:(?:in|auf)\s)?(?:eine[rm]?|de[mnr]|die|das)\s(?:dritte|erste|folgende|frühere|letzte|nächste|spätere
                |vorige|zweite)[nrs]?
                \s(?:abschnitt|folien?|kapitel|sitzung|vorlesung)\b
            | ^\W*diese[rs]?\s(?:abschnitt|kapitel|sitzung|vorlesung)\s(?:befasst|behandelt|beschreibt|erklärt|ist|zeigt)\b
            | \b(?:wird|werden)\b .* \b(?:behandelt|besprochen|eingeführt|vorgestellt)\W*$
            | ^\W*(?:details|mehr|näheres)\b .{0,30} \b(?:abschnitt|kapitel|sitzung|vorlesung)\b
            """
        ),
        question=pattern(r"\b(?:abschnitt|folgenden|kapitel|nächste[nrs]?|themen|vorlesung)\b"),
    ),
    "caption": Aside(
        text=pattern(r"^\W*(?:abb\.|abbildung|listing)\s*\d+(?:\.\d+)*\s*[:.](?:\s+\S+){0,9}\s*$"),
        question=pattern(
            r"\b(?:abbildung|bild|diagramm|foto|grafik|graph|listing|zeichnung|zeigt)(?:e?n)?\b"
        ),
    ),
    "reference": Aside(
        text=pattern(
            f"{AUTHORS}|"
            r"""
            ^\W*(?:\[\d+\]\s*)?(?-i:[A-ZÄÖÜ][\w'’-]+,\s+(?:[A-ZÄÖÜ]\.\s*)+
                | (?:[A-ZÄÖÜ]\.\s*)+[A-ZÄÖÜ][\w'’-]+) .* (?:[(,.]\s*(?:19|20)\d\d)
            | \b(?:arxiv:|doi:|isbn\b|s\.\s*\d+\s*[–-]\s*\d)
            """
        ),
        question=pattern(
            r"""(?:artikel|autor(?:in|en|innen)?|buch|bücher|literatur|quellen?|veröffentlich\w*
            |verfasst|schrieb|lesen|\bwer|\bwem|\bwen|\bwessen)\b"""
        ),
        heading=pattern(
            r"^\W*(?:literatur|literaturangaben|literaturverzeichnis|quellen|weiterlesen)(?:\s+(?:\d+|[ivx]+))?\W*$"
        ),
    ),
}
