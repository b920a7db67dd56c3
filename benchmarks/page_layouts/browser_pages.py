"""Web pages that chromium prints: flowing text, and formulas drawn after it as MathJax does."""

from __future__ import annotations

import functools
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.page_layouts.base import SENTENCES, PageLayout

_STYLE = """<style>
@page { size: 960px 540px; margin: 30px }
body { font: 18px/1.4 "DejaVu Sans", sans-serif; margin: 0 }
section { break-after: page; position: relative }
.late { position: relative; z-index: 2 }
.up { position: relative; top: -0.45em; font-size: 65%; line-height: 0 }
.down { position: relative; top: 0.25em; font-size: 65%; line-height: 0 }
.frac { display: inline-block; vertical-align: middle; text-align: center; position: relative }
.frac > span { display: block; line-height: 1.15 }
.frac > span + span { border-top: 1.2px solid black }
.cols2 { column-count: 2; column-gap: 40px } .cols3 { column-count: 3; column-gap: 30px }
.flex { display: flex; gap: 40px } .flex > * { flex: 1 }
td, th { padding: 4px 24px; text-align: left } .ruled td { border-bottom: 1px solid }
pre { font: 16px "DejaVu Sans Mono", monospace }
</style>"""
# A root as KaTeX draws it: a tick with a bar that goes on far beyond what it covers, cut to its width.
_ROOT = (
    '<span style="position:relative;display:inline-block;padding-left:1em">'
    '<svg style="position:absolute;left:0;top:0;width:100%;height:1.2em" viewBox="0 0 400000 1080" preserveAspectRatio="xMinYMin slice">'
    '<path d="M72 680 L212 569 L230 590 L397 957 L814 94 L834 80 H400000 v40 H845 L376 1080 L352 1075 L160 655 L95 702 Z"/></svg>'
)


def _bracket(path: str) -> str:
    """A bracket four lines high, drawn as a shape."""
    return (
        '<svg style="width:8px;height:96px;vertical-align:middle" viewBox="0 0 800 9600" preserveAspectRatio="none">'
        f'<path d="{path}"/></svg>'
    )


_OPENING = _bracket(
    "M800 0 C200 2000 0 3500 0 4800 C0 6100 200 7600 800 9600 V9400 C400 7600 250 6100 250 4800 C250 3500 400 2000 800 200 Z"
)
_CLOSING = _bracket(
    "M0 0 C600 2000 800 3500 800 4800 C800 6100 600 7600 0 9600 V9400 C400 7600 550 6100 550 4800 C550 3500 400 2000 0 200 Z"
)
_LEFT, _RIGHT = " ".join(SENTENCES[:4]), " ".join(SENTENCES[4:8])
_ALL = " ".join(SENTENCES)


def _page(name: str, body: str, expected: str) -> PageLayout:
    return PageLayout(name, "browser", expected, functools.partial(str.encode, body))


