"""Formulas in LaTeX as pictures that need no browser: SVG of glyphs, for the exports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ui.safe_markdown import is_active

_MAX_CHARACTERS = 1000


@dataclass(frozen=True, slots=True)
class FormulaPicture:
    """A formula as SVG; sizes are in units of the text's size, `depth` what hangs below the line."""

    svg: str
    height: float
    depth: float


@lru_cache(512)
def formula_picture(formula: str) -> FormulaPicture | None:
    """Draw a formula with its dollar signs; None where it is no LaTeX, or does more than to be drawn.

    Args:
        formula: Between two `$`, or between two `$$`, which draws it larger.
    """
    latex = formula.strip("$").replace("<", r"\lt ").replace(">", r"\gt ")
    if len(latex) > _MAX_CHARACTERS or is_active(latex):
        return None
    from ziamath.config import config  # takes a tenth of what the app imports at its start
    from ziamath.zmath import Latex

    config.svg2 = False  # no <use>, which some readers of SVG lack
    size = 24.0
    try:
        drawn = Latex(latex, size=size, inline=not formula.startswith("$$"))
        svg, height, depth = drawn.svg(), drawn.getsize()[1], -drawn.getyofst()
    except Exception:  # whatever its parser says of a language model's LaTeX
        return None
    return FormulaPicture(svg, (height + 2) / size, (depth + 1) / size)
