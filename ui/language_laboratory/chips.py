"""Tokens as coloured chips in a row, each with its id and bytes as a tooltip."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from language.tokens import Kind, Token
from ui.laboratory.widgets import number
from ui.text import t

_MOST = 500  # chips of one text; more would make the page slow
# Six grounds in turn, so that neighbours differ; the text is the page's own colour on each.
STYLE = """<style>
.tokens { line-height: 2; overflow-wrap: anywhere; font-family: monospace; font-size: .95rem; }
.tokens span { padding: .15rem .1rem; border-radius: 4px; margin-right: 1px;
  box-decoration-break: clone; -webkit-box-decoration-break: clone; }
.tokens sub { font-size: .65rem; padding-left: .15rem; }
.tokens .g0 { background: light-dark(#cfe6ef, #1f4352); }
.tokens .g1 { background: light-dark(#fbe3c2, #563a10); }
.tokens .g2 { background: light-dark(#d9edd4, #254a24); }
.tokens .g3 { background: light-dark(#ecdcf2, #472f52); }
.tokens .g4 { background: light-dark(#f8d9dc, #5a2a31); }
.tokens .g5 { background: light-dark(#e4e4d0, #43432c); }
.tokens .no-word { text-decoration: underline dotted; text-underline-offset: .25em; }
</style>"""


def show(
    text: str, tokens: Sequence[Token], kinds: Sequence[Kind], *, ids: bool, underline: bool = True
) -> None:
    """The tokens of a text in a row; those that are no words are underlined with dots."""
    data = text.encode()
    chips = []
    for place, (token, kind) in enumerate(zip(tokens[:_MOST], kinds, strict=False)):
        piece = data[token.start : token.end]
        title = t("id {id}, bytes {bytes}", id=token.id, bytes=piece.hex(" ").upper() or "–")
        classes = f"g{place % 6}" + (" no-word" if underline and kind in ("part", "mixed") else "")
        below = f"<sub>{token.id}</sub>" if ids else ""
        chips.append(
            f'<span class="{classes}" title="{escape(title)}">{escape(token.form)}{below}</span>'
            + ("<wbr>" if "⏎" not in token.form else "<br>")
        )
    st.html(f'{STYLE}<div class="tokens">{"".join(chips)}</div>')
    if len(tokens) > _MOST:
        st.caption(t("The first {most} of {all} tokens.", most=_MOST, all=number(len(tokens))))
