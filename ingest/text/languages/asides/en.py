"""Asides in English."""

from ingest.text.languages.base import AUTHORS, Aside, pattern

ASIDES = {
    "task": Aside(
        text=pattern(
            r"""
            ^\W*(?:exercise|homework|problem|task)s?\s*(?:\d|:)
            | ^\W*(?:(?:\d+|[a-z])[.)]\s*)?
                (?:describe|discuss|explain|prove|show|sketch)
                \s+(?:an?|briefly|each|how|in|reasons?|that|the|what|whether|which|why|your)\b
            | ^\W*(?:summari[sz]e|justify)\s+[a-z]
            | ^\W*(?:\((?:\d+|[a-z])\)\s*)(?:calculate|choose|compute|consider|derive|describe|determine
                |draw|estimate|evaluate|express|find|give|guess|prove|show|solve|verify|write)\s
            """
        ),
        question=pattern(r"\b(?:assignment|exercise|homework|problem|question|task)s?\b"),
        heading=pattern(r"^\W*(?:exercises|homework|problems|review\squestions)\W*$"),
    ),
    "goal": Aside(
        text=pattern(
            r"""
            \b(?:after|by\sthe\send\sof)\s(?:this|the|today['’]s)\s
                (?:chapter|class|course|lecture|lesson|module|session|unit)\b .*
                \b(?:can|should|will)\b
            | ^\W*(?:you|students)\s(?:will|should)\s(?:be\sable|know|learn|understand)\b
            | \[(?:assessment|familiarity|usage)\]  # a level of the ACM and IEEE curricula
            """
        ),
        question=pattern(r"\b(?:able|aims?|goals?|learn|objectives?|outcomes?)\b"),
        heading=pattern(
            r"""^\W*(?:(?:course|lecture)\s+)?(?:aims|goals|objectives|outcomes)\W*$
            | \blearning\s(?:aims|goals|objectives|outcomes)\b"""
        ),
    ),
    "schedule": Aside(
        text=pattern(
            r"""
            ^\W*(?:lecture|session|week)\s*\d+\b (?!\W*[?])
            | ^\W*(?:date|day|lecture|session|week)\s*\|
            """
        ),
        question=pattern(
            r"""
            \b(?:agenda|chapters?|contents|courses?|cover(?:ed|s)?|dates?|days?|lectures?|outline
            | schedule|sessions?|topics?|weeks?|when)\b
            """
        ),
        heading=pattern(
            r"""
            ^\W*(?:(?:course|lecture|today['’]s)\s+)? (?:agenda|contents|outline|schedule|syllabus
            | table\sof\scontents|timetable|what\swe\swill\scover)\W*$
            """
        ),
    ),
    "announcement": Aside(
        text=pattern(
            r"""
            ^\W*(?:(?:finally|first|hence|next|now|then|therefore),?\s+)?
                (?:let\sus|let['’]s|we\s(?:(?:next|now)\s)?(?:shall|will)(?:\s(?:next|now))?)\s
                (?:\w+ly\s|also\s|now\s)?(?:address|consider|cover|describe|discuss|examine|explain
                |explore|investigate|look|present|study|turn)\b
            | ^\W*in\s(?:the\s(?:following|next|remainder)|this\s(?:chapter|lecture|section))\b
                .{0,40}\bwe\s
            | ^\W*(?:in\s)?(?:an?|the)\s(?:earlier|final|first|following|last|later|next|previous|second|third)
                \s(?:chapter|class|lecture|section|session|slides?)\b
            | ^\W*(?:after\sthat|finally|first|next|now|then),?\s+we\s(?:consider|describe|discuss|examine|explain
                |investigate|look|present|show|study|turn)\b | ^\W*we\s(?:now\s)?proceed\b
            | ^\W*this\s(?:chapter|class|lecture|section)\s(?:covers|deals|discusses|explains|introduces|is
                |presents|shows|treats)\b
            | \b(?:are|is|will\sbe)\s(?:discussed|introduced|presented)\W*$
            | \bwill\sbe\s(?:covered|given|treated)\sin\sthe\b
            | ^\W*(?:details|more)\b .{0,30} \b(?:chapter|lecture|section|session)\b
            """
        ),
        question=pattern(r"\b(?:following|next|lectures?|sections?|chapters?|topics?)\b"),
    ),
    "caption": Aside(
        text=pattern(r"^\W*(?:fig\.|figure|listing)\s*\d+(?:\.\d+)*\s*[:.](?:\s+\S+){0,9}\s*$"),
        question=pattern(
            r"\b(?:diagram|drawing|fig|figure|graph|image|listing|photo|picture|plot|show[ns]?)s?\b"
        ),
    ),
    "reference": Aside(
        text=pattern(
            f"{AUTHORS}|"
            r"""
            ^\W*(?:\[\d+\]\s*)?(?-i:[A-Z][\w'’-]+,\s+(?:[A-Z]\.\s*)+ | (?:[A-Z]\.\s*)+[A-Z][\w'’-]+)
                .* (?:[(,.]\s*(?:19|20)\d\d)
            | \b(?:arxiv:|doi:|isbn\b|pp\.\s*\d)
            """
        ),
        question=pattern(
            r"""\b(?:articles?|authors?|books?|cite[sd]?|literature|papers?|published|read(?:ing)?
            |references?|textbooks?|whom?|whose|wrote)\b"""
        ),
        heading=pattern(
            r"^\W*(?:bibliography|further\sreading|literature|references?|sources)(?:\s+(?:\d+|[ivx]+))?\W*$"
        ),
    ),
}
