"""What German says of a course."""

import re

from ingest.text.languages.course.base import CourseWords, rules, whole
from ingest.text.languages.course.de_cues import CUES, FILLERS, PAGE, SUBJECT

_PARTS = {
    "lead": r"(?:(?:bitte|kannst du|könntest du|können sie|könnten sie|kannst|gib|zeig|zeige|sag|nenn|nenne|ich"
    r"|möchte|will|brauche|hätte gern|also|nun|jetzt|dann|und|mir|uns|mal|doch|kurz|eben),? )*",
    "tail": r"(?:,? (?:bitte|kurz|mal|nochmal|noch einmal|für mich|in (?:ein paar|wenigen|drei|fünf)"
    r" (?:sätzen|worten|zeilen)|im überblick|mit (?:den )?(?:antworten|lösungen)|schreiben|geben|nennen|zeigen|erstellen|stellen|machen|formulieren))*",
    "polite": r"(?:(?:mir|uns|bitte|mal|doch|kurz|nochmal|noch einmal|einmal|du|sie) )*",
    "article": r"(?:(?:der|die|das|den|dem|des|einer?|einem|einen|meiner?|meinem|unserer?|dieser?|diesem|diesen) )?",
    "in": r"(?:in|im|auf|aus|von|vom|bei|beim|zu|zum|zur|aus der|für|des|der|über)",
    "lecture_word": r"(?:vorlesung|vl|vorl|lektion|sitzung|woche|veranstaltung|foliensatz|folien|skript|skripts|skriptum"
    r"|vorlesungsskript|vorlesungsfolien|präsentation|vortrag|mitschrift|aufzeichnung|dokument|pdf|datei"
    r"|deck|zusammenfassung|handout|notizen)",
    "lectures_word": r"(?:vorlesungen|lektionen|sitzungen|veranstaltungen|foliensätze|foliensätzen|folien"
    r"|skripte|skripten|präsentationen|vorträge|vorträgen|mitschriften|aufzeichnungen|dokumente|dokumenten"
    r"|pdfs|dateien|decks)",
    "all": r"(?:(?:alle|allen|die|der|meine|meiner|meinen|unsere|unserer|diese|verfügbaren) )*",
    "in_course": r"(?:in|im|aus|von) (?:(?:all|allen|der|den|dem|diesem|dieser|meinen|meinem|meiner"
    r"|unserem|ganzen|gesamten) )*(?:kurs|kurse|veranstaltung|bibliothek|vorlesung|vorlesungen|stoff"
    r"|material|folien|unterlagen|kursen)|im (?:ganzen |gesamten )?(?:kurs|stoff|material)",
    "term": r"(?:(?:der|die|das|den|dem|ein|eine|einen) )?(?:(?:begriff|wort|ausdruck|konzept|thema|idee"
    r"|begriffs) (?:(?:der|des|von) )?)?[\"“„»']?(?P<term>[^,;:?\"“”„]{2,60}?)[\"”“«']?",
    "page": r"(?:(?:seite|s\.|folie|slide)(?: nr\.?| nummer)?\s*(?P<page>\d+)"
    r"|(?:(?:der|die) )?(?P<ordinal>\d+\.|\w+) (?:seite|folie))",
    "topics": r"(?:themen|abschnitte|kapitel|überschriften|teile|inhalte|punkte)",
    "made": r"(?:eingeführt|definiert|erwähnt|erklärt|behandelt|besprochen|benutzt|verwendet|genannt|vorgestellt)",
    "first": r"(?:zuerst|zum ersten ?mal|erstmals|erstmalig|das erste mal|als erstes)",
    "comes": r"(?:vorkommt|auftaucht|auftritt|erscheint|vor|auf)",
    "kind": r"(?P<kind>s[aä]tze?n?|theoreme?n?|lemmata|lemmas?|korollare?|definition(?:en)?|beispiele?n?"
    r"|aufgaben?|übungen|übungsaufgaben|beweise?n?|bemerkung(?:en)?)",
    "strict_kind": r"(?P<kind>s[aä]tze?n?|theoreme?n?|lemmata|lemmas?|korollare?|definition(?:en)?)",
    "count": r"(?P<count>\d+|eine?|ein paar|einige|mehrere|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn)",
    "part": r"(?:der|die|das|den|dem) (?P<part>\w+) (?P<share>teil|hälfte|drittel|viertel|abschnitt|kapitel)",
    "exam": r"(?:(?:prüfungs|klausur|test|übungs|quiz|kontroll|examens|verständnis|lern|wiederholungs)[- ]?fragen?)(?: mit (?:den )?(?:lösungen|antworten))?",
    "about": r"(?:zu|zur|zum|über|aus|von|für|mit|in|im|um|rund um)",
}

