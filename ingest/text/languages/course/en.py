"""What English says of a course."""

import re

from ingest.text.languages.course.base import CourseWords, rules, whole
from ingest.text.languages.course.en_cues import CUES, FILLERS, PAGE, SUBJECT

_PARTS = {
    "lead": r"(?:(?:please|can you|could you|would you|give me|show me|tell me|let me see|i want|i need"
    r"|i would like|now|so|then|ok|okay),? )*",
    "tail": r"(?:,? (?:please|for me|to me|briefly|shortly|quickly|in short|in brief"
    r"|in (?:a few|two|three|five) (?:words|sentences|lines)|again|with (?:the |their )?(?:answers|solutions)))*",
    "lecture_word": r"(?:lecture|lesson|deck|slide deck|slide set|slides|session|script|lecture notes"
    r"|notes|handout|presentation|talk|transcript|recording|document|pdf|file|week|lec|lect)",
    "lectures_word": r"(?:lectures|lessons|decks|slide decks|slide sets|sessions|scripts|lecture notes"
    r"|handouts|presentations|recordings|documents|pdfs|files|slides)",
    "all": r"(?:(?:all|the|of|my|our|these|available|different) )*",
    "in_course": r"(?:in|of|from|within|across) (?:all )?(?:the|this|my|our|these) "
    r"(?:whole |entire )?(?:course|courses|library|lectures|class|material|slides|notes)",
    "term": r"(?:the )?(?:(?:term|word|words|concept|notion|idea|topic|subject) (?:of )?)?"
    r"[\"“„']?(?P<term>[^,;:?\"“”]{2,60}?)[\"”“']?",
    "page": r"(?:the )?(?:(?:page|p\.?|pg\.?|slide)(?: no\.?| number)?\s*(?P<page>\d+)"
    r"|(?:the )?(?P<ordinal>\w+) (?:page|slide))",
    "topics": r"(?:topics|sections|chapters|subjects|headings|parts|themes)",
    "made": r"(?:introduced|defined|mentioned|explained|discussed|used|covered|presented)",
    "comes": r"(?:appear|appears|occur|occurs|come up|show up|turn up)",
    "kind": r"(?P<kind>theorems?|lemmas?|propositions?|corollar(?:y|ies)|definitions?|examples?"
    r"|exercises?|problems?|proofs?|remarks?)",
    "count": r"(?P<count>\d+|a|an|some|a few|several|two|three|four|five|six|seven|eight|nine|ten)",
    "part": r"the (?P<part>\w+) (?P<share>part|half|third|quarter|section|chapter)",
    "exam": r"(?:exam|examination|practice|practise|test|quiz|review|study|exercise)",
}

