"""Text of a document that gives orders to whoever answers questions about it.

Such text is data like any other: it is found and shown on its page. But it answers nothing, unless
somebody asks about orders of this kind, so it is neither the lead of an answer nor evidence for a
language model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_MACHINE = r"(?:ai|a\.i\.|ki|assistants?|chat ?bots?|bots?|(?:large )?language models?|llms?|sprachmodelle?|assistenten?|modèle de langue)"
_ORDERS = re.compile(
    "|".join(
        (
            # what was said before does not count
            r"\b(?:ignore|disregard|forget|override|overrule|bypass)\b.{0,40}\b(?:instructions?|prompts?|rules"
            r"|above|previous|prior|were (?:told|given)|(?:the|other) (?:slides|pages|text)|visible text)\b",
            r"\b(?:ignorier\w*|vergiss|vergesse\w*|missachte\w*)\b.{0,40}\b(?:anweisung\w*|vorgaben?|bisherig\w*|vorherig\w*|oben)\b",
            r"\b(?:ignore[rz]?|oublie[rz]?)\b.{0,40}\b(?:consignes?|instructions?|précédent\w*)\b",
            # a forged part of a conversation, or of a prompt
            r"^\W*(?:system|admin(?:istrator)?|developer|assistant|bot|user|inst|instruction|response)\b\s*[\]>:]\s*"
            r"(?:you\b|ignore|disregard|new\b|from now|of course|sure\b|reply|answer|respond)",
            r"^\W*\[(?:system|admin|developer)\]",
            r"<\|\w+\|>\s*(?:system\b)?.{0,20}\byou\b|\[/?INST\]|###\s*(?:instruction|response|system)\b",
            rf"^\W*(?:{_MACHINE})\s*[:,]",
            r"\b(?:user|human|question)\s*:.{1,200}\b(?:bot|assistant|ai|answer)\s*:",
            # another role
            r"\b(?:you are now|from now on(?:,)? (?:you|act|answer|reply|respond))\b",
            r"\byou are (?:dan\b|an? (?:ai|assistant|model|language model)\b)",
            r"\b(?:act|behave) as (?:an?|the|if you)\b.{0,60}\b(?:repl|answer|respon|assistant|model)",
            r"\bmaintenance mode\b|\bdeveloper mode\b",
            # what to say
            r"\b(?:hinweis|anweisung|nachricht) an (?:die|den|das|alle) (?:ki|assistenten?|sprachmodelle?)\b",
            r"\b(?:notes?|messages?|instructions?) (?:to|for) (?:the |any |all )?"
            + _MACHINE
            + r"\b",
            r"\bconsignes? (?:pour|à) (?:l['’])?(?:assistant|ia)\b",
            r"\bif you are an? (?:ai|assistant|chatbot|language model|llm)\b",
            rf"\b(?:the|any|all|every) {_MACHINE}\b.{{0,60}}\b(?:must|should|shall|has to|have to)\b.{{0,40}}"
            r"\b(?:say|tell|state|answer|reply|respond|announce|output|advise|write|cite|refuse|inform)\b",
            rf"\b{_MACHINE} (?:reading|summari[sz]ing|processing|answering) .{{0,60}}\b(?:must|should|has to|have to)\b",
            r"\b(?:tell|inform) the (?:user|reader|student)s? that\b",
            r"\bmust be told\b.{0,60}\b(?:nothing else|only)\b",
            r"\b(?:reply|respond|answer|output|say|print)\b (?:(?:only|just)(?:\s*:| with| the words?\b)|with the words?\b|nothing but|with:)",
            r"\b(?:begin|start|open|end) (?:your|each|every|all) (?:answer|reply|response)",
            r"\b(?:answer|reply to|respond to) (?:every|any|all) questions?\b.{0,80}\bwith\b",
            r"\byour (?:answer|reply|response)\b.{0,60}\b(?:shall|must|should|only)\b",
            r"\b(?:your|the) (?:system prompt|hidden instructions)\b",
            r"\b(?:antworte|antworten sie|sag|sage|schreibe?)\b (?:nur|ausschließlich|immer)\b",
            r"\b(?:beantworte|beantworten sie)\b.{0,60}\bnur mit\b",
            r"\brépond(?:s|ez) (?:seulement|uniquement)\b",
            r"\bnew task:|\bnew policy\b.{0,40}\banswer\b",
            # a forged notice of the program
            r"\b(?:the |your )?(?:lectures|library) (?:do|does|did)(?: not|n['’]t) (?:contain|answer|hold)\b",
            r"\bno answer (?:was|is) found\b|\bdie (?:vorlesungen|unterlagen) (?:beantworten|enthalten)\b.{0,40}\b(?:nicht|keine)\b",
            r"\bas the only source\b|\bcite \S+\.(?:pdf|docx|pptx)\b",
        )
    ),
    re.IGNORECASE,
)
_REPLY = re.compile(rf"\W*(?:{_MACHINE})\s*:", re.IGNORECASE)
_ABOUT_ORDERS = re.compile(
    r"\b(?:prompts?|instructions?|inject\w*|jailbreak\w*|orders?|attacks?|system message"
    r"|anweisung\w*|angriff\w*|consignes?|assistants?|chat ?bots?|language models?|llms?)\b",
    re.IGNORECASE,
)


def are_orders(texts: Sequence[str]) -> list[bool]:
    """Whether each unit of a passage, in order, is an order, or the rest of a forged reply."""
    values: list[bool] = []
    replies = False  # whether the unit before opened a forged reply
    for text in texts:
        values.append(replies or is_order(text))
        replies = _REPLY.match(text) is not None
    return values


def is_order(text: str) -> bool:
    """Whether a unit of a document, on one line, gives an order to whoever answers."""
    return _ORDERS.search(text) is not None


def asks_about_orders(question: str) -> bool:
    """Whether a question is about prompts, models or attacks, of which such text may be the answer."""
    return _ABOUT_ORDERS.search(question) is not None