_RULES = rules(
    # the lectures
    ("lectures", "welche %lectures_word% (?:habe ich|haben wir|hab ich|gibt es|sind da|liegen vor|kenne?n? (?:du|sie)|sind (?:geladen|gespeichert|vorhanden|verfügbar))(?: hier| alle| denn)?(?: (?:%in_course%))?"),
    ("lectures", "welche %lectures_word% (?:sind|liegen|stehen|gibt es) (?:%in_course%)"),
    ("lectures", "(?:(?:liste|zähle|zähl|nenne|zeige?|nenn) )?%polite%%all%%lectures_word%(?: (?:%in_course%))?(?: auf| an)"),
    ("lectures", "(?:nenne|nenn|zeige?|liste) %polite%%all%%lectures_word%(?: (?:%in_course%))?"),
    ("lectures", "alle (?:meine )?%lectures_word%"),
    ("lectures", "(?:eine? )?(?:liste|übersicht) (?:%all%|über )%lectures_word%"),
    ("lectures", "wie ?viele %lectures_word% (?:gibt es|habe ich|haben wir|sind es|hab ich)(?: hier)?(?: (?:%in_course%))?"),
    ("lectures", "wie ?viele %lectures_word% sind (?:%in_course%)"),
    # a page
    ("page", "(?:was (?:steht|ist|sieht man|stand|zeigt|kommt)(?: denn)? (?:auf|in|an) )?(?:der )?%page% (?:in|im|von|vom|der|des|aus|zu|zur|bei)(?: der| dem| den)? (?P<lecture>.+?)(?: zu sehen| dargestellt| abgebildet)?"),
    ("page", "(?:zeige?|öffne|lies) %polite%(?:die )?%page% (?:in|im|von|vom|der|des|aus|zu|zur)(?: der| dem)? (?P<lecture>.+?)(?: an)?"),
    ("page", "was (?:zeigt|sagt|enthält|steht auf) %page% (?:in|im|von|vom|der|des|aus)(?: der| dem)? (?P<lecture>.+?)"),
    ("page", "was steht (?:in|im)(?: der| dem)? (?P<lecture>.+?) auf (?:der )?%page%"),
    ("page", "(?P<lecture>.{3,60}?),? (?:seite|s\\.|folie) (?P<page>\\d+)"),
    ("page", "(?:was (?:steht|ist) auf (?:der )?|zeige? %polite%(?:die )?|öffne )?%page%"),
    # pages, language, newest
    ("length", "wie ?viele (?:seiten|folien) (?:hat|haben|umfasst|sind in|gibt es in|enthält) %article%(?P<reference>.+?)"),
    ("length", "wie lang ist %article%(?P<reference>.+?)"),
    ("length", "(?:seitenzahl|anzahl der (?:seiten|folien)) (?:von|in|der|des) %article%(?P<reference>.+?)"),
    ("length", "wie ?viele (?:seiten|folien) (?:sind es|gibt es|habe ich)(?: insgesamt| (?:%in_course%))"),
    ("language", "(?:in )?welcher sprache (?:ist|sind|wurde|steht) %article%(?P<reference>.+?)(?: geschrieben| gehalten| verfasst)?"),
    ("language", "welche sprache (?:hat|haben|spricht) %article%(?P<reference>.+?)"),
    ("newest", "welche %lecture_word% ist (?:die )?(?:neueste|neuste|letzte|aktuellste|jüngste)"),
    ("newest", "(?:was|welche?s?|wie heißt) (?:ist )?(?:die|das|der) (?:neueste|neuste|aktuellste|jüngste) %lecture_word%"),
    # exam questions
    ("exam", "(?:(?:stelle?|gib|schreibe?|erstelle?|mache?|formuliere?|nenne|bilde|erzeuge|überlege?) )?%polite%(?:%count% )?(?:(?:mögliche|typische|gute|kurze) )?%exam% %about%(?: dem| den| der| die| das)? (?P<topic>.+?)"),
    ("exam", "(?:frage?|prüfe?|teste?) mich (?:über|zu|zum|zur|in|mit) %article%(?P<topic>.+?)(?: ab)?"),
    ("exam", "welche fragen (?:könnten|können|werden) (?:in der (?:prüfung|klausur) )?(?:zu|zur|zum|über) %article%(?P<topic>.+?) (?:drankommen|kommen|gestellt werden)"),
    ("exam", "(?:stelle?|gib|schreibe?|erstelle?|formuliere?) %polite%(?:%count% )?%exam%"),
    # a part
    ("part", "was (?:kommt|kam|steht|ist|war|passiert|machen wir|haben wir|behandeln wir|wird behandelt) (?:in|im) (?:(?:der|dem) )?(?P<part>\\w+) (?P<share>teil|hälfte|drittel|viertel|abschnitt|kapitel)(?: %in% %article%(?P<reference>.+?))?(?: (?:dran|vor|gemacht|behandelt))?"),
    ("part", "(?:worum geht es|wovon handelt) (?:in|im) (?:(?:der|dem) )?(?P<part>\\w+) (?P<share>teil|hälfte|drittel|viertel|abschnitt|kapitel)(?: %in% %article%(?P<reference>.+?))?"),
    ("part", "(?:fass(?:e|en sie)?|erklär(?:e|en sie)?) %polite%%part%(?: %in% %article%(?P<reference>.+?))?(?: (?:kurz )?zusammen)?"),
    ("part", "(?:eine |die )?(?:(?:kurze )?zusammenfassung|überblick) (?:des|vom|der) (?P<part>\\w+) (?P<share>teils?|hälfte|drittels?|viertels?|abschnitts?|kapitels?)(?: %in% %article%(?P<reference>.+?))?"),
    # summary and outline
    ("summary", '(?:nenne |nenn )?%polite%(?:die )?(?:wichtigsten|zentralen|wesentlichen) (?:punkte|ideen|aussagen|inhalte) (?:von|der|des|in|aus|im) %article%(?P<reference>.+?)'),
    ("summary", "fass(?:e|en sie)? %polite%%article%(?P<lecture>.+?) (?:kurz )?zusammen"),
    ("summary", "%polite%%article%(?P<lecture>.+?) (?:kurz |bitte )*zusammenfassen"),
    ("summary", "(?:(?:eine?n?|die|den|der) )?(?:(?:kurze|kurzen|knappe|schnelle) )?(?:zusammenfassung|überblick|tl;?dr|inhaltsangabe|kurzfassung) (?:von|vom|der|des|zu|zum|zur|über) %article%(?P<lecture>.+?)"),
    ("summary", "(?:worum|um was) (?:geht|ging|handelt|handelte) (?:es|sichs?)(?: es)? (?:in|im|bei|beim) %article%(?P<reference>.+?)"),
    ("summary", "(?:wovon|von was) (?:handelt|handelte|handeln) %article%(?P<reference>.+?)"),
    ("summary", "was (?:war|ist) (?:das|der) (?:thema|inhalt|gegenstand|kern) (?:von|vom|der|des|in) %article%(?P<reference>.+?)"),
    ("summary", "was (?:haben wir|hatten wir|hab(?:e|en)? (?:ich|sie)|wurde|machen wir|war) (?:in|im) %article%(?P<reference>.+?)(?: (?:gemacht|gelernt|behandelt|besprochen|dran|durchgenommen))"),
    ("summary", "was (?:sind|waren) die (?:wichtigsten|zentralen|wesentlichen) (?:punkte|ideen|aussagen|inhalte|themen|ergebnisse) (?:von|der|des|in|aus|im) %article%(?P<reference>.+?)"),
    ("summary", "was (?:behandelt|lehrt|enthält) %article%(?P<reference>.+?)"),
    ("outline", "(?:(?:die|eine|das) )?(?:gliederung|inhaltsverzeichnis|aufbau|struktur|agenda|überschriften|themen|kapitel|abschnitte) (?:von|vom|der|des|zu|zum|zur|in|im|für) %article%(?P<reference>.+?)"),
    ("outline", "(?:was|wie) ist (?:die|der|das) (?:gliederung|inhaltsverzeichnis|aufbau|struktur|agenda) (?:von|vom|der|des) %article%(?P<reference>.+?)"),
    ("outline", "wie (?:ist|sind|war) %article%(?P<reference>.+?) (?:aufgebaut|gegliedert|strukturiert|organisiert)"),
    ("outline", "welche %topics% (?:behandelt|hat|haben|enthält|umfasst|bespricht|deckt|stehen in|gibt es in|kommen in|hatte) %article%(?P<reference>.+?)(?: ab| vor)?"),
    # where
    ("first", "(?:wo|wann|an welcher stelle|auf welcher (?:seite|folie)) (?:wird|wurde|werden|wurden|ist|sind) %term% %first% %made%(?: (?:%in_course%))?"),
    ("first", "(?:wo|wann) (?:wird|wurde|werden|wurden) %term% (?:%in_course%) (?:%first% )?(?:eingeführt|definiert)"),
    ("first", "(?:wo|auf welcher (?:seite|folie)) (?:wird|wurde|werden|wurden) %term% eingeführt"),
    ("first", "(?:wo|wann) (?:kommt|kam|kommen|taucht|tauchen|tauchte|tritt|treten) %term% %first% %comes%(?: (?:%in_course%))?"),
    ("first", "(?:in|auf) welche[rmn] (?:%lecture_word%|seite|folie) (?:kommt|kam|kommen|taucht|tauchen|tritt|treten) %term% %first% %comes%"),
    ("first", "(?:in|auf) welche[rmn] (?:%lecture_word%|seite|folie) (?:wird|wurde|werden|wurden) %term% (?:%first% %made%|eingeführt|definiert)"),
    ("first", "welche[sr]? %lecture_word% (?:führt|führte|definiert) %term%(?: %first%)?(?: ein)?"),
    ("first", "(?:erste|erstes) (?:erwähnung|vorkommen|auftreten|definition) (?:von|der|des) %term%"),
    ("mentions", "welche (?:meiner |der |unserer |von meinen )?%lectures_word% (?:erwähnen|behandeln|besprechen|erklären|nennen|enthalten|benutzen|verwenden|handeln von|sprechen von|sprechen über) %term%"),
    ("mentions", "welche[sr]? (?:vorlesung|foliensatz|skript|sitzung|präsentation|datei|dokument) (?:erwähnt|behandelt|bespricht|erklärt|nennt|enthält|handelt von|spricht von|spricht über) %term%"),
    ("mentions", "in welche[nrm] (?:meiner |der )?(?:%lectures_word%|%lecture_word%) (?:wird|werden|wurde|wurden) (?:über )?%term% (?:%made%|gesprochen)"),
    ("mentions", "in welche[nrm] (?:meiner |der )?(?:%lectures_word%|%lecture_word%) (?:kommt|kommen|taucht|tauchen|tritt|treten|geht es um|steht) %term%(?: %comes%)?"),
    ("mentions", "wo (?:wird|werden|wurde|kommt|taucht|steht) (?:%in_course%) (?:über )?%term% (?:%made%|gesprochen|%comes%)"),
    ("mentions", "wo (?:wird|werden|wurde|kommt|taucht) (?:über )?%term% (?:%in_course%) (?:%made%|gesprochen|%comes%)"),
    # theorems, definitions
    ("statements", "(?:(?:liste|nenne|nenn|zeige?|suche?|finde|gib) )?%polite%(?:alle|jedes|jede|sämtliche) %kind% (?:zu|zum|zur|über|in|im|aus|von) %article%(?P<topic>.+?)(?: auf| an)?"),
    ("statements", "(?:(?:liste|nenne|nenn|zeige?|suche?|finde|gib) )?%polite%(?:alle|jedes|jede|sämtliche) %strict_kind% (?:für|des|der|mit) %article%(?P<topic>.+?)(?: auf| an)?"),
    ("statements", "welche %strict_kind% (?:gibt es|haben wir|hatten wir|kennen wir|stehen da) (?:zu|zum|zur|über|von) %article%(?P<topic>.+?)"),
    ("statements", "welche %kind% (?:gibt es|haben wir|hatten wir|stehen|sind|enthält|hat) (?:(?:in|im) )?%article%(?P<reference>.+?)"),
    # things of a kind
    ("covered", "welche(?: arten von)? (?P<term>[^,;:?]{3,60}?) (?:behandelt|bespricht|nennt|erklärt|beschreibt|erwähnt|führt|stellt) %article%(?P<reference>[^,;:?]+?)(?: (?:ein|vor))?(?:,? und (?P<aspect>[^?]{5,60}?))?"),
    ("covered", "welche(?: arten von)? (?P<term>[^,;:?]{3,60}?) (?:wird|werden|wurde|wurden) (?:in|im) %article%(?P<reference>[^,;:?]+?) %made%(?:,? und (?P<aspect>[^?]{5,60}?))?"),
    # after, before
    ("after", "was (?:kommt|kam|folgt|machen wir|haben wir|behandeln wir|ist) (?:als nächstes |direkt |gleich |unmittelbar )?nach %article%(?P<heading>[^,;:?]+?)(?: dran| gemacht| behandelt)?"),
    ("after", "was folgt (?:direkt |gleich )?auf %article%(?P<heading>[^,;:?]+?)"),
    ("after", "welche[sr]? (?:thema|abschnitt|kapitel|überschrift|teil|%lecture_word%) (?:kommt|kam|folgt|ist)(?: als nächstes| direkt| gleich)? (?:nach|auf) %article%(?P<heading>[^,;:?]+?)"),
    ("before", "was (?:kommt|kam|machen wir|haben wir|hatten wir|behandeln wir|steht|ist) (?:direkt |gleich |unmittelbar )?vor %article%(?P<heading>[^,;:?]+?)(?: dran| gemacht| behandelt)?"),
    ("before", "welche[sr]? (?:thema|abschnitt|kapitel|überschrift|teil|%lecture_word%) (?:kommt|kam|ist|steht)(?: direkt| gleich)? vor %article%(?P<heading>[^,;:?]+?)"),
    **_PARTS,
)  # fmt: skip

