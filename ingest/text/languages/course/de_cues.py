"""The cues of German questions about a course; see `Cue`."""

import re

from ingest.text.languages.base import words
from ingest.text.languages.course.base import cue

_PARTS = {
    "lecture": r"(?:vorlesung|vl|lektion|sitzung|veranstaltung|woche|foliensatz|präsentation|vortrag|einheit)",
    "lectures": r"(?:vorlesung(?:en)?|vls?|lektion(?:en)?|sitzung(?:en)?|veranstaltung(?:en)?|wochen?|foliens[aä]tzen?|folien"
    r"|skripte?n?|präsentation(?:en)?|vorträgen?|pdfs?|mitschriften)",
    "say": r"(?:erwähn(?:t|en)|behandel(?:t|n)|bespr(?:icht|echen|ochen)|erklär(?:t|en)|genannt|nenn(?:t|en)|enthalten|enthält"
    r"|handel(?:t|n) von|sprechen (?:von|über)|spricht (?:von|über)|gesprochen|vorkommen|vorkommt|kommt|kommen|auftaucht|auftauchen|taucht|tauchen"
    r"|geht(?:'?s| es)? um|(?:die )?rede|reden über|geredet|drankommt|drankam|drin)",
    "meet": r"(?:eingeführt|einführ(?:t|en)|führt|definier(?:t|en)|erwähn(?:t|en)|erklärt|behandelt|besprochen|vorgestellt|genannt|gezeigt"
    r"|kommt|kam|kamen|kommen|taucht|tauchte|tauchen|tritt|trat|treten|vorkommt|vorkam|auftaucht|auftritt|dran|drankam|drankommt"
    r"|kennengelernt|gelernt|gehört|gesehen|benutzt|verwendet|erscheint|gehabt|hatten|haben)",
    "count": r"(?:\d+|eine?|ein paar|einige|mehrere|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn)",
    "quality": r"(?:(?:multiple[ -]choice|schwere|schwierige|leichte|einfache|gute|typische|mögliche|kurze|wichtige|knifflige|weitere) )*",
    "kind": r"(?P<kind>s[aä]tzen?|theoreme?n?|lemmata|lemmas?|korollare?|definition(?:en)?|beispiele?n?"
    r"|aufgaben?|übungen|übungsaufgaben|beweise?n?|bemerkung(?:en)?)",
    "topics": r"them(?:a|en)|abschnitte?|kapitel|überschrift(?:en)?|unterthemen|punkte",
}

