"""The cues of English questions about a course; see `Cue`."""

import re

from ingest.text.languages.base import words
from ingest.text.languages.course.base import cue

_PARTS = {
    "lecture": r"(?:lecture|lesson|deck|slide deck|slide set|session|week|pdf|presentation|talk)",
    "lectures": r"(?:lectures?|lessons?|(?:slide )?decks?|slides|sessions?|weeks?|pdfs?|presentations?|lecture notes)",
    "say": r"(?:mention(?:s|ed)?|discuss(?:es|ed)?|cover(?:s|ed)?|talk(?:s|ed)? (?:about|of)|deals? with|dealt with"
    r"|explain(?:s|ed)?|contain(?:s|ed)?|treat(?:s|ed)?|(?:come|comes|came|show|shows|turn|turns) up|appears?|occurs?"
    r"|speaks? (?:of|about)|about)",
    "meet": r"(?:introduc(?:e|es|ed|tion)|defin(?:e|es|ed|ition)|mention(?:s|ed)?|appear(?:s|ed|ance)?|occur(?:s|red|rence)?"
    r"|(?:come|comes|came|show|shows|showed|turn|turns|turned) up|explain(?:s|ed)?|discuss(?:es|ed)?|cover(?:s|ed)?|treated"
    r"|meet|met|see|saw|seen|encounter(?:s|ed)?|hear(?:d)?(?: about| of)?|learn(?:ed|t)?(?: about)?|taught|use[sd]?"
    r"|talk(?:ed)?(?: about)?)",
    "count": r"(?:\d+|a|an|some|a few|several|two|three|four|five|six|seven|eight|nine|ten)",
    "quality": r"(?:(?:multiple[ -]choice|hard|easy|good|typical|short|possible|likely|difficult|tricky|sample|more|different|random) )*",
    "kind": r"(?P<kind>theorems?|lemmas?|propositions?|corollar(?:y|ies)|definitions?|examples?|exercises?|problems?"
    r"|proofs?|remarks?)",
    "topics": r"topics?|sections?|chapters?|headings?|subjects?|themes?|subtopics?",
}