WORDS = CourseWords(
    rules=_RULES,
    follow_up=whole(
        r"(?:(?:und|jetzt|dann|nun|ok|also),? )*(?:(?:was ist mit|wie ist es mit|wie steht es mit|das gleiche (?:für|von|mit)|dasselbe (?:für|von|mit)|wie sieht es (?:mit|in) \w*) )?"
        r"(?:(?:in|im|auf|für|von|zu|zur|zum|aus|bei|mit) )?%article%(?:%page%(?: (?:in|im|von|der|des) %article%(?P<other>.+?))?|(?P<reference>.+?))(?: aus)?(?:,? bitte)?",
        **_PARTS,
    ),
    next_page=whole(
        r"(?:(?:und|jetzt|dann) )*(?:(?:was (?:ist|steht)|zeige?|öffne)(?: mir)? )?(?:auf )?(?:der |die )?nächsten? (?:seite|folie)",
        **_PARTS,
    ),
    reference=whole(
        r"(?:(?:der|die|das|den|dem|des|meiner?|unserer?|dieser?|diesem) )*(?:"
        r"%lecture_word%(?: nr\.?| nummer)? #?(?P<number>\w+)"
        r"|(?P<ordinal>\d+\.|vorletzten?r?|[\w-]+) %lecture_word%"
        r"|%lecture_word%(?: mit dem titel| namens)? (?:über|zu|zum|zur|von|vom|mit dem titel|namens|der|des|im|in)(?: (?:dem|der|den|die|das))?(?: thema)? (?P<title>.+?)"
        r"|(?P<about>\S+(?: (?!(?:in|im|aus|von|vom)\b)\S+){0,3})[- ](?:vorlesung|vl|lektion|foliensatz)"
        r"|(?P<before>.+?)[- ]%lecture_word%"
        r"|%lecture_word% (?P<behind>.+?))",
        **_PARTS,
    ),
    articles=whole(
        r"((?:der|die|das|den|dem|des|einer?|eines|mein\w*|unser\w*|dies\w*|thema|kapitel|abschnitt)\s+)*(?P<rest>.*?)"
    ),
    numbers={
        "eins": 1,
        "zwei": 2,
        "drei": 3,
        "vier": 4,
        "fünf": 5,
        "sechs": 6,
        "sieben": 7,
        "acht": 8,
        "neun": 9,
        "zehn": 10,
        "elf": 11,
        "zwölf": 12,
        "mittlere": 2,
        "erste": 1,
        "zweite": 2,
        "dritte": 3,
        "vierte": 4,
        "fünfte": 5,
        "sechste": 6,
        "siebte": 7,
        "siebente": 7,
        "achte": 8,
        "neunte": 9,
        "zehnte": 10,
        "elfte": 11,
        "zwölfte": 12,
        "letzte": -1,
        "neueste": -1,
        "neuste": -1,
        "aktuellste": -1,
        "vorletzte": -2,
        "ein": 3,
        "eine": 3,
        "ein paar": 3,
        "einige": 3,
        "mehrere": 5,
    },
    shares={2: whole(r"hälfte"), 3: whole(r"drittels?"), 4: whole(r"viertels?")},
    wishes={
        "simpler": whole(
            r"%lead%(?:"
            r"(?:(?:(?:erklär|erläuter|sag|beschreib)(?:e|en sie)?|geht) )?"
            r"(?:(?:es|das|dies|mir|uns|bitte|mal|noch|nochmal|noch einmal|geht) )*"
            r"(?:(?:viel |etwas |noch )?(?:einfacher|verständlicher|leichter|anschaulicher)"
            r"|(?:in|mit) (?:einfachen|einfacheren|leichten|anderen|eigenen) worten|für (?:anfänger|dummies|laien))"
            r"(?: (?:erklären|sagen))?"
            r"|(?:das|es) (?:verstehe|versteh|kapier|kapiere) ich nicht|ich (?:verstehe|versteh) (?:das|es) nicht)%tail%",
            **_PARTS,
        ),
        "example": whole(
            r"%lead%(?:(?:(?:gibt es|hast du|wie lautet|nenne?|zeige?|gib|mach)(?: (?:mir|uns|da|dafür|dazu|bitte|mal))* )?"
            r"(?:(?:ein|noch ein|weitere|ein weiteres|ein anderes|einige)(?: (?:konkretes|einfaches|anschauliches))? )?beispiele?"
            r"(?: (?:dafür|dazu|hierfür|hierzu))?|zum beispiel)%tail%",
            **_PARTS,
        ),
    },
    example="Beispiel",
    connectives=re.compile(
        r"^\W*(?:jedoch|allerdings|daher|deshalb|deswegen|somit|folglich|außerdem|ferner|dann|zudem|zum beispiel|das heißt|ebenso|ansonsten|stattdessen|dennoch|trotzdem|auch|hier|also|dagegen|schließlich)\b",
        re.IGNORECASE,
    ),
    about_lecture=re.compile(
        r"\b(?:im (?:folgenden|nächsten|weiteren)|in (?:der|dieser|der nächsten|der heutigen) (?:sitzung|vorlesung)"
        r"|in (?:diesem|dem nächsten) (?:abschnitt|kapitel|kurs|teil))\b"
        r"|\b(?:wir|nun|zunächst|zuerst) (?:behandeln|betrachten|werden|wollen)\b|\blasst uns\b"
        r"|\bin der (?:letzten|vorigen|vorherigen) (?:sitzung|vorlesung)\b|\b(?:letzte|nächste) (?:sitzung|vorlesung|woche) \w+ wir\b"
        r"|\bheute \w+ wir\b|^\W*betrachten wir\b|\bwie wir (?:\w+ )?(?:gesehen haben|sahen)\b"
        r"|^\W*(?:abschnitt|kapitel|teil|vorlesung) \d[\d.]*,? [a-zäöü]"
        r"|\b(?:abbildung|gleichung|tabelle)n? \d|\bauf seite \d|\b(?:in|siehe) (?:abschnitt|kapitel) \d"
        r"|^\W*(?:abbildung|bild|foto)s?(?:quellen?|nachweise?|rechte)\b|^\W*quellen?:",
        re.IGNORECASE,
    ),
    back_matter=re.compile(
        r"^\W*(?:danksagung|literatur(?:verzeichnis|angaben)?|quellen(?:verzeichnis|angaben)?|bildnachweise?|anhang|vielen dank.*|fragen|lizenz|aufgaben|übungen|hausaufgaben|gliederung|agenda|fahrplan|inhalt(?:sverzeichnis)?|organisatorisches)\W*$"
        r"|^\W*(?:dr|prof)\.\s|\blernziele\b|\bautor(?:in)? (?:der|dieser|des)\b",
        re.IGNORECASE,
    ),
    kinds={
        "theorem": whole(r"s[aä]tze?n?|theoreme?n?|lemmata|lemmas?|korollare?"),
        "definition": whole(r"definition(?:en)?"),
        "example": whole(r"beispiele?n?"),
        "exercise": whole(r"aufgaben?|übungen|übungsaufgaben"),
        "proof": whole(r"beweise?n?"),
        "remark": whole(r"bemerkung(?:en)?"),
    },
    openings={
        "theorem": whole(r"\W*(?:satz|theorem|lemma|korollar)\b(?! \w+ (?:ist|sind|hat)\b).*"),
        "definition": whole(r"\W*definition\b.*"),
        "example": whole(r"\W*beispiele?\b.*"),
        "exercise": whole(r"\W*(?:aufgabe|übung|hausaufgabe|übungsaufgabe)n?\b.*"),
        "proof": whole(r"\W*beweis\b.*"),
        "remark": whole(r"\W*bemerkung\b.*"),
    },
    examples={
        "summary": (
            "Worum ging es in Vorlesung 2?",
            "Gib mir das Wichtigste aus Vorlesung 2.",
            "Erkläre mir kurz, was Vorlesung 2 sagt.",
            "Was sollte ich von Vorlesung 2 behalten?",
            "Ich habe Vorlesung 2 verpasst, was war da?",
        ),
        "outline": (
            "Zeig mir das Inhaltsverzeichnis von Vorlesung 2.",
            "Wie ist Vorlesung 2 gegliedert?",
        ),
        "length": ("Wie lang ist Vorlesung 2?", "Wie viele Folien hat Vorlesung 2?"),
        "language": ("In welcher Sprache ist Vorlesung 2?",),
        "exam": (
            "Stelle mir Fragen zu Vorlesung 2.",
            "Was könnte in der Klausur zu Vorlesung 2 drankommen?",
        ),
        "": (
            "Wer hält Vorlesung 2?",
            "Wo findet Vorlesung 2 statt?",
            "Wann ist Vorlesung 2?",
            "Ist Vorlesung 2 klausurrelevant?",
            "Was sagt Vorlesung 2 über Entropie?",
            "Welches Buch gehört zu Vorlesung 2?",
            "Erklärt Vorlesung 2 die Konvergenz?",
            "Wer hat die Folien von Vorlesung 2 geschrieben?",
            "Wie viele Punkte gibt Vorlesung 2?",
            "Welche Formel benutzt Vorlesung 2?",
        ),
    },
    cues=CUES,
    page_cue=PAGE,
    fillers=FILLERS,
    subject=SUBJECT,
    texts={
        "lectures": "{number} Vorlesungen:",
        "lecture": "1 Vorlesung:",
        "pages": "{pages} Seiten",
        "page": "1 Seite",
        "summary": "{lecture} in Kürze:",
        "part": "„{heading}“ in {lecture}, {pages}, in Kürze:",
        "share": "{lecture}, {pages}, in Kürze:",
        "span": "S. {first} bis {last}",
        "no_part": "{lecture} hat {parts} Teile; frage nach einem von ihnen.",
        "outline": "Gliederung von {lecture}:",
        "shown": "Seite {page} von {lecture}:",
        "no_text": "Auf Seite {page} von {lecture} steht kein Text, der gelesen werden konnte.",
        "no_page": "{lecture} hat {pages} Seiten, also keine Seite {page}.",
        "first": "„{term}“ wird in {lecture}, S. {page} eingeführt.",
        "only_mentioned": "„{term}“ wird zuerst in {lecture}, S. {page} erwähnt; keine Vorlesung definiert es.",
        "first_mention": "Erste Erwähnung",
        "mentions": "„{term}“ kommt in {number} Vorlesungen vor:",
        "mention": "„{term}“ kommt in einer Vorlesung vor:",
        "places": "{number} Seiten, zuerst S. {page}",
        "place": "S. {page}",
        "statements": "{number} Stellen zu „{term}“:",
        "statements_of": "{number} Stellen in {lecture}:",
        "covered": "{number} der {term} in {lecture}:",
        "after": "Nach „{term}“ kommt „{next}“ ({lecture}, S. {page}).",
        "before": "Vor „{term}“ kommt „{next}“ ({lecture}, S. {page}).",
        "last": "„{term}“ ist das letzte Thema von {lecture}.",
        "opening": "„{term}“ ist das erste Thema von {lecture}.",
        "length": "{lecture}: {pages} Seiten.",
        "total": "{number} Vorlesungen mit zusammen {pages} Seiten.",
        "language": "{lecture} ist auf {language}.",
        "unknown_language": "Die Sprache von {lecture} wurde nicht erkannt.",
        "choice": "Diese Nummer haben {number} Vorlesungen; nenne auch den Kurs, wie in „{course}, Vorlesung {lecture}“:",
        "newest": "Die letzte Vorlesung der Reihe ist {lecture}.",
        "exam": "Fragen zu {topic} mit den Antworten der Vorlesungen:",
        "exam_few": "Nur {number} Fragen zu {topic} fanden sich, die die Vorlesungen gut beantworten:",
        "last_lecture": "{lecture} ist die letzte Vorlesung.",
        "first_lecture": "{lecture} ist die erste Vorlesung.",
        "list": "Was gehört zu „{term}“ ({heading})?",
        "explain": "Erklären Sie das Thema „{term}“.",
    },
    exam=(
        (
            whole(r"(?P<a>[^:?]+?) (?:vs\.?|versus|gegen) (?P<b>[^:?]+)"),
            "Was ist der Unterschied zwischen {a} und {b}?",
        ),
        (whole(r"(?P<a>(?:warum|wie|wann|was|wozu|wieso) .{8,})"), "{a}?"),
        (
            whole(
                r"(?P<a>vorteile|nachteile|eigenschaften|arten|grenzen|ziele|schritte|phasen|anwendungen) (?P<b>(?:von|der|des) .+)"
            ),
            "Welche {a} {b} gibt es?",
        ),
    ),
    languages={"en": "Englisch", "de": "Deutsch", "fr": "Französisch"},
)
