"""English."""

from ingest.text.languages.asides.en import ASIDES
from ingest.text.languages.base import (
    Language,
    Terminology,
    pattern,
    phrases,
    words,
)

_NOUN = r"(?!(?:about|and|at|behind|by|for|from|in|of|on|or|to|with)\b)[\w-]+[*∗+#]*"  # A*, C++
_THING = rf"((?:{_NOUN}\s+){{0,3}}?{_NOUN})"
_ARTICLE = r"(?:an?\s+|the\s+)?"

# What stands behind the article of a definition; "a good idea" defines nothing.
_GENUS = r"""(?:an?|any|the|one\s+of\s+the)\s+ (?!(?:[a-z]+ly\s+)?(?:advantage|average|basis|best|better|big
    |case|challenge|choice|common|consequence|current|drawback|easiest|example|fact|fastest|few|first
    |following|foundation|good|great|hard|heart|hot|ideal|important|input|issue|key|last
    |little|lot|main|major|matter|most|natural|necessary|next|nice|number|only|other|output|popular
    |problem|product|question|reason|recurring|result|same|second|simplest|solution
    |special|standard|step|third|topic|typical|useful|usual|value|way\s+forward|workhorse)\b)
    |(?:sets?|kinds?|types?|forms?|classes|collections?|sequences?|groups?)\s+of\s"""