CUES = (
    cue(
        "part",
        r"(?P<part>erste[nrs]?|zweite[nrs]?|dritte[nrs]?|vierte[nrs]?|fünfte[nrs]?|mittlere[nrs]?|letzte[nrs]?|\d+\.)"
        r" (?P<share>teils?|hälfte|drittels?|viertels?|abschnitts?|kapitels?)",
        needs="lecture",
    ),
    cue("page", r"seiten?|s\.?|folien?|slides?", needs="page"),
    cue(
        "exam",
        r"(?:%count% )?%quality%(?:prüfungs|klausur|test|übungs|quiz|kontroll|examens|verständnis|lern|wiederholungs|probe)[- ]?(?:fragen?|aufgaben?)"
        r"(?: (?:mit|und)(?: den)? (?:lösungen|antworten))?"
        r"|(?:frage?|prüfe?|teste?|quizz?e?) mich(?: ab)?|mich abfragen"
        r"|(?:%count% )?%quality%fragen (?:zum (?:üben|lernen|wiederholen)|für (?:die|meine) (?:prüfung|klausur))"
        r"|(?:könnte|kann|wird|könnten|können|werden)(?: (?:in|bei))?(?: (?:der|meiner|einer))? (?:klausur|prüfung)"
        r"|(?:erstelle?|mache?|gib|schreibe?|baue?|generiere?)(?: mir| uns)?(?: eine?)?(?: \w+)? (?:\w*klausur|\w*prüfung|\w*test|quiz)",
        needs="lecture or term",
        **_PARTS,
    ),
    cue(
        "exam",
        r"(?:%count% )?%quality%fragen",
        r"üben|prüfung|klausur|test|lernen|wiederholen|vorbereiten|vorbereitung|quiz|abfragen",
        needs="lecture",
        **_PARTS,
    ),
    cue(
        "first",
        r"zuerst|zum (?:aller)?ersten ?mal|erstmals|erstmalig|das erste ?mal|als erstes|am anfang|ersten? (?:erwähnung|vorkommen|auftreten|definition)",
        r"%meet%|erwähnung|vorkommen|auftreten|definition",
        r"wo|wann|(?:in|auf|an) welche[rmn]? (?:%lecture%|seite|folie|stelle)|welche[rs]? (?:%lecture%|seite|folie)|erste (?:erwähnung|definition)",
        needs="term",
        **_PARTS,
    ),
    cue(
        "mentions",
        r"(?:in )?(?:welche[rnms]?|alle[nr]?|jede[rn]?|sämtliche[nr]?|wie ?vielen?)(?: (?:der|den|die|meiner|meinen|unserer|von))* %lectures%",
        r"%say%",
        needs="term",
        **_PARTS,
    ),
    cue(
        "mentions",
        r"irgendwo|überall|(?:in|auf) (?:irgendeiner|einer|den|meinen|unseren)(?: (?:der|meiner))? (?:%lectures%)|im (?:ganzen )?(?:kurs|stoff|material)",
        r"%say%|vor|auf|dran",
        needs="term",
        **_PARTS,
    ),
    cue(
        "statements",
        r"alle[rn]?|jede[srn]?|sämtliche[rn]?|liste|auflisten|auflistung|sammle",
        r"%kind% (?:zum?|zur|über|von|mit|für|in|im|aus|der|des)",
        needs="lecture or term",
        **_PARTS,
    ),
    cue("statements", r"welche[rs]?|was für|zeige?|gibt'?s?|gibt es|nenne?", r"%kind%", needs="lecture", **_PARTS),
    cue(
        "after",
        r"(?:was|welche[rs]?|wie)(?: (?:%topics%|%lecture%))?",
        r"(?:(?:direkt|gleich|unmittelbar) )?(?:nach|folgt auf|folgte auf|im anschluss an)",
        r"ist|war|kommt|kam|folgt|dran|besprochen|behandelt|gemacht|weiter",
        needs="heading",
        **_PARTS,
    ),
    cue(
        "before",
        r"(?:was|welche[rs]?)(?: (?:%topics%|%lecture%))?",
        r"(?:(?:direkt|gleich|unmittelbar|kurz) )?vor",
        r"ist|war|kommt|kam|dran|besprochen|behandelt|gemacht",
        needs="heading",
        **_PARTS,
    ),
    cue(
        "length",
        r"(?:wie ?viele?|anzahl(?: der| von)?) (?:seiten|folien)|(?:seiten|folien)(?:zahl|anzahl)|wie (?:lang|groß|umfangreich)",
        needs="lecture",
    ),
    cue("language", r"sprache|deutsch|englisch|französisch|auf (?:deutsch|englisch)", needs="lecture"),
    cue(
        "outline",
        r"(?P<title>gliederung|inhaltsverzeichnis|inhaltsübersicht|aufbau|struktur|agenda|outline|%topics%)"
        r"|aufgebaut|gegliedert|strukturiert|unterteilt|teile",
        needs="lecture",
        **_PARTS,
    ),
    cue(
        "summary",
        r"(?P<title>zusam+enfas+(?:ung|en)|zusam+engefasst|überblick|kurzfassung|inhaltsangabe|tl;?dr|kernaussagen?|kernpunkte"
        r"|hauptpunkte|hauptaussagen?)"
        r"|fas+(?:e|t)?|zusammen|worum|wovon|handel(?:t|te)|wichtig(?:e[ns]?|ste[ns]?)?|wesentliche[ns]?|zentrale[ns]?|inhalte?|thema|kurz gesagt"
        r"|gelernt|passiert|verpasst|merken|wissen|drangenommen|durchgenommen|gemacht|dran",
        needs="lecture",
    ),
    cue("newest", r"neue?ste[nrs]?|aktuellste[nrs]?|jüngste[nrs]?|zuletzt", r"%lectures%", needs="nothing", **_PARTS),
    cue(
        "lectures",
        r"vorlesungen|lektionen|sitzungen|foliensätze|skripte|skripten|präsentationen|vorträge|dokumente|dateien|pdfs|folien|unterlagen|vls",
        r"welche|was für|alle|wie ?viele|liste|habe?|haben|gibt|vorhanden|hochgeladen|geladen|da|heißen|titel|namen",
        needs="nothing",
        **_PARTS,
    ),
)  # fmt: skip

PAGE = re.compile(
    r"\b(?:seite|s\.?|folie|slide)(?:\s+nr\.?|\s+nummer)?\s*(?P<page>\d+)\b|\b(?P<ordinal>\d+\.|\w+)\s+(?:seite|folie)\b(?!\s*\d)",
    re.IGNORECASE,
)

FILLERS = words(
    """bitte danke hi hallo hey ok okay mal kurz kurze kurzen kurzer knapp grob schnell eben doch nochmal noch einmal eigentlich
    krank verpasst gefehlt fehlte nicht da heute gestern morgen prof professor professorin dozent dozentin lehrer kurs
    klausur prüfung vorlesung vorlesungen vl folien folie skript unterlagen stoff satz sätze sätzen worten stichpunkten punkten
    punkte zeilen könntest kannst könnten möchte brauche hätte gern gerne sagen zeigen zeig zeige sag gib geben nenn nennen
    erstellen erstelle schreiben schreib schreibe machen mach stellen stell stelle formulieren formuliere auf an ab aus
    gibts gehts was's steht stehen stand sehen lesen drin drauf dran drankommen kommen kommt vor alles ganze ganzen gesamte
    gesamten komplett eigene hatten hatte haben hab gemacht behandelt besprochen begriff thema themen wort konzept
    irgendwo irgendwas überall bereits schon worum geht es das darin dazu wichtig wichtige wichtigen hauptsächlich
    insgesamt zusammen erzähl erzähle erklär erkläre wissen merken lernen üben fragen frage inhalt inhalte hochgeladen geladen hinzugefügt dazu kam kamen hast habt umfasst enthält enthalten verstehe versteh kapiere will gings letzte letzten woche nächste nächstes nächsten"""
)

SUBJECT = re.compile(
    r"\bwarum\b|\bwieso\b|\bweshalb\b|\bwer\b|\bwessen\b|\bwozu\b|\bwie (?:werden|wird|wurden?|funktionier|berechne|wirkt|kann|lässt|soll|unterscheide)\w*"
    r"|\bunterschied\b|\bvergleiche?\b|\bversus\b|\bvs\b",
    re.IGNORECASE,
)
