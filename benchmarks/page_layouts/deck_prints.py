"""Slides as browsers print them: lists and cards side by side, lines of time, steps, code with its output, late formulas in lists."""

from __future__ import annotations

import functools

from benchmarks.page_layouts.base import SENTENCES, PageLayout

_ONE, _TWO, _THREE, _FOUR, _FIVE, _SIX = SENTENCES[:6]


def _page(name: str, body: str, expected: str) -> PageLayout:
    return PageLayout(name, "deck print", expected, functools.partial(str.encode, body))


_LATE = '<span class="late">{}</span>'
_EVENTS = (
    ("1957", "Rosenblatt builds the perceptron"),
    ("1969", "A book shows its limits"),
    ("1986", "Layers learn by sending errors back"),
    ("2012", "A deep network wins a contest"),
)
_STEPS = (("Collect", _ONE), ("Train", f"{_TWO} {_THREE}"), ("Test", _FOUR))

DECK_PRINTS = (
    _page("lists of unlike length side by side",
          f'<h2>Which model</h2><div class="flex"><div><b>Trees</b><ul><li>fast to train<li>few settings<ul><li>depth<li>leaves</ul><li>read by people</ul></div><div><b>Networks</b><ul><li>learn features<li>{_FIVE}</ul></div></div>',
          f"Which model Trees • fast to train • few settings • depth • leaves • read by people Networks • learn features • {_FIVE}"),
    _page("formulas drawn late in two lists",
          f'<h2>Losses</h2><div class="flex"><ul><li>squared: {_LATE.format("(y − z)<span class=up>2</span>")} for numbers<li>absolute: {_LATE.format("|y − z|")} is robust</ul><ul><li>logistic: {_LATE.format("ln(1 + e<span class=up>−z</span>)")}<li>hinge: {_LATE.format("max(0, 1 − yz)")} for margins</ul></div>',
          "Losses • squared: (y − z)^2 for numbers • absolute: |y − z| is robust • logistic: ln(1 + e^(−z)) • hinge: max(0, 1 − yz) for margins"),
    _page("line of time in a grid",
          '<h2>A short history</h2><div style="display:grid;grid-template-columns:repeat(4,1fr);gap:24px">' + "".join(f'<div><div style="font-weight:bold;border-bottom:3px solid">{y}</div><div>{t}</div></div>' for y, t in _EVENTS) + "</div>",
          "A short history " + " ".join(f"{y} {t}" for y, t in _EVENTS)),
    _page("cards with arrows",
          '<h2>Steps</h2><div style="display:flex;align-items:center;gap:10px">' + '<span style="font-size:30px">→</span>'.join(f'<div style="flex:1;border:1px solid;border-radius:8px;padding:10px"><b>{h}</b><p>{t}</p></div>' for h, t in _STEPS) + "</div>",
          "Steps " + " → ".join(f"{h} {t}" for h, t in _STEPS)),
    _page("steps with numbers in circles",
          "<h2>Steps</h2>" + "".join(f'<div style="display:flex;gap:16px;margin:14px 0"><span style="border:2px solid;border-radius:50%;width:34px;height:34px;line-height:34px;text-align:center;flex:none">{k}</span><div style="width:420px"><b>{h}</b><br>{t}</div></div>' for k, (h, t) in enumerate(_STEPS, 1)),
          "Steps " + " ".join(f"{k} {h} {t}" for k, (h, t) in enumerate(_STEPS, 1))),
    _page("table without lines whose cells hold lists",
          "<table style='border-spacing:0 14px'><tr><th><th>Trees<th>Networks</tr><tr style='vertical-align:top'><td>Strengths<td><ul style='margin:0'><li>fast to train<li>read by people</ul><td><ul style='margin:0'><li>learn features<li>scale with data<li>share layers</ul></tr><tr style='vertical-align:top'><td>Limits<td><ul style='margin:0'><li>jump at borders</ul><td><ul style='margin:0'><li>need many examples<li>hard to read</ul></tr></table>",
          "Trees Networks Strengths • fast to train • read by people • learn features • scale with data • share layers Limits • jump at borders • need many examples • hard to read"),
    _page("code and what it prints",
          '<h2>Mean</h2><div class="flex"><pre style="background:#eee">values = [2, 4, 9]\ntotal = sum(values)\nfor v in values:\n    print(v / total)</pre><pre style="background:#222;color:#fff">&gt;&gt;&gt; run()\n0.1333\n0.2667\n0.6</pre></div><p>' + _SIX + "</p>",
          f"Mean values = [2, 4, 9] total = sum(values) for v in values: print(v / total) >>> run() 0.1333 0.2667 0.6 {_SIX}"),
    _page("boxes with title bars and a foot",
          f'<h2>Entropy</h2><div class="flex"><div style="border:1px solid #36c"><div style="background:#36c;color:#fff;padding:4px 10px">Definition 3.1</div><div style="padding:10px">{_ONE} {_TWO}</div></div><div style="border:1px solid #393"><div style="background:#393;color:#fff;padding:4px 10px">Example 3.2</div><div style="padding:10px">{_THREE}</div></div></div>'
          '<div style="position:absolute;top:380px;left:0;right:0;font-size:11px;display:flex;justify-content:space-between"><span>A. Author</span><span>12 / 45</span><span>June 2024</span></div>',
          f"Entropy Definition 3.1 {_ONE} {_TWO} Example 3.2 {_THREE} A. Author 12 / 45 June 2024"),
    _page("quotation with its author on the right",
          f'<blockquote style="border-left:4px solid;padding-left:20px;font-style:italic">“{_FOUR} {_FIVE}”</blockquote><p style="text-align:right">— Grace Hopper, 1952</p><p>{_SIX}</p>',
          f"“{_FOUR} {_FIVE}” — Grace Hopper, 1952 {_SIX}"),
    _page("glossary in two columns",
          '<h2>Glossary</h2><div class="cols2">' + "".join(f'<div style="break-inside:avoid"><b>{t}</b><div style="margin-left:30px">{s}</div></div>' for t, s in zip(("descent", "momentum", "dropout", "pooling", "attention", "cluster"), SENTENCES, strict=False)) + "</div>",
          "Glossary " + " ".join(f"{t} {s}" for t, s in zip(("descent", "momentum", "dropout", "pooling", "attention", "cluster"), SENTENCES, strict=False))),
)  # fmt: skip