LANGUAGE = Language(
    code="en",
    name="English",
    stemmer="english",
    stop_words=words(
        """a about an and are as at be but by can could did do does explain for from had has have how i if in into
        is it its me my of on or please should so tell than that the their them then there these they this to
        was we were what when where which who whom whose why will with would you your"""
    ),
    common_words=words(
        """according after again against all also although always am any because been before being below between
        both called came cannot doesn't don't each either enough ever every few fewer first get gets give given
        gives good have having he her here him his however iff isn't it's just kind kinds known larger last least
        less like made make makes many may mean meaning means might more most much must never next no not off
        often ok okay one only other our out over own people same say says see seen shall she show shows since some
        still such takes things those three through too two under until up upon us use used uses using usually
        very want way ways well what's whats while within without works yes yet"""
    ),
    question_words=words("define explain how name what when where which who whom whose why"),
    letters="",
    abbreviations=words(
        """al approx cf ch dr e.g eq eqs etc fig i.e max min no p pp prof resp sec vol vs"""
    ),
    continuation_words=words(
        "a an and are as at by for from in into is of on or per than that the their this to with"
    ),
    page_words=words("of p p. page slide"),
    capitalised_nouns=False,
    anaphora=pattern(
        r"""
        \b(?P<pronoun> it(?!\s(?:means?|matters?|takes?)\s(?:if|for|that|to|when)\b) | its
            | they | them | their | theirs | he | she | him | his | her )\b
            (?!\s(?:not\s)?\w+\s(?:to|that)\b)  # "is it possible to", "makes it hard to"
        | \b(?:about|by|for|from|in|like|of|on|than|to|with)\s(?:it|them)\s*\W*$
        | \b(?:this | these | former | latter)\b
        | \bthose\b (?!\s(?:who|that|which)\b)
          # "that" as a pronoun; behind a noun it opens a clause
        | (?:^|\b(?:about|against|at|by|can|could|did|do|does|explain|for|from|how|in|is|like|of|on
            |show|than|to|was|why|will|with|would))\s+ that\b
            (?!\s(?:a|an|the|its|their|every|all)\b)
        | \s that (?=\s*\W*$|\s(?:again|anyway|at\sall|exactly|here|now|then)\s*\W*$)
          # "one" as a pronoun; before a noun it is a number
        | \b(?:another|first|former|last|latter|next|other|that|this|which)\s+ ones?\b
        | \bthe\s ones?\b (?=\s*(?:$|[?.,!])|\s(?:for|from|in|of|on|that|who|which|with)\b)
        | (?<!\bare)(?<!\bis)(?<!\bbe)(?<!\bwas)(?<!\bwere)\s there (?=\s*(?:$|[?.,!]))
        | \bthe\stwo \s+ (?:are|can|did|do|does|had|has|have|is|was|were|will)\b
        | \b(?: again | as\swell | instead | then | too )\s*\W*$
        """
    ),
    antecedent=pattern(
        r"""
        \b(?:a|an|any|each|every|some|no|the|two|three|many|several)\s+ (?!one\b|two\b)\w{2,}
          # the subject of "does quicksort pick", but not the verb of "does training it"
        | \b(?:are|can|could|did|do|does|is|may|might|must|should|was|were|will|would)\s+
            (?!(?:he|it|its|she|that|their|there|these|they|this|those)\b)[a-z][\w-]{2,}
            \s+(?!(?:it|them)\b)
        | (?-i:(?<=[a-z,]\ )[A-Z][\w-]+)
        """
    ),
    follow_up_opening=pattern(
        r"""
        ^\s*(?: and | but | so | or | why\snot | how\sso | how\sabout | what\sabout | what\sif )\b
        | ^\s*(?: another | any | (?:some\s)?(?:more|other) | further )\s+\w+\s*\W*$
        | \b(?:any|some)(?:one|thing)\s(?:\w+\s){0,2}(?:better|else)\b
        """
    ),
    complete_opening=pattern(
        r"""
        ^\s*(?: what(?:\s(?:is|are)|['’]?s) | who\s(?:is|was) | define | explain )\s+ (?!the\b)\w
        | ^\s*(?:are|can|could|did|do|does|has|have|is|may|must|should|was|were|will|would)\s+
            (?!(?:he|i|it|its|more|she|that|the|their|there|these|they|this|those|we|you)\b)\w
        """
    ),
    second_question=pattern(
        r"""
        [,;.?!]?\s+ (?:and|but|or) \s+ (?= (?:then\s+|also\s+)?
            (?:(?:at|by|for|from|in|on|to|under|with)\s+)?
            (?:what|which|how|why|when|where|who|whom|whose)\b )
        | [,;]\s+ (?:and|but|or) \s+ (?=(?:are|can|could|did|do|does|is|should|was|were|will)\b)
        | [;?!]\s+ (?=\w)
        """
    ),
    comparison=pattern(
        rf"""
        ^\W* {_ARTICLE}((?:{_NOUN}\s+){{1,3}}?{_NOUN}|(?-i:[A-Z][A-Z\d*∗+\#-]*)),? \s+
            (?:vs\.?|versus) \s+ {_ARTICLE}{_THING} (?=\s*(?:$|[?.,;:]))
        | ([\w-]+[*∗+\#]*),? \s+ (?:vs\.?|versus) \s+ {_ARTICLE} ([\w-]+[*∗+\#]*)
        | \bbetween\s+ {_ARTICLE}{_THING} \s+ and \s+ {_ARTICLE}{_THING}
            (?=\s*(?:$|[?.,;:])|\s(?:about|for|from|in|of|on|with)\b)
        | \bcompare\s+ {_ARTICLE}{_THING} \s+ (?:and|to|with) \s+ {_ARTICLE}{_THING}
            (?=\s*(?:$|[?.,;:])|\s(?:about|for|from|in|of|on)\b)
        | \bhow\s+(?:do|does)\s+ {_ARTICLE}{_THING} \s+ differ\s+from \s+
            {_ARTICLE}{_THING} (?=\s*(?:$|[?.,;:])|\s(?:about|for|in|on|with)\b)
        | \bhow\s+(?:do|does)\s+ {_ARTICLE}{_THING} \s+ and \s+ {_ARTICLE}{_THING} (?=\s+differ\b)
        | \bdistinguish(?:es)?\s+ {_ARTICLE}{_THING} \s+ from \s+ {_ARTICLE}{_THING}
            (?=\s*(?:$|[?.,;:])|\s(?:about|for|in|on|with)\b)
        | ^\W*what\s+(?:can|do|does|has|have)\s+ {_ARTICLE}{_THING} (?:\s+(?:do|have|offer))? \s+ that \s+
            {_ARTICLE}{_THING} (?=\s+(?:can|do|does|has|have)(?:\s?not|n?['’]t)\b)
        | ^\W* ([\w-]+) \s+ or \s+ ([\w-]+)
        """
    ),
    definition_question=pattern(
        rf"""
        ^\W*(?:and\s+|so\s+)? (?:what|who) (?:['’]?s | \s+(?:exactly\s+)?(?:is|are|was|were)) \s+
            (?:exactly\s+)?(?:meant\s+by\s+)?{_ARTICLE}{_THING}(?:\s+(?:all\s+)?about)?
            (?:\s+(?:in|on)\b[^?]*)? \s*\W*$
        | \bwhat\s+(?:does|do)\s+{_ARTICLE}{_THING}\s+(?:claim|mean|say|stand\s+for|state|tell)\b
        | \bwhat\s+counts\s+as\s+{_ARTICLE}{_THING}(?:\s+here)?\s*\W*$
        | ^\W*(?:please\s+)?(?:define|(?:can\s+you\s+)?explain)\s+{_ARTICLE}{_THING}
            (?:\s+(?:in\b[^?]*|please|pls))? \s*\W*$
        | ^\W*{_ARTICLE}{_THING}\s+explained\s*\W*$
        | ^\W*{_ARTICLE}{_THING},?\s+(?:definition|meaning|stands\s+for\s+what)\s*\W*$
        | \b(?:definition|meaning)\s+of\s+{_ARTICLE}{_THING}\s*\W*$
        | \bwhen\s+(?:is|are|may|can)\s+{_ARTICLE}((?:[\w-]+\s+){{1,4}}called\s+[\w-]+)\s*\W*$
        | \bwhen\s+(?:can|do|does|may|would)\s+(?:one|people|we|you)\s+(?:call|say\s+that)\s+
            {_ARTICLE}((?:[\w-]+\s+){{1,3}}[\w-]+)\s*\W*$
        | ^\W*{_THING},\s+what(?:['’]s|\s(?:is|was|does))\s+(?:it|that|this)\b
        | ^\W*(?:and\s+)?((?:[\w-]+\s+){{0,2}}[\w-]+)\s*\?\W*$
        """
    ),
    term_question="What is {term}?",
    definition=pattern(
        r"""
        \s* (?:[(\[][^)\]]*[)\]]\s*)? (?:of\s+(?:[\w-]+\s+){1,3})? (?: [:=≡≜] | [–—-]\s | (?:iff?|when)\b
            | (?:is|are|means?|consists?\s(?:in|of)|denotes?|describes?|measures?|refers?\sto|stands?\sfor)\b
                (?!\s+(?:also|(?:described|given)(?!\s(?:as|by)\b)|discussed|found|illustrated|not|often|only|shown|used)\b)
                (?!\s+[\w-]+\s*(?:[.,;:]|$)) )  # "X is useful." is a remark
        | \s+ (?:for|in|of)\s+(?:[\w-]+\s+){0,2}[\w-]+\s*:
        """
    ),
    generic=pattern(r"^\W*an?\s+$"),
    generic_verb=pattern(
        r"(?:\s*\([^)]*\))?\s+(?!(?:always|has|is|sometimes|was)\b)[a-z]{2,}[^\Ws]s\b"
    ),
    superlative=pattern(r"\b(?:best|least|most|worst|[a-z]{3,}est)$"),
    naming=pattern(
        r"""
        \b(?:is|are)\s+(?:then\s+)?(?:called|known\s+as|defined|said\s+to\s+be|termed)\b
        | \b(?:we|one)\s+(?:call|define|say)\b | \bby\s+definition\b | ^definition\b
        """
    ),
    formula_question=pattern(
        r"""\b(?:formulas?|formulae|equations?|closed\s+form)\b | \bhow\s+(?:(?:can|do|does|would)\s+
            (?:i|one|we|you)\s+|(?:are|is)\s.*)(?:calculated?|computed?|get\s+from)\b"""
    ),
    purpose_question=pattern(
        r"""
        ^\W*(?:and\s+)?what\s+(?:are|do|does|is)\b .+ \bfor\W*$ | \bpurpose\b
        | \bmeant\s+to\b | \bthe\s+(?:aim|goal|point|use)\s+of\b
        | ^\W*(?:and\s+)?why\s+(?:do|should|would)\s+(?:i|one|people|we|you)\b
        """
    ),
    purpose=pattern(
        r"""
        \b(?:aim|goal|purpose)\s+(?:is|of|was)\b | \bin\s+order\s+to\b | \bso\s+that\b
        | \b(?:needed|used|useful)\s+(?:for|to)\b
        | \b(?:allow|enable|help|improve|let|permit|prevent|reduce|serve|avoid)(?:s|d|ed)?\b
        """
    ),
    terminology=Terminology(
        articles=words("a an any the"),
        indefinite=words("a an"),
        linking_words=words("of for and to"),
        vague_nouns=words(
            """above additional advantage advantages aim aspect benefit benefits challenge conclusion cons
            consequence difference differences disadvantage disadvantages drawback drawbacks example examples
            fact fallacy following goal goals hence here hint idea ideas implication important intuition issue
            issues lesson limitation motivation next observation one outline own pros purpose reason reasons
            recall recap remark remember reminder terminology things today useful warning why yes"""
        ),
        general_nouns=words(
            """acknowledgement acknowledgements agenda algorithm analogy analysis answer answers approach
            approaches argument announcements assumption assumptions background case cases class code complexity
            concept concepts condition conditions cost data definition design distance element evaluation
            example exercise experiment experiments figure form formula function functions group home homework
            idea implementation importance information input inside instance interpretation key keyword language
            lecture left level limits link list main material meaning message method methods middle model models
            name note number object operation option options order outcome output outside parameter part people
            person phase point principle problem problems procedure process program proof properties property
            quality question questions reference references requirement result results right rule rules section
            set size slide software solution solutions source sources state status step steps structure study
            summary system systems table task technique technology term terms test theory thing time tip title
            tool tools top topic trick type types usage use user users value values variable variables variants
            version week word words work"""
        ),
        definition=pattern(
            rf"""
            \s+ (?:is|are) \s+ (?:basically|essentially|in\s+essence|just|simply|therefore|thus)?\s*
                (?P<text> (?:{_GENUS}) .+ | defined\s+(?:as|by|to\s+be)\s .+ )
            | \s+ are \s+ (?P<several> (?!(?:about|at|by|from|in|on|to|with)\b)(?:[a-z-]+\s+){{0,3}}[a-z-]+s\s+
                (?:for|in\s+which|of|that|used|where|which|who|whose|with)\s .+ )
            | \s+ (?:can\s+be\s+(?:regarded|seen|thought\s+of|viewed)\s+as|consists?\s+in|denotes?
                |describes?|means?|measures?|(?:is|are)\s+used\s+(?:for|to)|refers?\s+to|stands?\s+for) \s+
                (?P<verb> (?!(?:also|it|not|only|that\s+the|this|us|you)\b) .+ )
            """
        ),
        naming=pattern(
            r"""
            \b(?:is|are)\s+(?:also\s+|commonly\s+|often\s+|then\s+|usually\s+)?
                (?:called|known\s+as|referred\s+to\s+as|termed|said\s+to\s+be) \s+
                (?:an?\s+|the\s+)? ["“'‘]? (?P<term>[^\W\d_][\w-]+(?:\s+[\w-]+){0,3}?) ["”'’]?
                (?=\s*(?:[.,;:(]|$)|\s+(?:and|as|because|by|for|if|iff|in|of|or|since|that|to|when
                    |which|whose|with)\b)
            """
        ),
        outside=pattern(
            r"""
            \b(?:above|accordingly|aforementioned|again|below|consequently|earlier|following|furthermore
                |hence|here|hereafter|however|instead|likewise|moreover|nevertheless|otherwise|previous
                |previously|recall|similarly|such\s+an?|these|this|those|thus)\b
            | \b(?:chapter|equation|fig\.|figure|lecture|section|slide|table)\s*\(?\d
            | \b(?:the|in|next|last)\s+(?:diagram|figure|lecture|section|slide)\b
            | \b(?:his|her|it)\s*\W*$
            | \b(?:alternative|counterpart|extension|generali[sz]ation|variant|variation|version)s?
                (?:\s+(?:that|where|which|with)\b|\s*[.,;])
            """
        ),
        outside_opening=pattern(
            r"""
            ^\W*(?:and|as|because|but|for|he|if|in|it|its|let|note|on|one|or|she|since|so|some|that|then
                |their|there|they|to|us|we|what|when|where|which|while|with|you|your)\b
            """
        ),
        remark_opening=pattern(
            r"""
            ^\W*(?:always|are|better|can|cannot|consists|does|each|every|faster|harder|has|have|is|less
                |longer|mainly|more|mostly|must|necessary|needed|never|no|not|often|only|required
                |shorter|slower|sometimes|usually|whenever|will)\b
            """
        ),
        question="What is meant by “{term}”?",
        abbreviation_question="What does “{term}” stand for?",
    ),
    list_question=pattern(
        r"""
        ^\W*(?:and\s+)?(?:which|what)\s+(?:[\w-]+\s+){0,3}[\w-]+(?:s|[ae]e?|i)\s+(?:are|can|could|do|does|exist
            |has|have|may|must|should|were|would)\b | ^\W*(?:enumerate|give|list|name|what\s+(?:are|were))\b
        | \b(?:advantages|benefits|cons|disadvantages|drawbacks|examples|pros|reasons|stages|steps|types)\b
        """
    ),
    comparison_words=words(
        "better compare compared contrast difference differences differ different distinguish"
        " distinguishes doesn don how t versus vs what worse"
    ),
    statement=pattern(
        r"^\W*(?:theorem|lemma|corollary|proposition|proof|example|exercise|remark)s?\b"
    ),
    asides=ASIDES,
    several_places=pattern(
        r"""
        \b(?:by|from|in|of)\s+(?:each|both)\b (?!\s+(?:direction|ends?|side|step))
        | \bin\s+(?:the\s+)?(?:[\w-]+\s+){1,3}(?:and|as\swell\sas)\s+in\s+(?:the\s+)?\w
        """
    ),
    prompt="You answer a student's question from lecture notes. Use only the numbered notes. "
    "Answer in one to three short sentences in English, each closed by its note's number "
    "as in [1].",
    notes_label="Notes",
    question_label="Question",
    not_answered="The notes do not answer this.",
    abstention="The lectures do not seem to answer this.",
    nearest_pages="The nearest pages are listed below.",
    picture_pages="Pages that hold only pictures, which no search finds: {pages}.",
    doubt="The lectures may not answer this: {reasons}.",
    doubt_reasons={
        "weak": "the best passage matches the question only weakly",
        "missing": "none of the best passages mentions {words}",
        "scattered": "the passages that match best are from different lectures",
        "languages": "question and page are in different languages",
        "named": "the best passages only name the subject, as a schedule, a goal or a task does",
    },
    writer_notes={
        "unreachable": "The lectures are quoted because no language model answers at {place}; start the server there and ask again.",
        "missing": "The lectures are quoted because {place} has no language model {model}; load it there, or choose one that `katheder models find` lists.",
        "key": "The lectures are quoted because {place} refuses the key; check the variable that models.api_key_variable names ({variable}).",
        "context": "The lectures are quoted because the prompt is longer than the context of {model}; give it a larger context, or lower answer.evidence_words.",
        "cut": "The lectures are quoted because the connection to {place} broke in the middle of the answer; ask again.",
        "busy": "The lectures are quoted because {place} is too busy (status {status}); ask again in a minute.",
        "silent": "The lectures are quoted because {model} sent nothing for {seconds} s; ask again, or raise models.token_seconds.",
        "empty": "The lectures are quoted because {model} ended without a word; raise sampling.max_new_tokens, or choose another model.",
        "refused": "The lectures are quoted because {place} refused the prompt ({reason}); see it with `katheder models try`.",
        "sampling": "{model} does not take these settings, so they had no effect: {settings}.",
    },
    table_words=words("table tab"),
    institutions=words(
        "academy center centre college department faculty institute laboratory school university"
    ),
    lecture_words=words(
        "chap chapter ch class day deck l lec lect lecture lesson module part session slides topic unit week"
    ),
    figure_words=words("figure fig"),
    summary_titles=words(
        "conclusion conclusions outlook overview recap remarks summary takeaways thoughts"
    ),
    contents_titles=phrases(
        "agenda|contents|in this lecture|index|lecture outline|outline|outline of this lecture|overview|"
        "plan|roadmap|table of contents|today|today's agenda|what we will cover"
    ),
    closing_titles=phrases(
        "any questions|end|questions|questions and discussion|questions or comments|"
        "thank you|thank you all|thank you for listening|thank you for your attention|"
        "thank you very much|thanks|thanks for listening|thanks for your attention|the end"
    ),
    verbs=words(
        """always are can cannot could do does has have is may means might must need needs never should was were
        will would"""
    ),
)