BROWSER_PAGES = (
    _page("late formula", '<h2>Search</h2><p>A heuristic <span class="late">h</span> is admissible if <span class="late">h(s)</span>'
          " stays below the cost.</p>", "Search A heuristic h is admissible if h(s) stays below the cost."),
    _page("late scripts", '<p>It has <span class="late">10<span class="up">6</span></span> weights and'
          ' <span class="late">x<span class="down">i</span></span> is one of them.</p>',
          "It has 10^6 weights and x_i is one of them."),
    _page("late fraction", '<p>The odds are <span class="late frac"><span>a</span><span>b</span></span> in all.</p>',
          "The odds are a/b in all."),
    _page("two columns", f'<h2>Heading</h2><div class="cols2">{_ALL}</div>', f"Heading {_ALL}"),
    _page("three columns", f'<div class="cols3">{_ALL} {_ALL}</div>', f"{_ALL} {_ALL}"),
    _page("boxes side by side", f'<h2>Heading</h2><div class="flex"><div>{_LEFT}</div><div>{_RIGHT}</div></div>',
          f"Heading {_LEFT} {_RIGHT}"),
    _page("table", "<table><tr><th>Name<th>Score<th>Cost</tr><tr><td>Alpha<td>71.5<td>low</tr><tr><td>Beta<td>74.0<td>high</tr></table>",
          "Name Score Cost Alpha 71.5 low Beta 74.0 high"),
    _page("ruled table", '<table class="ruled"><tr><td>Name<td>Score</tr><tr><td>Alpha<td>71.5</tr><tr><td>Beta<td>74.0</tr></table>',
          "Name Score Alpha 71.5 Beta 74.0"),
    _page("nested lists", "<ul><li>first point<ul><li>a detail</ul><li>second point</ul>",
          "• first point • a detail • second point"),
    _page("code", "<h2>Loop</h2><pre>for x in data:\n    if x > 0:\n        print(x)</pre>", "Loop for x in data: if x > 0: print(x)"),
    _page("right to left", '<p dir="rtl" style="font-size:22px">שלום עולם זה שיעור על למידה</p>', "שלום עולם זה שיעור על למידה"),
    _page("Hebrew with Latin words", '<p dir="rtl">פונקציית ההפעלה (ReLU) מופיעה ב-95% מהמקרים, בדיקה עם Python 3.11.</p>',
          "פונקציית ההפעלה (ReLU) מופיעה ב-95% מהמקרים, בדיקה עם Python 3.11."),
    _page("Hebrew with points", '<p dir="rtl">שָׁלוֹם עוֹלָם: הַמּוֹדֶל לוֹמֵד.</p>', "שָׁלוֹם עוֹלָם: הַמּוֹדֶל לוֹמֵד."),
    _page("Arabic", '<p dir="rtl">تتكون الشبكة من وحدات تحسب المجموع الموزون للمدخلات (ReLU) السلام عليكم.</p>',
          "تتكون الشبكة من وحدات تحسب المجموع الموزون للمدخلات (ReLU) السلام عليكم."),
    _page("table with a box around each cell", '<table border=1><tr><th>Model<th>Score</tr><tr><td>Alpha<td>71.5</tr><tr><td>Beta<td>74.0</tr></table>',
          "Model Score Alpha 71.5 Beta 74.0"),
    _page("right-to-left table", '<table class="ruled" dir="rtl"><tr><td>اسم النموذج<td>الدقة</tr><tr><td>غابة<td>74.0</tr><tr><td>شبكة عميقة<td>77.2</tr></table>',
          "اسم النموذج الدقة غابة 74.0 شبكة عميقة 77.2"),
    _page("Arabic with points", '<p dir="rtl">العَلَامَةُ مَعَهُ، القُرْآنُ مُشَكَّلٌ.</p>', "العَلَامَةُ مَعَهُ، القُرْآنُ مُشَكَّلٌ."),
    _page("formulas as outlines", "<p>The posterior is <svg width=90 height=20>" + "".join(f'<circle cx="{6 + 9 * k}" cy="10" r="4"/>' for k in range(9))
          + "</svg> where all of it is known.</p>", "The posterior is where all of it is known."),
    _page("root drawn as a shape", f"<p>The value is {_ROOT}x + y</span> in all cases.</p>", "The value is √(x + y) in all cases."),
    _page("brackets drawn as shapes", f"<p>The matrix {_OPENING}<span style='display:inline-grid;grid-template-columns:40px 20px;vertical-align:middle;line-height:24px'>"
          + "".join(f"<span>{k}</span>" for k in range(1, 9)) + f"</span>{_CLOSING} is tall.</p>",
          "The matrix (1 2; 3 4; 5 6; 7 8) is tall."),
    _page("emphasis inside words", "<p>An <b>im</b>portant <i>re</i>mark about <u>pre</u>training.</p>",
          "An important remark about pretraining."),
    _page("badge over a card", f'<div style="border:1px solid;padding:20px;position:relative"><b>Card</b><p>{_LEFT}</p></div><p>{SENTENCES[5]}</p>',
          f"Card {_LEFT} {SENTENCES[5]}"),
    _page("absolute lines", "".join(f'<div style="position:absolute;top:{40 * k}px">{s}</div>' for k, s in reversed(list(enumerate(SENTENCES[:5])))),
          " ".join(SENTENCES[:5])),
    _page("justified", f'<div style="text-align:justify;width:420px">{_ALL}</div>', _ALL),
    _page("small capitals and spacing", f'<h2 style="letter-spacing:0.35em">LEARNING RATE</h2><p>{SENTENCES[0]}</p>',
          f"LEARNING RATE {SENTENCES[0]}"),
)  # fmt: skip


def print_pages(pages: Sequence[PageLayout], seconds: float = 120.0) -> bytes | None:
    """One PDF with a page for each, printed by chromium; None where it is not installed.

    Raises:
        subprocess.SubprocessError: chromium failed, or took longer than `seconds`.
    """
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        return None
    body = "".join(f"<section>{page.make().decode()}</section>" for page in pages)
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "pages.html"), Path(folder, "pages.pdf")
        source.write_text(f"<!doctype html><meta charset=utf-8>{_STYLE}{body}", encoding="utf-8")
        subprocess.run(
            [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer",
             f"--user-data-dir={folder}/profile", f"--print-to-pdf={target}", source.as_uri()],
            check=True, capture_output=True, timeout=seconds,
        )  # fmt: skip
        return target.read_bytes()
