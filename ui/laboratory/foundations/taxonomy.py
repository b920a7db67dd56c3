"""The six families as a tree; each leaf opens the family's model."""

from __future__ import annotations

from html import escape as as_html
from urllib.parse import urlencode

import streamlit as st

from generative.families import family
from ui.laboratory.widgets import title
from ui.text import escape, t

# A branch: its text and its branches; a leaf: a model's name and what it gives.
TREE = (
    "Models of p(x)",
    (
        (
            "Explicit density",
            (
                (
                    "Exact",
                    (
                        ("autoregressive", "chain rule, pixel by pixel"),
                        ("flow", "change of variables"),
                    ),
                ),
                (
                    "Approximate",
                    (
                        ("vae", "lower bound by an encoder"),
                        ("diffusion", "lower bound over many noise steps"),
                        ("energy", "up to a constant; Markov chains"),
                    ),
                ),
            ),
        ),
        ("Implicit density", (("gan", "samples alone, judged by a second network"),)),
    ),
)
PROPERTIES = {  # family: ln p(x), sampling, codes
    "autoregressive": ("exact", "one step for each pixel", "none"),
    "flow": ("exact", "one pass", "as long as the image"),
    "vae": ("lower bound", "one pass", "short"),
    "diffusion": ("lower bound", "25 to 250 steps", "as long as the image"),
    "energy": ("up to a constant", "hundreds of steps", "none"),
    "gan": ("none", "one pass", "short, without an encoder"),
}
_CSS = """<style>
.tree, .tree ul { list-style: none; margin: 0; padding: 0 0 0 1.25rem; }
.tree { padding-left: 0; }
.tree li { position: relative; padding: .3rem 0 .3rem 1rem; margin: 0; }
.tree > li { padding-left: 0; }
.tree ul > li::before { content: ""; position: absolute; left: -.6rem; top: 0; bottom: 0;
  border-left: 2px solid #8889; }
.tree ul > li:last-child::before { bottom: calc(100% - 1.4rem); }
.tree ul > li::after { content: ""; position: absolute; left: -.6rem; top: 1.4rem; width: 1.3rem;
  border-top: 2px solid #8889; }
.tree .box { display: inline-block; border: 2px solid #8889; border-radius: .5rem;
  padding: .25rem .75rem; }
.tree a.box { border-color: currentColor; color: inherit; font-weight: 600; }
.tree a.box:hover { background: #8883; }
.tree .text { display: inline-block; }
</style>"""


def show() -> None:
    """The tree, and a table of what each family gives."""
    st.markdown(
        escape(
            t(
                "All six families learn the distribution p(x) of images from examples. They differ "
                "in what they can say about it. A name opens the family's model."
            )
        )
    )
    st.html(_CSS + f'<ul class="tree">{branch(TREE)}</ul>')
    table = {
        t("Family"): [title(name) for name in PROPERTIES],
        **{
            t(heading): [t(row[column]) for row in PROPERTIES.values()]
            for column, heading in enumerate(("ln p(x)", "Sampling", "Codes"))
        },
        t("Notebook"): [family(name).notebook for name in PROPERTIES],
    }
    st.dataframe(table, hide_index=True, width="stretch")
    st.caption(
        t(
            "`make notebooks` opens Jupyter in the program's source code; each notebook has the "
            "network and the training of a family written out, with exercises."
        )
    )


def branch(part: tuple) -> str:
    """A branch or a leaf of the tree as HTML."""
    name, below = part
    if isinstance(below, str):
        link = as_html(address({"part": "sample", "model": name}))
        leaf = f'<a class="box" href="{link}" target="_self">{as_html(title(name))}</a>'
        return f'<li>{leaf} <span class="text">{as_html(t(below))}</span></li>'
    inner = "".join(branch(one) for one in below)
    return f'<li><span class="box">{as_html(t(name))}</span><ul>{inner}</ul></li>'


def address(values: dict[str, str]) -> str:
    """A link to a part of this page; who reads stays in it where several log in."""
    if "reader" in st.query_params:
        values = values | {"reader": st.query_params["reader"]}
    return f"generative?{urlencode(values)}"
