"""The prompt that the parts of the room "Next word" share: the reader's own, or Katheder's."""

from __future__ import annotations

import streamlit as st

from ingest.errors import KathederError
from language.causal import encode
from rag.prompt import build_prompt
from ui.language_laboratory import cache
from ui.session import error_text, open_session
from ui.text import escape, t

EINSTEIN = "The theory of relativity usually encompasses two interrelated theories by Albert"
MAX_CHARS = 1000
_QUESTION = "What does a language model predict?"


def choose(key: str, default: str = EINSTEIN) -> tuple[int, ...]:
    """The prompt's tokens, at least one; the run of the room ends here where there are none.

    Args:
        key: Of the part of the room, which has its own widgets.
        default: The text that stands in the box at first.
    """
    kinds = {"own": t("My own prompt"), "katheder": t("The prompt that Katheder sends")}
    kind = st.segmented_control(
        t("Prompt"),
        list(kinds),
        default="own",
        required=True,
        format_func=kinds.__getitem__,
        key=f"{key}_kind",
        label_visibility="collapsed",
    )
    if kind == "katheder":
        return of_question(
            st.text_input(t("Question"), _QUESTION, MAX_CHARS, key=f"{key}_question")
        )
    text = st.text_input(t("Prompt"), default, MAX_CHARS, key=f"{key}_prompt")
    if not text:
        st.info(t("Write the beginning of a text; the model continues it."))
        st.stop()
    return tuple(encode(cache.decoder()[1], text))


def of_question(question: str) -> tuple[int, ...]:
    """The tokens of the prompt that Katheder sends to its language model for a question."""
    session = open_session()
    if session.library is None:
        st.info(t("The library is empty. Add lectures on the page Library first."))
        st.stop()
    try:
        with st.spinner(t("Loading …")):
            pipeline = session.pipeline()
            query = pipeline.query(question)
            evidence = pipeline.evidence(query, pipeline.candidates(query))
            messages = build_prompt(query, evidence, pipeline.language(query))
    except KathederError as error:
        st.error(error_text(error))
        st.stop()
    tokenizer = cache.decoder()[1]
    text = str(tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False))
    ids = encode(tokenizer, text)
    with st.expander(escape(t("The prompt, {count} tokens", count=len(ids)))):
        st.code(text, language=None, wrap_lines=True)
    return tuple(ids)