_RULES = rules(
    # the lectures
    ("lectures", "(?:which|what) (?:(?:courses|classes)(?:/| and | or ))?%lectures_word% (?:do (?:i|we|you) have|have i (?:got|loaded|uploaded|added)|(?:are|exist)(?: there| here| in here| in there| available| loaded| stored)?)(?: %in_course%)?"),
    ("lectures", "(?:list|name|show|display|enumerate) (?:me )?(?:a list of )?%all%%lectures_word%(?: %in_course%)?"),
    ("lectures", "(?:a |the )?list of %all%%lectures_word%(?: %in_course%)?"),
    ("lectures", "how many %lectures_word% (?:are(?: there)?|do (?:i|we|you) have)(?: %in_course%)?"),
    ("lectures", "(?:all )?(?:my|our) %lectures_word%"),
    # a page
    ("page", "(?:what(?:'s|s| is| was)?(?: there| shown| written| said)? (?:on|at|in) )?%page% (?:of|in|from) (?P<lecture>.+?)"),
    ("page", "(?:show|open|display|read|explain|see|go to) (?:me )?%page% (?:of|in|from) (?P<lecture>.+?)"),
    ("page", "what (?:does|do) %page% (?:of|in|from) (?P<lecture>.+?) (?:say|show|tell|contain|state|display)(?: me| us)?"),
    ("page", "(?P<lecture>.{3,60}?),? (?:page|p\\.?|pg\\.?|slide) (?P<page>\\d+)"),
    ("page", "(?:what(?:'s|s| is| was)?(?: there| shown| written| said)? (?:on|at)|show|open|display) (?:me )?%page%"),
    # which pages, language, newest
    ("length", "how many (?:pages|slides) (?:does|do|did|has|have) (?P<reference>.+?) (?:have|contain|has|got)"),
    ("length", "how many (?:pages|slides) (?:are|is)(?: there)? in (?P<reference>.+?)"),
    ("length", "how long is (?P<reference>.+?)"),
    ("length", "(?:the )?(?:number of (?:pages|slides)|page count) (?:of|in) (?P<reference>.+?)"),
    ("length", "how many (?:pages|slides) (?:are there|do i have|do we have)(?: (?:in total|altogether|%in_course%))"),
    ("language", "(?:in )?(?:which|what) language (?:is|are|was) (?P<reference>.+?)(?: written| held| given)?(?: in)?"),
    ("newest", "(?:which|what)(?:'s|s| is| was)? (?:the|my) (?:newest|latest|most recent) %lecture_word%"),
    ("newest", "which %lecture_word% is (?:the )?(?:newest|latest|most recent)(?: one)?"),
    # exam questions
    ("exam", '(?:what|which questions) (?:could|might|may|can|would|will) (?:i|we) be asked(?: in (?:the|an|my) exam)? (?:about|on) (?P<topic>.+?)(?: in (?:the|an|my) exam)?'),
    ("exam", "(?:(?:give|write|make|create|generate|ask|suggest|pose|prepare|list|think of|make up|come up with|formulate|draft|propose) )?(?:me )?(?:%count% )?(?:(?:possible|typical|likely|good|short) )?%exam%[ -]?questions? (?:about|on|for|from|of|covering|to|regarding|concerning) (?P<topic>.+?)"),
    ("exam", "(?:quiz|test|examine) me (?:on|about) (?P<topic>.+?)(?:,? (?:with |in )?%count% (?:%exam% )?questions?\\b.*)?"),
    ("exam", "(?:what|which) (?:%exam% )?questions (?:could|might|may|can|would|will) (?:be asked|come up|come|they ask) (?:about|on|in) (?P<topic>.+?)(?: in (?:the|an|my) exam)?"),
    ("exam", "(?:give|write|make|create|generate|ask|suggest|pose|prepare|list|propose) (?:me )?(?:%count% )?%exam%[ -]?questions?"),
    ("exam", "i(?:'m| am) (?:studying|learning|preparing|revising) for (?:the|my|an) (?P<topic>.+?) (?:exam|test|quiz|final)[,.;:]? %lead%(?:make up|think of|come up with|write|create|ask me|give me) %count% (?:possible |likely |good )?questions?(?: .+)?"),
    ("exam", "(?:make up|think up|think of|come up with|invent) %count% (?:possible |likely |good )?questions? (?:about|on|for|from) (?P<topic>.+?)"),
    # a part
    ("part", "(?:and )?what(?:'s|s| is| was)?(?: (?:comes|came|happens|happened|follows))?(?: (?:covered|discussed|treated|said))? in %part%(?: (?:of|in) (?P<reference>.+?))?"),
    ("part", "(?:and )?what (?:do|did) we (?:do|learn|cover|discuss|see) in %part%(?: (?:of|in) (?P<reference>.+?))?"),
    ("part", "(?:and )?what(?:'s|s| is| was) %part%(?: (?:of|in) (?P<reference>.+?))? (?:all )?about"),
    ("part", "(?:(?:summari[sz]e|sum up|recap|explain)|(?:a |the )?(?:summary|overview|recap) of) %part%(?: (?:of|in) (?P<reference>.+?))?"),
    # summary and outline
    ("summary", '(?:the )?(?:main|key|most important|central|essential) (?:points|ideas|messages|takeaways) (?:of|in|from) (?P<reference>.+?)'),
    ("summary", "(?:summari[sz]e|sum up|recap|condense) (?P<lecture>.+?)"),
    ("summary", "(?:(?:a|an|the) )?(?:(?:short|brief|quick|concise) )?(?:summary|overview|recap|gist|tl;?dr|synopsis|abstract)(?: (?:of|about|for|on))? (?P<lecture>.+?)"),
    ("summary", "(?P<reference>.+?) (?:in (?:short|brief|a nutshell|a few sentences)|summary|tl;?dr)"),
    ("summary", "what(?:'s|s| was| is| were| are) (?P<reference>.+?) (?:all )?about"),
    ("summary", "what (?:were|are) the (?:main|key|most important|central|essential) (?:points|ideas|messages|takeaways|results|contents) (?:of|in|from) (?P<reference>.+?)"),
    ("summary", "what (?:did|have|do) (?:we|you|i|they|the lecturer) (?:cover|do|learn|discuss|talk about|see|covered|done|learned|learnt|seen|discussed) in (?P<reference>.+?)"),
    ("summary", "what(?:'s|s| was| is) (?:the )?(?:main )?(?:topic|subject|content|idea|message) of (?P<reference>.+?)"),
    ("summary", "what does (?P<reference>.+?) (?:cover|treat|deal with|teach|contain)"),
    ("outline", "(?:(?:a|an|the) )?(?:outline|table of contents|contents|structure|agenda|toc|%topics%) (?:of|for|in) (?P<reference>.+?)"),
    ("outline", "what(?:'s|s| is| are) the (?:outline|table of contents|contents|structure|agenda|toc|%topics%) (?:of|for|in) (?P<reference>.+?)"),
    ("outline", "how (?:is|are|was|were) (?P<reference>.+?) (?:structured|organi[sz]ed|built up|divided|arranged)"),
    ("outline", "(?:which|what) %topics% (?:does|do|did) (?P<reference>.+?) (?:cover|have|contain|treat|discuss|include|deal with)"),
    ("outline", "(?:which|what) %topics% (?:are|were)(?: there)?(?: covered| discussed| treated)? in (?P<reference>.+?)"),
    ("outline", "outline (?P<reference>.+?)"),
    # where
    ("first", 'where (?:does|do|did) (?:the|my|our|this) (?:course|lectures|notes|slides) (?:first )?(?:introduce|define) %term%(?: first| for the first time)?'),
    ("first", "(?:where|when) (?:is|was|are|were) %term% (?:first|initially|originally) %made% %in_course%"),
    ("first", "where in (?P<reference>.+?) (?:is|was|are|were) %term% (?:first |initially )?(?:introduced|defined)"),
    ("first", "where (?:is|was|are|were) %term% (?:first|initially) %made%"),
    ("first", "where (?:is|was|are|were) %term% %made% (?:first|for the first time|initially)(?: %in_course%)?"),
    ("first", "(?:where|when) (?:is|was|are|were) %term% (?:introduced|defined) %in_course%"),
    ("first", "where (?:is|was|are|were) %term% introduced"),
    ("first", "where (?:does|did|do) %term% first %comes%(?: %in_course%)?"),
    ("first", "where (?:does|did|do) %term% %comes% (?:first|for the first time)(?: %in_course%)?"),
    ("first", "(?:where|when|(?:in |on )?(?:which|what) %lecture_word%) (?:do|did|have) we first (?:meet|see|encounter|learn about|learn|hear of|hear about|discuss|use|met|seen|need) %term%"),
    ("first", "(?:in |on )?(?:which|what) (?:%lecture_word%|page|slide) (?:is|was|are|were) %term% (?:first )?(?:introduced|defined)(?: first| for the first time)?"),
    ("first", "(?:in |on )?(?:which|what) (?:%lecture_word%|page|slide) (?:is|was|are|were) %term% first %made%"),
    ("first", "(?:in |on )?(?:which|what) (?:%lecture_word%|page|slide) (?:does|did|do) %term% (?:first %comes%|%comes% first|%comes% for the first time)"),
    ("first", "(?:which|what) %lecture_word% (?:first )?(?:introduces|introduced|defines|defined) %term%(?: first| for the first time)?"),
    ("first", "(?:the )?first (?:mention|occurrence|appearance|definition) of %term%"),
    ("mentions", "(?:in )?(?:which|what) (?:of (?:my|the|these|our) )?%lectures_word% (?:mention|discuss|cover|treat|talk about|deal with|contain|use|explain|are about|speak of|speak about) %term%"),
    ("mentions", "(?:which|what) (?:of (?:my|the|these|our) )?(?:lecture|deck|slide deck|session|presentation|document|file|pdf) (?:mentions|discusses|covers|treats|talks about|deals with|explains|is about|speaks of) %term%"),
    ("mentions", "in (?:which|what) (?:of (?:my|the|these|our) )?(?:%lectures_word%|%lecture_word%) (?:does|do|did|is|are|was|were) %term% (?:%comes%|%made%|treated)"),
    ("mentions", "where %in_course% (?:is|are|does|do|was|were) %term% (?:%comes%|%made%|treated|found)"),
    ("mentions", "where (?:is|are|was|were) %term% (?:%made%|treated|found) %in_course%"),
    ("mentions", "where (?:does|do|did) %term% %comes% %in_course%"),
    # theorems, definitions
    ("statements", "(?:(?:list|name|show|enumerate|collect|find|display) )?(?:me )?(?:all|every|each)(?: of)?(?: the)? %kind% (?:about|on|in|from|concerning|regarding) (?P<topic>.+?)"),
    ("statements", "(?:(?:list|name|show|enumerate|collect|find|display) )?(?:me )?(?:all|every|each)(?: of)?(?: the)? (?P<kind>theorems?|lemmas?|propositions?|corollar(?:y|ies)|definitions?) (?:of|for|with|involving|related to) (?P<topic>.+?)"),
    ("statements", "(?:which|what) (?P<kind>theorems?|lemmas?|propositions?|corollar(?:y|ies)|definitions?) (?:are there|do we have|did we have|are stated|are given|did we see) (?:about|on|of|for|concerning) (?P<topic>.+?)"),
    ("statements", "(?:which|what) %kind% (?:are there|do we have|did we have|are stated|are given|did we see|are) in (?P<reference>.+?)"),
    ("statements", "(?:which|what) %kind% (?:does|do|did) (?P<reference>.+?) (?:have|contain|state|give|show|include)"),
    ("statements", "(?:list|show|name|display) (?:me )?(?:the )?%kind% (?:in|from|of) (?P<reference>.+?)"),
    # things of a kind
    ("covered", "(?:which|what)(?: (?:kinds|types|sorts) of)? (?P<term>[^,;:?]{3,60}?) (?:does|do|did) (?P<reference>.+?) (?:cover|treat|discuss|present|introduce|mention|name|explain|describe|deal with|list)(?:,? and (?P<aspect>[^?]{5,60}?))?"),
    ("covered", "(?:which|what)(?: (?:kinds|types|sorts) of)? (?P<term>[^,;:?]{3,60}?) (?:is|are|was|were) (?:covered|treated|discussed|presented|introduced|mentioned|named|explained|described|listed) in (?P<reference>[^,;:?]+?)(?:,? and (?P<aspect>[^?]{5,60}?))?"),
    # after, before
    ("after", "what (?:comes|came|is|follows|do we (?:do|cover|learn|discuss)|did we (?:do|cover|learn|discuss)|is covered|is discussed) (?:next |right |directly |immediately )?after (?P<heading>[^,;:?]+?)"),
    ("after", "(?:which|what) (?:topic|section|chapter|heading|part|subject|%lecture_word%) (?:comes|came|is|follows)(?: next| right| directly)?(?: after| on)? (?P<heading>[^,;:?]+?)"),
    ("before", "what (?:comes|came|is|do we (?:do|cover|learn|discuss)|did we (?:do|cover|learn|discuss)|is covered|is discussed) (?:right |directly |immediately )?before (?P<heading>[^,;:?]+?)"),
    ("before", "(?:which|what) (?:topic|section|chapter|heading|part|subject|%lecture_word%) (?:comes|came|is|precedes)(?: right| directly)?(?: before)? (?P<heading>[^,;:?]+?)"),
    **_PARTS,
)  # fmt: skip

