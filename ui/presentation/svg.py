"""Charts as inline SVG, in colours that follow a page's light or dark scheme, without a browser."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from ui.presentation.charts import Chart, Palette

#: Colours as variables of `page.css`.
PAGE = Palette(
    tuple(f"var(--s{number})" for number in range(6)),
    good="var(--good)",
    bad="var(--bad)",
    neutral="var(--soft)",
)
WIDTH, HEIGHT = 420, 280  # so that a telephone shows the labels in a readable size
_LABELS = {
    "labelColor": "var(--soft)",
    "titleColor": "var(--soft)",
    "labelFontSize": 13,  # `page.css` shows 12: room where a reader's font is a wider one
    "titleFontSize": 13,
    "titleFontWeight": "normal",
}
_THEME: dict[str, Any] = {
    "font": "system-ui, sans-serif",
    "background": None,
    "view": {"stroke": None},
    "axis": _LABELS
    | {"gridColor": "var(--line)", "domainColor": "var(--line)", "tickColor": "var(--line)"}
    | {"labelFlush": False},
    "legend": _LABELS
    | {
        "symbolOpacity": 1,
        "symbolBaseStrokeColor": "var(--soft)",
        "columnPadding": 24,
        "labelLimit": 260,
        "layout": {"bottom": {"direction": "vertical", "anchor": "start"}},
    },
    "text": {"fontSize": 13},
    "range": {"category": list(PAGE.series)},
}


def to_svg(chart: Chart, title: str) -> Markup:
    """A chart as an `svg` element for a page that has the colours of `page.css`.

    Args:
        chart: Drawn with `PAGE`.
        title: What a screen reader reads out.
    """
    import vl_convert

    specification = chart.to_dict()
    specification["config"] = _THEME
    specification["width"] = WIDTH
    specification.setdefault("height", HEIGHT)
    specification["padding"] = 8
    specification["autosize"] = {"type": "fit", "contains": "padding"}
    specification["description"] = title
    svg: str = vl_convert.vegalite_to_svg(specification)
    return Markup(svg.replace('class="marks"', 'class="chart"', 1))