CUES = (
    cue(
        "part",
        r"(?P<part>first|second|third|fourth|fifth|sixth|middle|last|final|\d+(?:st|nd|rd|th))"
        r" (?P<share>part|half|third|quarter|section|chapter)",
        needs="lecture",
    ),
    cue("page", r"(?:page|p\.?|pg\.?|slide)s?", needs="page"),
    cue(
        "exam",
        r"(?:%count% )?%quality%(?:exam|examination|practi[cs]e|test|quiz|review|revision|study|mock|self-test)"
        r"(?:[ -](?:style|type|like))?[ -]questions?(?: (?:with|and)(?: the)? (?:answers|solutions))?"
        r"|(?:quiz|test|examine|drill|grill) me|ask me(?: %count%)?(?: %quality%questions?)?"
        r"|(?:%count% )?%quality%questions? (?:to|for) (?:practi[cs]e|practi[cs]ing|revise|revising|revision|study"
        r"|studying|learn|learning|prepare|(?:the|my|an) (?:exam|test|quiz))(?: with| for)?"
        r"|(?:could|might|may|can|would|will) (?:come up|be asked|they ask|be on)(?: in| on| at)?(?: (?:the|my|an|our))?"
        r" (?:exam|test|quiz|final)"
        r"|(?:make|create|build|write|give|generate|prepare)(?: me| us)?(?: an?| the)?(?: \w+)? (?:exam|test|quiz)(?!-| ?questions?)",
        needs="lecture or term",
        **_PARTS,
    ),
    cue(
        "exam",
        r"(?:%count% )?%quality%questions",
        r"practi[cs]e|practi[cs]ing|exam|test|revise|revising|revision|study|studying|prepare|preparing|quiz",
        needs="lecture",
        **_PARTS,
    ),
    cue(
        "exam",
        r"could|might|may|can|will|would",
        r"ask|asked|asks",
        r"(?:in|for|at|on) (?:the|my|an|our) (?:exam|test|quiz|final|oral)",
        needs="lecture or term",
    ),
    cue(
        "first",
        r"for the (?:very )?first time|first|initially|earliest",
        r"%meet%",
        r"where|when|(?:in |on |at )?(?:which|what) (?:%lecture%|page|slide|place|part)"
        r"|first (?:mention|appearance|occurrence|definition)",
        needs="term",
        **_PARTS,
    ),
    cue(
        "mentions",
        r"(?:which|what|every|all|any|list|(?:in )?how many)(?: (?:of|the|my|our|these|those|other))* %lectures%",
        r"%say%",
        needs="term",
        **_PARTS,
    ),
    cue(
        "mentions",
        r"anywhere|somewhere|everywhere|in (?:any|one|some|which)(?: of)?(?: (?:the|my|our|these))? %lectures%"
        r"|(?:in|on) (?:the|my|our|this) (?:whole |entire )?(?:course|lectures|slides|class|material|notes)",
        r"%say%|discussion|used?|found|find",
        r"is|are|was|were|does|do|did|where|all (?:the )?(?:places|pages|slides)",
        needs="term",
        **_PARTS,
    ),
    cue(
        "statements",
        r"all|every|each|list|collect|enumerate",
        r"%kind%(?: that)?(?: (?:are|is|we have|there are))? (?:about|on|of|for|in|from|with|regarding|concerning|involving|related to)",
        needs="lecture or term",
        **_PARTS,
    ),
    cue(
        "statements",
        r"which|what|show|give|find|are there(?: any)?|any",
        r"%kind%",
        needs="lecture",
        **_PARTS,
    ),
    cue(
        "after",
        r"(?:what|which)(?: (?:%topics%|%lecture%))?",
        r"comes?|came|is|was|covered|discussed|taught|treated|explained|do we (?:do|cover|learn)|did we (?:do|cover|learn)|next",
        r"(?:(?:right|directly|immediately|straight|just) )?(?:after|follow(?:s|ing)?(?: on)?)",
        needs="heading",
        **_PARTS,
    ),
    cue(
        "before",
        r"(?:what|which)(?: (?:%topics%|%lecture%))?",
        r"comes?|came|is|was|covered|discussed|taught|treated|explained|do we (?:do|cover|learn)|did we (?:do|cover|learn)",
        r"(?:(?:right|directly|immediately|straight|just) )?(?:before|precedes|preceding)",
        needs="heading",
        **_PARTS,
    ),
    cue(
        "length",
        r"(?:how many|number of|count (?:of )?(?:the )?)(?: (?:the|of|pdf))* (?:pages|slides)|(?:page|slide) (?:count|number)|how (?:long|big)",
        needs="lecture",
    ),
    cue("language", r"languages?|german|english|french", needs="lecture"),
    cue(
        "outline",
        r"(?P<title>outline|structure|toc|table of contents|contents?|agenda|%topics%)"
        r"|structured|organi[sz]ed|divided|arranged|parts",
        needs="lecture",
        **_PARTS,
    ),
    cue(
        "summary",
        r"(?P<title>sum+ar(?:y|ies|i[sz]e[sd]?|i[sz]ing|i[sz]ation)|sum (?:(?:it|this|that) )?up|overview|gist|recap|tl;?dr|synopsis|abstract"
        r"|(?:key|main|core|central|essential|important) (?:points?|ideas?|messages?|things?|takeaways?|results?|content)|takeaways?"
        r"|essence|condense)"
        r"|about|happen(?:s|ed)?|in a nutshell|in short|in brief|most important|essentials?|cover(?:s|ed)?|deal(?:s|t)? with|teach(?:es)?"
        r"|learn(?:ed|t)?|remember|know",
        needs="lecture",
    ),
    cue("newest", r"newest|latest|most recent(?:ly)?|last (?:uploaded|added)", r"%lectures%", needs="nothing", **_PARTS),
    cue(
        "lectures",
        r"lectures|lessons|(?:slide )?decks|sessions|pdfs|presentations|documents|files|slides|scripts",
        r"which|what|list|all|how many|have|got|available|uploaded|loaded|stored|titles?|names?|called",
        needs="nothing",
        **_PARTS,
    ),
)  # fmt: skip

PAGE = re.compile(
    r"\b(?:page|p\.?|pg\.?|slide)(?:\s+no\.?|\s+number|\s*#)?\s*(?P<page>\d+)\b|\b(?:the\s+)?(?P<ordinal>\w+)\s+(?:page|slide)\b(?!\s*\d)",
    re.IGNORECASE,
)

FILLERS = words(
    """pls plz please thanks thank thx hi hey hello ok okay btw b4 quick quickly brief briefly short shortly concise
    rough hard easy nice simple professor prof lecturer teacher course class exam test library lecture lectures slides notes
    deck material missed ill sick absent away today yesterday tomorrow sentence sentences words lines bullet bullets points
    exactly actually really again everything something anything thing things stuff say says said contain contains
    contained content written write read open display look looks find found need needs needed list let's lets
    anywhere somewhere overall entire whole complete full going go goes through around come comes covered cover main
    important term concept topic word notion talk talks talking have got english-language wondering wonder
    know remember learn summary idea quiz question questions practise practice revise prepare me us i we total altogether uploaded added loaded don't dont understand understood get got confused includes include included last week"""
)

SUBJECT = re.compile(
    r"\bwhy\b|\bwho\b|\bwhose\b|\bhow (?:are|is|was|were|does|do|did|can|could|should|would|to)\b"
    r"|\bdifference between\b|\bcompare\b|\bversus\b|\bvs\b",
    re.IGNORECASE,
)