WORDS = CourseWords(
    rules=_RULES,
    follow_up=whole(
        r"(?:(?:and|now|then|ok|okay|so),? )*(?:(?:what|how) about |the same (?:for|of|with) )?"
        r"(?:(?:in|on|for|of|from|about|with) )?(?:%page%(?: (?:of|in) (?P<other>.+?))?|(?P<reference>.+?))(?:,? please)?",
        **_PARTS,
    ),
    next_page=whole(
        r"(?:(?:and|now|then) )*(?:(?:what(?:'s|s| is)?|show|open)(?: me)? )?(?:on |about )?(?:the )?next (?:page|slide|one)",
        **_PARTS,
    ),
    reference=whole(
        r"(?:(?:the|my|our|this|that|your) )*(?:"
        r"%lecture_word%(?: no\.?| number| nr\.?)? #?(?P<number>\w+)"
        r"|(?P<ordinal>[\w-]+(?: (?:last|to last|but last))?) (?:%lecture_word%|one)"
        r"|%lecture_word% (?:on|about|of|called|titled|named|for|with the title)(?: the (?:topic|subject)(?: of)?)? (?P<title>.+?)"
        r"|(?P<about>\S+(?: (?!(?:in|of|from)\b)\S+){0,3}) (?:lecture|lesson|deck|slide deck|lecture notes)"
        r"|(?P<before>.+?) %lecture_word%"
        r"|%lecture_word% (?P<behind>.+?))",
        **_PARTS,
    ),
    articles=whole(r"((?:the|an?|my|our|this|that|these|topic|chapter|section)\s+)*(?P<rest>.*?)"),
    numbers={
        "one": 1,
        "two": 2,
        "three": 3,
        "four": 4,
        "five": 5,
        "six": 6,
        "seven": 7,
        "eight": 8,
        "nine": 9,
        "ten": 10,
        "eleven": 11,
        "twelve": 12,
        "middle": 2,
        "first": 1,
        "second": 2,
        "third": 3,
        "fourth": 4,
        "fifth": 5,
        "sixth": 6,
        "seventh": 7,
        "eighth": 8,
        "ninth": 9,
        "tenth": 10,
        "eleventh": 11,
        "twelfth": 12,
        "last": -1,
        "final": -1,
        "latest": -1,
        "newest": -1,
        "most recent": -1,
        "penultimate": -2,
        "second to last": -2,
        "a": 3,
        "an": 3,
        "some": 3,
        "a few": 3,
        "several": 5,
    },
    shares={2: whole(r"half"), 3: whole(r"third"), 4: whole(r"quarter")},
    wishes={
        "simpler": whole(
            r"%lead%(?:"
            r"(?:explain|say|put|describe)(?: (?:it|that|this))?(?: to me)?"
            r" (?:(?:much |a bit |even )?(?:more (?:simply|clearly|easily)|simpler|easier)"
            r"|(?:in|with) (?:simple|simpler|easy|easier|everyday|plain|other) (?:words|terms|language)"
            r"|(?:like|as if) i(?:'m| am|’m| were) (?:five|5|a (?:child|beginner))|for (?:a )?beginners?)"
            r"|simpler|more simply|in simpler? (?:words|terms)"
            r"|i (?:do not|don['’]?t) (?:understand|get) (?:it|that|this))%tail%",
            **_PARTS,
        ),
        "example": whole(
            r"%lead%(?:"
            r"(?:(?:give|show|tell|make)(?: me)? |(?:and|is there|are there|what is|do you have) )?"
            r"(?:(?:an|another|one|some|any|one more|a)(?: (?:concrete|simple|worked|real))? )?examples?"
            r"(?: (?:of|for) (?:it|that|this))?"
            r"|for (?:example|instance))%tail%",
            **_PARTS,
        ),
    },
    example="example",
    connectives=re.compile(
        r"^\W*(?:however|thus|therefore|hence|moreover|furthermore|then|in addition|consequently|for example|for instance|that is|similarly|likewise|otherwise|instead|nevertheless|in contrast|also|here|finally)\b",
        re.IGNORECASE,
    ),
    about_lecture=re.compile(
        r"\bwe(?:['’]ll| will| shall| are going to)\b|\blet(?:['’]s| us)\b|\bour (?:next|first) (?:goal|step|task|topic)\b"
        r"|\b(?:first|next|now|finally),? we (?:consider|define|describe|discuss|introduce|look|present|see|show|study|turn)\b"
        r"|\b(?:in|of) (?:this|the next|the following|today['’]s) (?:chapter|class|course|lecture|part|section|session)\b"
        r"|^\W*(?:figure|image|photo|picture)s? (?:credits?|sources?)\b|^\W*(?:source|credits?|slides? (?:by|from)):"
        r"|\b(?:equation|figure|listing|table)s? \d|\bon pages? \d|\b(?:in|see) (?:chapter|section)s? \d"
        r"|\b(?:in|from) (?:the|our) (?:last|previous) (?:chapter|class|course|lecture|part|section|session)\b"
        r"|\b(?:last|next) (?:lecture|time|week),? we\b|\btoday,? we\b|\bwe (?:begin|end|finish|start) (?:by|with)\b"
        r"|\bas we (?:have seen|saw)\b|^\W*(?:chapter|lecture|part|section) \d[\d.]*,? (?!of\b)[a-z]"
        r"|\b(?:do this now|latest revision|office hours|due (?:date|on))\b",
        re.IGNORECASE,
    ),
    back_matter=re.compile(
        r"^\W*(?:acknowledg(?:e)?ments?|references?|credits?|literature|bibliography|further reading|appendix|image credits|sources|thanks?.*|questions?|licen[cs]e|about (?:me|the author)|exercises?|homework|announcements?|outline|agenda|today|(?:table of )?contents)\W*$"
        r"|^\W*(?:dr|prof)\.\s|\blearning (?:goals|objectives|outcomes)\b"
        r"|^\W*(?:\w*\d\w*\s+)?(?:schedule|syllabus|timetable)\W*$|^\W*assignments?\W+\w*\d\w*\W*$",
        re.IGNORECASE,
    ),
    kinds={
        "theorem": whole(r"theorems?|lemmas?|propositions?|corollar(?:y|ies)"),
        "definition": whole(r"definitions?"),
        "example": whole(r"examples?"),
        "exercise": whole(r"exercises?|problems?"),
        "proof": whole(r"proofs?"),
        "remark": whole(r"remarks?"),
    },
    openings={
        "theorem": whole(r"\W*(?:theorem|lemma|proposition|corollary)\b.*"),
        "definition": whole(r"\W*definition\b.*"),
        "example": whole(r"\W*examples?\b.*"),
        "exercise": whole(r"\W*(?:exercise|problem|task|homework)s?\b.*"),
        "proof": whole(r"\W*proof\b.*"),
        "remark": whole(r"\W*remarks?\b.*"),
    },
    examples={
        "summary": (
            "What was lecture 2 about?",
            "Give me the gist of lecture 2.",
            "Explain to me briefly what lecture 2 says.",
            "What should I remember of lecture 2?",
            "I missed lecture 2, what happened there?",
        ),
        "outline": ("Show the table of contents of lecture 2.", "How is lecture 2 organised?"),
        "length": ("How long is lecture 2?", "How many slides has lecture 2?"),
        "language": ("In which language is lecture 2?",),
        "exam": (
            "Ask me questions about lecture 2.",
            "What could be asked in an exam on lecture 2?",
        ),
        "": (
            "Who gave lecture 2?",
            "Where does lecture 2 take place?",
            "When is lecture 2?",
            "Is lecture 2 relevant for the exam?",
            "What does lecture 2 say about entropy?",
            "Which book belongs to lecture 2?",
            "Does lecture 2 explain convergence?",
            "Who wrote the slides of lecture 2?",
            "How many points does lecture 2 give?",
            "Which formula does lecture 2 use?",
        ),
    },
    cues=CUES,
    page_cue=PAGE,
    fillers=FILLERS,
    subject=SUBJECT,
    texts={
        "lectures": "{number} lectures:",
        "lecture": "1 lecture:",
        "pages": "{pages} pages",
        "page": "1 page",
        "summary": "{lecture} in short:",
        "part": "“{heading}” in {lecture}, {pages}, in short:",
        "share": "{lecture}, {pages}, in short:",
        "span": "p. {first} to {last}",
        "no_part": "{lecture} has {parts} parts; ask for one of them.",
        "outline": "Outline of {lecture}:",
        "shown": "Page {page} of {lecture}:",
        "no_text": "Page {page} of {lecture} holds no text that could be read.",
        "no_page": "{lecture} has {pages} pages, so there is no page {page}.",
        "first": "“{term}” is introduced in {lecture}, p. {page}.",
        "only_mentioned": "“{term}” is first mentioned in {lecture}, p. {page}; no lecture defines it.",
        "first_mention": "First mention",
        "mentions": "“{term}” is in {number} lectures:",
        "mention": "“{term}” is in one lecture:",
        "places": "{number} pages, first p. {page}",
        "place": "p. {page}",
        "statements": "{number} places about “{term}”:",
        "statements_of": "{number} places in {lecture}:",
        "covered": "{number} of the {term} in {lecture}:",
        "after": "After “{term}” comes “{next}” ({lecture}, p. {page}).",
        "before": "Before “{term}” comes “{next}” ({lecture}, p. {page}).",
        "last": "“{term}” is the last topic of {lecture}.",
        "opening": "“{term}” is the first topic of {lecture}.",
        "length": "{lecture}: {pages} pages.",
        "total": "{number} lectures with {pages} pages together.",
        "language": "{lecture} is in {language}.",
        "unknown_language": "The language of {lecture} was not recognised.",
        "choice": "That number is one of {number} lectures; name the course too, as in “{course}, lecture {lecture}”:",
        "newest": "The last lecture in order is {lecture}.",
        "exam": "Questions about {topic}, with the answers of the lectures:",
        "exam_few": "Only {number} questions about {topic} were found that the lectures answer well:",
        "last_lecture": "{lecture} is the last lecture.",
        "first_lecture": "{lecture} is the first lecture.",
        "list": "What belongs to “{term}” ({heading})?",
        "explain": "Explain the topic “{term}”.",
    },
    exam=(
        (
            whole(r"(?P<a>[^:?]+?) (?:vs\.?|versus|against) (?P<b>[^:?]+)"),
            "What is the difference between {a} and {b}?",
        ),
        (
            whole(r"(?P<a>(?:why|what|how (?:to|do|does|can|is|are|much|many|should)) .{8,})"),
            "{a}?",
        ),
        (
            whole(
                r"(?P<a>advantages|disadvantages|benefits|properties|types|kinds|limitations|drawbacks|goals|steps|phases|applications) of (?P<b>.+)"
            ),
            "What are the {a} of {b}?",
        ),
    ),
    languages={"en": "English", "de": "German", "fr": "French"},
)
