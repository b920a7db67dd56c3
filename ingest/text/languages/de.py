"""German."""

from ingest.text.languages.asides.de import ASIDES
from ingest.text.languages.base import (
    Language,
    Terminology,
    pattern,
    phrases,
    words,
)

_NOUN = (
    r"(?!(?:auf|aus|bei|für|im|in|mit|nach|oder|und|von|vom|zu|zum|zur)\b)[\w-]+[*∗+#]*"  # A*, C++
)
_THING = rf"((?:{_NOUN}\s+){{0,3}}?{_NOUN})"
_ARTICLE = r"(?:eine?[mnrs]?\s+|de[mnrs]\s+|die\s+|das\s+)?"

# What stands behind the article of a definition; "ein gutes Beispiel" defines nothing.
_GENUS = r"""(?:eine?[mnrs]?|de[mnrs]|die|das|jede[rs]?)\s+ (?!(?:[a-zäöüß]+\s+)?(?:aufgabe|ausgangspunkt|beispiel
    |bessere?[nrs]?|beste[nrs]?|einfachste[nrs]?|einzige[nrs]?|ergebnis|erste[nrs]?|fall|folge|folgende[nrs]?
    |frage|ganze[nrs]?|gleiche[nrs]?|grund|grundlage|gute[nrs]?|häufigste[nrs]?|herausforderung|ideal
    |letzte[nrs]?|lösung|meiste[nrs]?|muss|nachteil|nächste[nrs]?|problem|schritt|typische[nrs]?|voraussetzung
    |vorteil|wichtige[nrs]?|wichtigste[nrs]?|ziel|zweite[nrs]?)\b)"""

