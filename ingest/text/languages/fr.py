"""French."""

from ingest.text.languages.base import AUTHORS, Aside, Language, pattern, words

_NOUN = r"(?!(?:à|au|aux|avec|dans|des|du|en|et|ou|par|pour|sur)\b)[\w-]+"
_THING = rf"((?:{_NOUN}\s+){{0,3}}?{_NOUN})"
_ARTICLE = r"(?:une?\s+|l[ae]s?\s+|l['’]|des\s+)?"

LANGUAGE = Language(
    code="fr",
    name="Français",
    stemmer="french",
    stop_words=words(
        """a à au aux avec c ce ces cette comment d dans de des donc du elle elles en est et explique
        expliquez il ils j je l la le les leur leurs lui m ma me mes mon n ne nous où on ont ou par
        pas peut pour pourquoi qu quand que quel quelle quelles quels qui quoi s sa se ses si son
        sont sur t tu un une vous y"""
    ),
    common_words=words(
        """afin ainsi alors après appelle appelle-t-on aucun aucune autre autres avait avant avoir
        bien cela celle celui chaque combien comme contre dit doit donne deux dont entre est-ce
        être exemple fait faire faut fonctionne grand grande jamais lorsque lorsqu mais moins même
        mêmes non nos notre parce peu peuvent plus plusieurs premier première puis quelque quelques
        sans selon sert signifie sera serait sous soit toujours tous tout toute toutes trois très
        utilise va vers veut voici vos votre était étaient"""
    ),
    question_words=words(
        """combien comment définis définissez explique expliquez où pourquoi quand quel quelle
        quelles quels qui quoi"""
    ),
    letters="éèêëàâçîïôûùœæ",
    abbreviations=words(
        """al av c.-à-d cf chap dr env etc ex fig m max min mm no p p.ex pp prof sec éq"""
    ),
    continuation_words=words(
        """à au aux avec ce ces cette dans de des du en est et la le les leur leurs ou par pour que
        qui sa ses son sont sur un une"""
    ),
    page_words=words("diapo diapositive p p. page sur"),
    capitalised_nouns=False,
    anaphora=pattern(
        r"""
        \b(?<!\by\sa-t-)(?<!est-)(?P<pronoun>
            il(?!\s(?:y\sa|faut|est\s\w+\s(?:de|que)|s['’]agit)\b) | elle | ils | elles | lui
            | leurs? )\b
        | \b(?: cela | ça | celui-ci | celle-ci | ceux-ci | celles-ci | celui-là | celle-là
            | ce\sdernier | cette\sdernière | ces\sderni(?:ers|ères) )\b
        | \b(?:ce|cet|cette|ces)\s (?!(?:que|qui|dont|sont|n['’]est)\b)\w{3,}
        | \bles\sdeux\b (?!\s\w{3,}[sx]\b)
        | \blà\s*(?:$|\?)
        | \b(?: aussi | alors | encore | également | à\sla\splace )\s*\W*$
        """
    ),
    antecedent=pattern(
        r"""
        \b(?:un|une|le|la|les|des|du|au|aux|chaque|plusieurs|tout|toute|deux)\s+ (?!deux\b)\w{3,}
        | \b[ldLD]['’]\w{3,}
        | (?-i:(?<=[a-zéèà,]\ )[A-ZÉÀ][\w-]+)
        """
    ),
    follow_up_opening=pattern(
        r"""
        ^\s*(?: et | mais | donc | alors | ou\b(?!\s\w+\s\w+\s\w+\s\w+) | pourquoi\spas
            | qu['’]en\sest-il )\b
        | ^\s*(?: (?:un|une|d['’])\s*autres? )\s+\w+\s*\W*$
        """
    ),
    complete_opening=pattern(
        r"""
        ^\s*(?: qu['’]est-ce\s(?:que\s|qu['’]) | que\ssont | qui\s(?:est|était)
            | défini(?:s|ssez) | explique[zr]? ) \s* (?!(?:la|le|les|cela|ça|l)\b)\w
        | ^\s*(?:est-ce\s(?:que\s|qu['’]))? (?:un|une|deux)\s\w
        """
    ),
    second_question=pattern(
        r"""
        [,;.?!]?\s+ (?:et|mais|ou) \s+ (?= (?:à|avec|dans|de|en|par|pour|sur)?\s*
            (?:que|qu['’]est-ce|quel(?:le)?s?|comment|pourquoi|quand|où|qui|combien)\b )
        | \s?[;?!]\s+ (?=\w)
        """
    ),
    comparison=pattern(
        r"""
        ([\w-]+),? \s+ (?:vs\.?|versus) \s+ (?:une?\s+|l[ae]s?\s+)? ([\w-]+)
        | \bentre\s+ (?:une?\s+|l[ae]s?\s+)? ([\w-]+) \s+ et \s+ (?:une?\s+|l[ae]s?\s+)? ([\w-]+)
        | ^\W* ([\w-]+) \s+ ou \s+ ([\w-]+)
        """
    ),
    definition_question=pattern(
        rf"""
        ^\W*qu['’]est-ce\s+(?:que\s+|qu['’]){_ARTICLE}{_THING}(?:\s+(?:dans|en)\b[^?]*)?\s*\W*$
        | ^\W*(?:que\s+(?:signifie|sont)|qu['’]appelle-t-on)\s+{_ARTICLE}{_THING}\s*\W*$
        | ^\W*(?:définis|définissez|explique|expliquez)\s+{_ARTICLE}{_THING}\s*\W*$
        | \bdéfinition\s+(?:de\s+|du\s+|d['’]){_ARTICLE}{_THING}\s*\W*$
        """
    ),
    definition=pattern(
        r"""
        \s* (?:[(\[][^)\]]*[)\]]\s*)? (?: [:=≡≜] | [–—-]\s | (?:lorsqu|quand|si)\b
            | (?:est|sont|désigne(?:nt)?|décri(?:t|vent)|mesure(?:nt)?|signifie(?:nt)?)\b
                (?!\s+(?:aussi|pas|souvent)\b) )
        """
    ),
    naming=pattern(
        r"""
        \b(?:on\s+appelle|appelle-t-on|s['’]appelle(?:nt)?|est\s+appelée?|est\s+définie?
            |sont\s+appelée?s|sont\s+définie?s|nous\s+appelons)\b
        | ^définition\b
        """
    ),
    statement=pattern(
        r"^\W*(?:corollaire|démonstration|exemple|exercice|lemme|preuve|proposition|remarque|théorème)s?\b"
    ),
    asides={
        "task": Aside(
            text=pattern(
                r"""
                ^\W*exercices?\s*(?:\d|:)
                | ^\W*(?:(?:\d+|[a-z])[.)]\s*)?
                    (?:calculez|décrivez|démontrez|expliquez|justifiez|montrez)\b
                """
            ),
            question=pattern(r"\b(?:devoirs?|exercices?|questions?)\b"),
            heading=pattern(r"^\W*exercices?\W*$"),
        ),
        "goal": Aside(
            text=pattern(r"\b(?:à\sla\sfin\sde|après)\sce(?:tte)?\s(?:cours|leçon|séance)\b"),
            question=pattern(r"\b(?:apprend\w*|buts?|objectifs?)\b"),
            heading=pattern(r"^\W*objectifs\b"),
        ),
        "schedule": Aside(
            text=pattern(r"^\W*(?:cours|séance|semaine)\s*(?:\d+\b|\|)"),
            question=pattern(r"\b(?:cours|dates?|quand|séances?|semaines?|thèmes?)\b"),
            heading=pattern(r"^\W*(?:calendrier|planning|programme)\W*$"),
        ),
        "reference": Aside(
            text=pattern(f"{AUTHORS}|" r"\b(?:arxiv:|doi:|isbn\b|pp\.\s*\d)"),
            question=pattern(r"\b(?:articles?|auteurs?|écrit|livres?|qui|références?|sources?)\b"),
            heading=pattern(r"^\W*(?:bibliographie|références|sources)\W*$"),
        ),
    },
    term_question="Qu'est-ce que {term} ?",
    prompt="Tu réponds à la question d'une étudiante à partir de notes de cours. N'utilise que les "
    "notes numérotées. Réponds en français en une à trois phrases courtes, chacune terminée par "
    "le numéro de sa note, comme [1].",
    notes_label="Notes",
    question_label="Question",
    not_answered="Les notes ne répondent pas à cette question.",
    abstention="Les cours ne semblent pas répondre à cette question.",
    nearest_pages="Les pages les plus proches sont indiquées ci-dessous.",
    picture_pages="Pages qui ne contiennent que des images et qu'aucune recherche ne trouve : {pages}.",
    doubt="Les cours ne répondent peut-être pas à cette question : {reasons}.",
    doubt_reasons={
        "weak": "le meilleur passage ne correspond que faiblement à la question",
        "missing": "aucun des meilleurs passages ne mentionne {words}",
        "scattered": "les passages qui correspondent le mieux viennent de cours différents",
        "languages": "la question et la page sont dans des langues différentes",
        "named": "les meilleurs passages ne font que nommer le sujet, comme un calendrier, un objectif ou un exercice",
    },
    writer_notes={
        "unreachable": "Les cours sont cités, car aucun modèle de langue ne répond à {place} ; démarrez-y le serveur et reposez la question.",
        "missing": "Les cours sont cités, car {place} n'a pas de modèle de langue {model} ; chargez-le, ou choisissez-en un que `katheder models find` cite.",
        "key": "Les cours sont cités, car {place} refuse la clé ; vérifiez la variable que nomme models.api_key_variable ({variable}).",
        "context": "Les cours sont cités, car le prompt est plus long que le contexte de {model} ; donnez-lui un contexte plus grand, ou réduisez answer.evidence_words.",
        "cut": "Les cours sont cités, car la connexion à {place} s'est rompue au milieu de la réponse ; reposez la question.",
        "busy": "Les cours sont cités, car {place} est surchargé (statut {status}) ; reposez la question dans une minute.",
        "silent": "Les cours sont cités, car {model} n'a rien envoyé pendant {seconds} s ; reposez la question, ou augmentez models.token_seconds.",
        "empty": "Les cours sont cités, car {model} a terminé sans un mot ; augmentez sampling.max_new_tokens, ou choisissez un autre modèle.",
        "refused": "Les cours sont cités, car {place} a refusé le prompt ({reason}) ; `katheder models try` le montre.",
        "sampling": "{model} ne connaît pas ces réglages, qui sont restés sans effet : {settings}.",
    },
    table_words=words("tableau tab"),
    institutions=words("département faculté institut laboratoire université école"),
    lecture_words=words("chap chapitre cm cours diapos leçon module partie seance semaine séance"),
    numbered_lecture="cours {number}",
    up_to_lecture="jusqu’à {lecture}",
    searched_in="Recherché dans {scope}.",
    unsupported="Écrit, mais sans appui dans les cours :",
    figure_words=words("figure fig"),
    summary_titles=words("bilan conclusion conclusions perspectives résumé synthèse"),
    contents_titles=frozenset(
        {
            "aujourd'hui",
            "index",
            "plan",
            "plan du cours",
            "programme",
            "sommaire",
            "table des matières",
        }
    ),
    closing_titles=frozenset(
        {
            "des questions",
            "fin",
            "merci",
            "merci de votre attention",
            "merci pour votre attention",
            "questions",
        }
    ),
    comparison_words=words(
        "comparer comparez différence différences différent diffère diffèrent distingue meilleur pire quelle"
    ),
    verbs=words("a doit est faut jamais ont peut peuvent sera sont toujours était"),
)