LANGUAGE = Language(
    code="de",
    name="Deutsch",
    stemmer="german",
    stop_words=words(
        """aber als am an auch auf aus bei bin bitte bloß das dass dem den der des die dies diese doch du ein eine
        einem einen einer eines er erkläre es für groß haben hat hoch ich ihr im in ist kann man mein mir mit
        nach nicht nur oder sich sie sind so um und uns viel viele von vom vor war was welche welchem welchen
        welcher welches wenn wer werden wie wieso wir wird wo wozu warum zu zum zur über"""
    ),
    common_words=words(
        """ab alle allem allen aller alles anders andere anderen anderer bedeuten bedeutet beim beiden beide
        beispiel beispiele besagt besonders besteht bezeichnet bleibt braucht bringt bzw da dabei dadurch dafür
        dagegen daher damit danach dann daran darauf darf daraus darin darüber davon dazu denn deren dessen
        deshalb dient dieser diesem diesen dieses dort durch dürfen eigentlich einfach einige entsteht erst etwa
        etwas falls fest folgt funktioniert ganz geben gegen geht gehört gelten genau gemeint gibt gilt groß
        große großen gut habe hatte hatten heißen heißt hier hinter hoch ihm ihn ihre ihrem ihren immer ins ja
        jede jedem jeden jeder jedes jetzt kann kein keine keinen keiner kennt klein kleine kleinen kommt können
        könnte laut lassen lautet leistet lernt liegt liefert lässt machen macht mal mehr meist misst muss
        möglich müssen nach nennen nennt nenne neue neuen noch nur ob ohne schon sehr seine seinem seinen sein
        seit selbst soll sollen sollte sonst sondern spricht statt steckt stehen steht stellt tun unter
        unterscheiden unterscheidet unterschied usw gdw ok okay verhindert verlangt versteht verwendet verwenden viel viele
        vielen während wann warum weil weiter welch wem wen weniger wenige werde weshalb wieder wieviel will
        wodurch wofür wogegen woher wohin womit woran worauf woraus worin worum worüber wovon wozu wurde wurden
        wäre wären würde würden z.b zeigt ziel zwei zwischen zweite zweiten"""
    ),
    question_words=words(
        """definiere erkläre nenne wann warum was welche welchem welchen welcher welches wem wen wer weshalb wessen
        wie wieso wieviel wo wodurch wofür wogegen woher wohin womit woran worauf woraus worin worum worüber
        wovon wozu"""
    ),
    letters="äöüß",
    abbreviations=words(
        """abb abs bd bsp bzw ca d.h d.\u00a0h dr etc evtl f ff gl ggf kap max min nr o.ä prof s sog u.a
        u.\u00a0a usw vgl z.b z.\u00a0b"""
    ),
    continuation_words=words(
        """als am an auf aus bei das dem den der des die ein eine einem einen einer eines für im in ist mit oder
        pro sind um und vom von wie zu zum zur über diese diesem diesen dieser dieses jede jedem jeden jeder
        jedes kein keine keinem keinen keiner sowie durch ohne zwischen"""
    ),
    page_words=words("folie s. seite von"),
    capitalised_nouns=True,
    anaphora=pattern(
        r"""
        \b(?<!gibt\s)(?<!gab\s)(?<!geht\s)(?<!handelt\s)(?<!bringt\s)(?P<pronoun>
            es(?!\s(?:gibt|gab|geht|handelt|heißt)\b) | er | sie | ihm | ihn | ihr(?:e[nmrs]?)?
            | sein(?:e[nmrs]?)? | deren | dessen )\b
        | \b(?: dies\w* | jene\w* | dort )\b
        | \b(?: dabei | dafür | dagegen | damit | daran | darauf | darin | darüber | davon | dazu )\b
            (?!,)  # "davon, den Druckern ein Monopol zu geben"
          # "das" as a pronoun; before a noun it is an article
        | \bdas\b (?!\s[^\w\s]|\s(?:\w+\s){0,2}?(?-i:[A-ZÄÖÜ\d]))
        | \b(?:die|den)\sbeiden\b (?!\s(?:\w+en\s)?(?-i:[A-ZÄÖÜ]))
        | \b(?: auch | dann | nochmal | noch\smal | stattdessen )\s*\W*$
        """
    ),
    antecedent=pattern(r"(?-i:(?<=[^\W\d_A-ZÄÖÜ][ ])|(?<=,[ ])|(?<=[(„«\"]))(?-i:[A-ZÄÖÜ])[\w-]+"),
    follow_up_opening=pattern(
        r"""
        ^\s*(?: und | aber | oder | warum\snicht | wieso\snicht | was\swenn
            | (?:was\sist|wie\sist\ses|wie\ssteht\ses)\smit\b (?!.*\bgemeint\b) )\b
        | ^\s*(?: weitere | andere | mehr | noch\s\w+ )\s+\w+\s*\W*$
        """
    ),
    complete_opening=pattern(
        r"""
        ^\s*(?: was\s(?:ist|sind) | wer\s(?:ist|war) | definiere | erkläre )
            \s+ (?!(?:der|die|das)\b)\w
        | ^\s*(?:braucht|darf|genügt|hat|haben|hilft|ist|kann|können|muss|müssen|reicht|reichen
            |sind|soll|war|wird|werden)\s+
            (?!(?:das|der|die|dies\w*|du|er|es|ich|ihr\w*|man|mehr|sie|sein\w*|wir)\b)\w
        """
    ),
    second_question=pattern(
        r"""
        [,;.?!]?\s+ (?:und|aber|oder) \s+ (?= (?:dann\s+|auch\s+)?
            (?:(?:an|auf|aus|bei|für|in|mit|nach|von|zu)\s+)?
            (?:was|welche[mnrs]?|wie|wieso|warum|weshalb|wann|wo|wer|wem|wen|wessen|wo(?:bei|durch
              |für|gegen|her|hin|mit|ran|rauf|raus|rin|rum|rüber|von|vor|zu))\b )
        | [;?!]\s+ (?=\w)
        """
    ),
    comparison=pattern(
        rf"""
        ^\W* {_ARTICLE}((?:{_NOUN}\s+){{1,3}}?{_NOUN}|(?-i:[A-Z][A-Z\d*∗+\#-]*)),? \s+
            (?:vs\.?|versus) \s+ {_ARTICLE}{_THING} (?=\s*(?:$|[?.,;:]))
        | ([\w-]+[*∗+\#]*),? \s+ (?:vs\.?|versus) \s+ {_ARTICLE} ([\w-]+[*∗+\#]*)
        | \bzwischen\s+ {_ARTICLE}{_THING} \s+ und \s+ {_ARTICLE}{_THING}
            (?=\s*(?:$|[?.,;:])|\s(?:auf|bei|für|im|in|mit|von)\b)
        | \bvergleiche?\s+ {_ARTICLE}{_THING} \s+ (?:mit|und) \s+ {_ARTICLE}{_THING}
            (?=\s*(?:$|[?.,;:])|\s(?:auf|bei|für|im|in|von)\b)
        | \bunterscheide[nt]\s+ sich\s+ {_ARTICLE}{_THING} \s+ (?:und|von) \s+ {_ARTICLE}{_THING}
            (?=\s*(?:$|[?.,;:])|\s(?:auf|bei|für|im|in)\b)
        | \bunterscheide[nt]\s+ {_ARTICLE}{_THING} \s+ von \s+ {_ARTICLE}{_THING}
            (?=\s*(?:$|[?.,;:])|\s(?:auf|bei|für|im|in)\b)
        | ^\W*was\s+(?:hat|kann|leistet|macht|tut)\s+ {_ARTICLE}{_THING},? \s+ (?:das|was) \s+
            {_ARTICLE}{_THING} (?=\s+nicht\b)
        | ^\W* ([\w-]+) \s+ oder \s+ ([\w-]+)
        """
    ),
    definition_question=pattern(
        rf"""
        ^\W*(?:und\s+)? (?:was|wer)\s+ (?:ist|sind|war|waren|heißt|bedeute[nt]|meint)\s+
            (?:eigentlich\s+|genau\s+)?{_ARTICLE}{_THING}(?:\s+(?:eigentlich|genau))?
            (?:,?\s+(?:bei|im|in|wenn)\b[^?]*)? \s*\W*$
        | ^\W*was\s+(?:besagt|besagen)\s+{_ARTICLE}{_THING}\s*\W*$
        | \bversteht\s+man\s+(?:hier\s+)?unter\s+{_ARTICLE}{_THING}\s*\W*$
        | \bmit\s+{_ARTICLE}{_THING}(?:\s+von\s+[\w-]+)?\s+gemeint\b
        | ^\W*(?:definiere|erkläre|(?:definieren|erklären)\s+sie)\s+{_ARTICLE}{_THING}\s*\W*$
        | \b(?:bedeutung|definition)\s+(?:von|der|des|eine[rs])\s+{_THING}\s*\W*$
        | ^\W*{_ARTICLE}{_THING},?\s+(?:bedeutung|bedeutet\s+was|definition|was\s+(?:ist|war|heißt|bedeutet))\b
        | \bwann\s+(?:darf|kann)\s+man\s+{_ARTICLE}((?:[\w-]+\s+){{1,3}})nennen\b
        | \bwann\s+(?:heißt|heißen|nennt\s+man)\s+{_ARTICLE}((?:[\w-]+\s+){{0,3}}[\w-]+)\s*\W*$
        | ^\W*(?:und\s+)?((?:[\w-]+\s+){{0,2}}[\w-]+)\s*\?\W*$
        """
    ),
    term_question="Was ist {term}?",
    definition=pattern(
        r"""
        \s* (?:[(\[][^)\]]*[)\]]\s*)? (?: [:=≡≜] | [–—-]\s | ,?\s*(?:falls|genau\sdann|wenn)\b
            | (?:ist|sind|bedeute[nt]|bezeichne[nt]|beschreib(?:t|en)|heißt|misst|mißt|steht\sfür)\b
                (?!\s+(?:auch|nicht|nur|oft)\b)
                (?!\s+[\w-]+\s*(?:[.,;:]|$)) )  # „X ist nützlich.“ is a remark
        """
    ),
    generic=pattern(r"^\W*eine?\s+$"),
    generic_verb=pattern(
        r"(?:\s*\([^)]*\))?\s+(?!(?:hat|ist|nicht|wird)\b)(?-i:[a-zäöü])[a-zäöüß]{2,}t\b"
    ),
    superlative=pattern(r"\b(?:beste|[a-zäöüß]{3,}ste)[nrs]?$"),
    naming=pattern(
        r"""
        \b(?:heißt|heißen|nennt\s+man|nennen\s+wir|bezeichnet\s+man|bezeichnen\s+wir|genannt
            |definiert\s+(?:als|durch)|versteht\s+man) \b
        | \bist\s+definiert\b | ^definition\b
        """
    ),
    formula_question=pattern(
        r"formeln?\b|gleichung(?:en)?\b|\bwie\s+(?:berechne[nt]?|komm[et]|rechnet)\b|\bwie\s.*\bberechnet\b"
    ),
    purpose_question=pattern(
        r"""
        ^\W*(?:und\s+)?(?:wofür|wozu)\b | \bwelche[mn]\s+zweck\b | \b(?:sinn|zweck)\s+(?:de[rs]|eine[rs]|von)\b
        """
    ),
    purpose=pattern(
        r"""
        \b(?:dazu|damit|um)\b .* \bzu\b | \bdien(?:t|en)\b | \b(?:zweck|ziel)\s+(?:de[rs]|eine[rs]|ist|von)\b
        | \b(?:erlaub|ermöglich|erleichter|verbesser|verhinder|vermeide|verringer)(?:t|en|n)\b
        """
    ),
    terminology=Terminology(
        articles=words("das dem den der des die ein eine einem einen einer eines jede jeder jedes"),
        indefinite=words("ein eine einen"),
        linking_words=words("der des für und von zu zur"),
        vague_nouns=words(
            """achtung allgemein anmerkung beispiel beispiele bemerkung beobachtung einwand fazit folge folgen
            folgende folgendes gegenbeispiel grund grundidee gründe hinweis hinweise idee ideen intuition
            kernaussage kontra lernziel lernziele merke motivation nachteil nachteile nutzen pro sinn tipp tipps
            unterschied unterschiede ursache ursachen vergleich voraussetzung voraussetzungen vorgehen vorteil
            vorteile warnung wichtig wiederholung ziel ziele zusammenfassung zweck"""
        ),
        general_nouns=words(
            """abbildung ablauf analyse annahme annahmen ansatz anwendung anwendungen art arten aufbau aufgabe
            aufgaben aussage autor autoren außen bedeutung begriff daten definition eigenschaft eigenschaften
            element elemente ergebnis ergebnisse fall form formel frage fragen funktion funktionen fälle gruppe
            inhalt innen link links literatur lösung lösungen merkmal merkmale methode methoden modell modelle
            name objekt ordnung phase phasen plan prinzip prinzipien problem probleme programm prozess quelle
            quellen rechts regel resultat schritt schritte sprache stand struktur system systeme tabelle technik
            technologie teil test thema themen theorie titel typ typen verfahren version wert werte wort wörter
            zahl zeit zustand"""
        ),
        definition=pattern(
            rf"""
            \s+ (?:ist|sind) \s+ (?P<text> {_GENUS} .+ )
            | \s+ (?:bedeute[nt]|bezeichne[nt]|beschreib(?:t|en)|misst|mißt|steht\s+für) \s+
                (?P<verb> (?!(?:auch|das|dies|es|nicht|nur)\b) .+ )
            """
        ),
        naming=pattern(
            r"""
            ^\W*(?:unter|als) \s+ (?:eine[mnrs]?\s+|de[mnr]\s+)? ["„»]?
                (?P<term>[^\W\d_][\w-]+(?:\s+[\w-]+){0,3}?) ["“«]? \s+
                (?:versteht|verstehen|bezeichnet|bezeichnen) \s+ (?:man|wir) \s
            | \b(?:heißt|heißen|nennt\s+man|nennen\s+wir|bezeichnet\s+man\s+als) \s+
                (?:auch\s+)?(?:eine?\s+|de[rn]\s+|die\s+|das\s+)? ["„»]?
                (?P<name>(?-i:[A-ZÄÖÜ])[\w-]+(?:\s+(?-i:[A-ZÄÖÜ])[\w-]+){0,2}) ["“«]? (?=\s*(?:[.,;:(]|$))
            """
        ),
        outside=pattern(
            r"""
            \b(?:also|außerdem|daher|danach|dadurch|demnach|deshalb|dies(?:e[mnrs]?)?
                |folgende[mnrs]?|folgendermaßen|hier\w*|ihr|jedoch|jene[mnrs]?
                |obige[mnrs]?|oben|solche[mnrs]?|somit|sonst|stattdessen|trotzdem
                |unten|vorherige[mnrs]?|zudem)\b
            | \b(?:abbildung|abschnitt|folie|kapitel|tabelle|vorlesung)\s*\d
            | \b(?:der|die|letzte[nr]?|nächste[nr]?)\s+(?:abbildung|folie|grafik|vorlesung)\b
            | \b(?:alternative|erweiterung|gegenstück|variante|verallgemeinerung)n?\s*[.,;]
            """
        ),
        outside_opening=pattern(
            r"""
            ^\W*(?:aber|auch|bei|da|dabei|dafür|dagegen|damit|dann|darin|daran|davon|dazu|denn|er|es
                |falls|für|im|in|man|mit|oder|sie|sind|so|und|wenn|wer|wie|wir|zu|zum|zur)\b
            """
        ),
        remark_opening=pattern(
            r"""
            ^\W*(?:benötigt|benötigen|besser|braucht|brauchen|erforderlich|erlauben|erleichtern|ermöglichen
                |garantier(?:t|en)|haben|häufig|hat|immer|ist|kann|kein\w*|können|langsamer|manchmal|mehr|meist
                |meistens|muss|müssen|nicht|nie|niemals|nötig|notwendig|nur|oft|oftmals|schneller|sind
                |soll|sollen|sollte|vor\s+allem|weniger|werden|wird)\b
            """
        ),
        question="Was versteht man unter „{term}“?",
        abbreviation_question="Wofür steht „{term}“?",
    ),
    list_question=pattern(
        r"""
        ^\W*(?:und\s+)?(?:(?:an|auf|aus|bei|für|in|mit|nach|von|zu)\s+)?welche[nr]?\s .* \b(?:bestehen
            |gehören|gibt|haben|hat|kann|können|sind|umfasst|unterscheidet)\b
        | ^\W*(?:nennen?|was\s+sind\s+die|zähle)\b
        | \b(?:arten|beispiele|gründe|nachteile|phasen|schritte|typen|vorteile)\b
        """
    ),
    comparison_words=words(
        "besser schlechter unterscheiden unterscheidet unterschied unterschiede vergleich vergleiche"
        " vergleichen verglichen was wie wodurch worin"
    ),
    statement=pattern(
        r"^\W*(?:satz|lemma|korollar|theorem|beweis|beispiel|bemerkung|aufgabe|übung)e?\b"
    ),
    asides=ASIDES,
    several_places=pattern(
        r"""
        \b(?:aus|bei|in|von)\s+(?:beiden|jeder|jedem)\b (?!\s+(?:richtung|schritt|seite))
        | \bsowohl\s+(?:im|in)\b
        | \b(?:im|in\s+de[rnm])\s+(?:[\w-]+\s+){1,3}(?:und|wie\sauch)\s+(?:im|in)\s+\w
        """
    ),
    prompt="Du beantwortest die Frage einer Studentin aus Vorlesungsnotizen. Nutze nur die "
    "nummerierten Notizen. Antworte auf Deutsch in ein bis drei kurzen Sätzen, jeder mit der "
    "Nummer seiner Notiz am Ende, wie [1].",
    notes_label="Notes",  # the bundled adapter was trained with these two labels
    question_label="Question",
    not_answered="Die Notizen beantworten das nicht.",
    abstention="Die Vorlesungen scheinen das nicht zu beantworten.",
    nearest_pages="Die ähnlichsten Seiten stehen darunter.",
    picture_pages="Seiten, die nur Bilder enthalten und die keine Suche findet: {pages}.",
    doubt="Die Vorlesungen beantworten das vielleicht nicht: {reasons}.",
    doubt_reasons={
        "weak": "die beste Textstelle passt nur schwach zur Frage",
        "missing": "keine der besten Textstellen nennt {words}",
        "scattered": "die passendsten Textstellen stammen aus verschiedenen Vorlesungen",
        "languages": "Frage und Seite sind in verschiedenen Sprachen",
        "named": "die besten Textstellen nennen das Thema nur, wie ein Zeitplan, ein Lernziel oder eine Aufgabe",
    },
    writer_notes={
        "unreachable": "Die Vorlesungen werden zitiert, weil unter {place} kein Sprachmodell antwortet; starten Sie den Server dort und fragen Sie noch einmal.",
        "missing": "Die Vorlesungen werden zitiert, weil {place} kein Sprachmodell {model} hat; laden Sie es dort oder wählen Sie eines, das `katheder models find` nennt.",
        "key": "Die Vorlesungen werden zitiert, weil {place} den Schlüssel ablehnt; prüfen Sie die Variable, die models.api_key_variable nennt ({variable}).",
        "context": "Die Vorlesungen werden zitiert, weil der Prompt länger ist als der Kontext von {model}; geben Sie ihm einen größeren oder senken Sie answer.evidence_words.",
        "cut": "Die Vorlesungen werden zitiert, weil die Verbindung zu {place} mitten in der Antwort abbrach; fragen Sie noch einmal.",
        "busy": "Die Vorlesungen werden zitiert, weil {place} überlastet ist (Status {status}); fragen Sie in einer Minute noch einmal.",
        "silent": "Die Vorlesungen werden zitiert, weil {model} {seconds} s lang nichts sandte; fragen Sie noch einmal oder erhöhen Sie models.token_seconds.",
        "empty": "Die Vorlesungen werden zitiert, weil {model} ohne ein Wort endete; erhöhen Sie sampling.max_new_tokens oder wählen Sie ein anderes Modell.",
        "refused": "Die Vorlesungen werden zitiert, weil {place} den Prompt ablehnte ({reason}); `katheder models try` zeigt ihn.",
        "sampling": "{model} kennt diese Einstellungen nicht, sie hatten keine Wirkung: {settings}.",
    },
    # Old and new spelling, after ß has become ss: Amtliche Regelung der deutschen Rechtschreibung
    # (2006), its rules on triple letters and on foreign words, and its list of words.
    spellings=(
        (pattern(r"([bcdfghjklmnpqrstvwxz])\1\1"), r"\1\1"),  # Schifffahrt
        (
            pattern(r"(?:ph(?=oto|on)|(?<=gra)ph|(?<=del)ph(?=in))"),
            "f",
        ),  # Photographie, Mikrophon
        (pattern(r"(?<=[ae]n)ti(?=al|ell)"), "zi"),  # Potential, substantiell
        (pattern(r"(?<=^n)umerier"), "ummerier"),
        (pattern(r"(?<=pla)zier"), "tzier"),
        (pattern(r"(?<=selb)ständig"), "stständig"),
        (pattern(r"(?<=aufw)end(?=ig)"), "änd"),
    ),
    month=pattern(
        r"""
        (?:jan|feb|jun|jul|aug|sept?|okt|nov|dez)\. | (?:januar|februar|märz|april|mai|juni|juli
            |august|september|oktober|november|dezember)\b
        """
    ),
    table_words=words("tabelle tab"),
    institutions=words(
        "abteilung akademie fachbereich fakultät hochschule institut lehrstuhl universität"
    ),
    lecture_words=words(
        "einheit folien foliensatz kap kapitel lektion modul sitzung tag teil termin thema vl vorlesung woche"
    ),
    numbered_lecture="Vorlesung {number}",
    up_to_lecture="bis {lecture}",
    searched_in="Gesucht in {scope}.",
    unsupported="Geschrieben, aber von den Vorlesungen nicht gestützt:",
    figure_words=words("abbildung abb bild"),
    summary_titles=words(
        "ausblick fazit rückblick schlussfolgerungen überblick übersicht zusammenfassung"
    ),
    contents_titles=phrases(
        "agenda|ablauf|gliederung|index|inhalt|inhaltsverzeichnis|inhaltsübersicht|"
        "programm|stichwortverzeichnis|überblick|übersicht"
    ),
    closing_titles=phrases(
        "danke|danke für die aufmerksamkeit|danke für eure aufmerksamkeit|"
        "danke für ihre aufmerksamkeit|ende|fragen|fragen und diskussion|gibt es fragen|"
        "noch fragen|vielen dank|vielen dank für die aufmerksamkeit|"
        "vielen dank für eure aufmerksamkeit|vielen dank für ihre aufmerksamkeit"
    ),
    verbs=words(
        """bedeutet braucht darf dürfen gibt haben hat immer ist kann können muss müssen muß nie niemals sind soll
        sollen sollte war waren werden wird"""
    ),
)
