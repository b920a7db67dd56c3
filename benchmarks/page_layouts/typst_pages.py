"""Pages that typst typesets: columns, boxes, tables, lists, formulas, scripts of the world."""

from __future__ import annotations

import functools

from benchmarks.page_layouts.base import SENTENCES, SHEET, SLIDE, PageLayout, typeset

_ONE, _TWO, _THREE, _FOUR, _FIVE, _SIX = SENTENCES[:6]
_LEFT, _RIGHT = " ".join(SENTENCES[:4]), " ".join(SENTENCES[4:8])
_LONG = " ".join(SENTENCES)


def _page(name: str, source: str, expected: str, head: str = SLIDE) -> PageLayout:
    return PageLayout(name, "typst", expected, functools.partial(typeset, head + source))


def _table(columns: int, cells: str, options: str = "") -> str:
    return f"#table(columns: {columns}, {options} {', '.join(f'[{c}]' for c in cells.split(','))})"


_CELLS = "Model,Size,Score,Alpha,12 M,71.5,Beta,30 M,74.0,Gamma,90 M,77.2"
_ROWS = "Model Size Score Alpha 12 M 71.5 Beta 30 M 74.0 Gamma 90 M 77.2"

TYPST_PAGES = (
    _page("one column", f"= Heading\n{_LONG}", f"Heading {_LONG}"),
    _page("two columns of a slide", f"= Heading\n#grid(columns: 2, gutter: 1.2cm)[{_LEFT}][{_RIGHT}]",
          f"Heading {_LEFT} {_RIGHT}"),
    _page("two columns of notes", f"#columns(2)[{_LEFT} {_RIGHT}\n\n{_LEFT}\n\n{_RIGHT}]",
          f"{_LEFT} {_RIGHT} {_LEFT} {_RIGHT}", SHEET),
    _page("narrow gutter", f"#columns(2, gutter: 0.6cm)[{_LONG} {_LONG}]", f"{_LONG} {_LONG}", SHEET),
    _page("three columns", f"#columns(3, gutter: 0.8cm)[{_LONG} {_LONG} {_LONG}]",
          f"{_LONG} {_LONG} {_LONG}", '#set page(paper: "a4", flipped: true)\n'),
    _page("title over two columns",
          f"#align(center, text(20pt)[A title that reaches over both of the columns])\n"
          f"#columns(2)[{_LEFT}\n\n{_RIGHT}]",
          f"A title that reaches over both of the columns {_LEFT} {_RIGHT}", SHEET),
    _page("boxes side by side",
          f"= Compare\n#grid(columns: (1fr, 1fr), gutter: 1cm, rect(inset: 8pt)[*Left* \\ {_ONE} {_TWO}],"
          f" rect(inset: 8pt)[*Right* \\ {_THREE} {_FOUR}])",
          f"Compare Left {_ONE} {_TWO} Right {_THREE} {_FOUR}"),
    _page("three boxes", f"= Compare\n#grid(columns: (1fr,)*3, gutter: 0.8cm, rect[{_ONE} {_TWO}], rect[{_THREE} {_FOUR}],"
          f" rect[{_FIVE} {_SIX}])", "Compare " + " ".join(SENTENCES[:6])),
    _page("sidebar", f"#grid(columns: (3fr, 1fr), gutter: 1cm)[{_LEFT}][#text(12pt)[{_FIVE}]]",
          f"{_LEFT} {_FIVE}"),
    _page("lists side by side",
          "= Pros and cons\n#grid(columns: (1fr, 1fr))[- cheap to train\n- easy to read][- weak on text\n- slow at test time]",
          "Pros and cons • cheap to train • easy to read • weak on text • slow at test time"),
    _page("figure with caption",
          f"{_ONE}\n#figure(rect(width: 6cm, height: 2cm), caption: [The loss over time.])\n{_TWO}",
          f"{_ONE} Figure 1: The loss over time. {_TWO}"),
    _page("text around a figure",
          f"#grid(columns: (2fr, 1fr), gutter: 1cm)[{_LEFT}][#figure(rect(width: 4cm, height: 3cm),"
          " caption: [A network.])]", f"{_LEFT} Figure 1: A network."),
    _page("table with rules", f"= Results\n{_table(3, _CELLS)}", f"Results {_ROWS}"),
    _page("table without rules", f"= Results\n{_table(3, _CELLS, 'stroke: none,')}", f"Results {_ROWS}"),
    _page("table with wide columns", f"= Results\n{_table(3, _CELLS, 'columns: (1fr, 1fr, 1fr),').replace('columns: 3, ', '')}",
          f"Results {_ROWS}"),
    _page("table with a line at its head",
          f"= Results\n{_table(3, _CELLS, 'stroke: (x, y) => if y == 0 {(bottom: 1pt)},')}", f"Results {_ROWS}"),
    _page("ruled table with wrapped cells",
          f"= Kinds\n#table(columns: (4cm, 8cm, 8cm), [Kind of learning], [Gain], [Cost], [A long kind of a name], [{_ONE} {_TWO}], [{_THREE}],"
          f" [Short], [{_FOUR}], [{_FIVE} {_SIX}])\n{_ONE}",
          f"Kinds Kind of learning Gain Cost A long kind of a name {_ONE} {_TWO} {_THREE} Short {_FOUR} {_FIVE} {_SIX} {_ONE}"),
    _page("table without rules and a sparse last column",
          "= Fields\n#table(columns: 4, stroke: none, column-gutter: 0.8cm, [Field], [Left bracket], [Middle field], [Right field], [Anna], [has], [a red book], [that she reads now],"
          " [Bert], [reads], [], [], [Carl], [has], [the same book], [], [Dora], [sees], [a second book], [that he has lost])",
          "Fields Field Left bracket Middle field Right field Anna has a red book that she reads now Bert reads Carl has the same book"
          " Dora sees a second book that he has lost"),
    _page("definitions beside terms",
          "= Terms\n#grid(columns: (4cm, 1fr), row-gutter: 0.8cm)"
          f"[Recall][{_ONE} {_TWO}][Precision][{_THREE} {_FOUR}]",
          f"Terms Recall {_ONE} {_TWO} Precision {_THREE} {_FOUR}"),
    _page("list with levels", "= Plan\n- first point\n  - a detail of it\n    - a remark\n- second point",
          "Plan • first point ‣ a detail of it – a remark • second point"),
    _page("numbered list", "= Plan\n+ first step\n+ second step\n  + a part of it\n+ third step",
          "Plan 1. first step 2. second step 1. a part of it 3. third step"),
    _page("footnotes", f"{_ONE}#footnote[Measured in 2024.] {_TWO}#footnote[Not in all cases.]",
          f"{_ONE} {_TWO} 1Measured in 2024. 2Not in all cases.", SHEET),
    _page("exponents and indices", "The model has $10^6$ weights, $x_1^2 + x_i$ is small and $2^(n+1)$ large.",
          "The model has 10^6 weights, x_1^2 + x_i is small and 2^(n+1) large."),
    _page("fractions", "The share is $1/2$, the mean error is $sigma^2/n$ and $(a + b)/c$ is the rest.",
          "The share is 1/2, the mean error is σ^2/n and (a+b)/c is the rest."),
    _page("roots", "The root $sqrt(2)$ is not rational, and $sqrt(a + b)$ is smaller.",
          "The root √2 is not rational, and √(a + b) is smaller."),
    _page("sums", "We have $sum_(i=1)^n i = m$ for all of them.", "We have ∑_(i=1)^n i = m for all of them."),
    _page("display formula", f"{_ONE}\n$ L = - sum_i y_i log p_i $\n{_TWO}", f"{_ONE} L = − ∑_i y_i log p_i {_TWO}"),
    _page("matrices", "The matrix $mat(1, 2; 3, 4)$ has a vector $vec(5, 6)$ as its image.",
          "The matrix (1 2; 3 4) has a vector (5; 6) as its image."),
    _page("column of three rows in a line", "We write $arrow(v) = vec(a, b, c)$ and $vec(1, 0, 0) != vec(0, 1, 0)$ here.",
          "We write v⃗ = (a; b; c) and (1; 0; 0) ≠ (0; 1; 0) here."),
    _page("fractions side by side in brackets", "$ frac(partial z, partial x) (frac(partial y_2, partial y_1) frac(partial y_1, partial y_0)) $",
          "(∂z)/(∂x)((∂y_2)/(∂y_1)(∂y_1)/(∂y_0))"),
    _page("numerator with indices in brackets", "$ V = (frac(p_u - p_v, p_u)) , $", "V = ((p_u − p_v)/p_u),"),
    _page("indices one letter apart", "The state is $g(W_l x_l + W_r x_r)$ of $x_i^d (y)^2$.",
          "The state is g(W_lx_l + W_rx_r) of x_i^d(y)^2."),
    _page("limits of named operators", "We take $limits(min)_w f$ and $limits(lim)_(n -> oo) x_n$ and $limits(\"arg\" max)_x g$ here.",
          "We take min_w f and lim_(n→∞) x_n and arg max_xg here."),
    _page("sum in a denominator", "$ P = frac(1, 1 + sum_i beta_i X_i) $", "P = 1/(1 + ∑_i β_iX_i)"),
    _page("greek and relations", "If $alpha <= beta$ and $x in A union B$ then $gamma != 0$ holds.",
          "If α ≤ β and x ∈ A ∪ B then γ ≠ 0 holds."),
    _page("code listing", "= Loop\n```\nfor x in data:\n    if x > 0:\n        print(x)\n```\nIt prints.",
          "Loop for x in data: if x > 0: print(x) It prints."),
    _page("code beside text", f"#grid(columns: (1fr, 1fr), gutter: 1cm)[{_ONE} {_TWO}][```\nfor x in data:\n    y = f(x)\n    print(y)\n```]",
          f"{_ONE} {_TWO} for x in data: y = f(x) print(y)"),
    _page("hyphens", '#set text(lang: "de", hyphenate: true)\n#set par(justify: true)\n#block(width: 5cm)'
          "[Die Wahrscheinlichkeitsverteilung beschreibt Zufallsvariablen und Erwartungswerte der "
          "Grundgesamtheit vollständig.]",
          "Die Wahrscheinlichkeitsverteilung beschreibt Zufallsvariablen und Erwartungswerte der "
          "Grundgesamtheit vollständig."),
    _page("ligatures", "The difficult office often offers efficient flow of fluffy files.",
          "The difficult office often offers efficient flow of fluffy files."),
    _page("justified text", f"#set par(justify: true)\n#block(width: 9cm)[{_LONG}]", _LONG),
    _page("running header and footer",
          f'#set page(header: [Learning #h(1fr) Lecture 4], footer: [J. Doe #h(1fr) 12])\n= Heading\n{_ONE} {_TWO}',
          f"Learning Lecture 4 Heading {_ONE} {_TWO} J. Doe 12"),
    _page("oblique watermark", f'#set page(background: rotate(35deg, text(70pt, luma(220))[DRAFT]))\n{_LONG}', _LONG),
    _page("rotated label", f"#place(left, rotate(-90deg, reflow: true)[accuracy])\n#pad(left: 2cm)[{_LEFT}]", f"{_LEFT} accuracy"),
    _page("Greek and Cyrillic", "Ο δάσκαλος μιλά. Учитель говорит медленно.", "Ο δάσκαλος μιλά. Учитель говорит медленно."),
    _page("accents", "Überanpassung, naïve façade, Žižek, señor, Ångström, Łódź, čeština.",
          "Überanpassung, naïve façade, Žižek, señor, Ångström, Łódź, čeština."),
    _page("four boxes", f"#grid(columns: (1fr, 1fr), gutter: 1cm, [{_ONE} {_TWO}], [{_THREE} {_FOUR}], [{_FIVE}], [{_SIX}])",
          " ".join(SENTENCES[:6])),
    _page("quotation", f"{_ONE}\n#pad(x: 2cm)[_{_TWO}_]\n{_THREE}", f"{_ONE} {_TWO} {_THREE}"),
    _page("callout beside a list", f"#grid(columns: (2fr, 1fr), gutter: 1cm)[- {_ONE}\n- {_TWO}][#rect(inset: 8pt)[{_FIVE}]]",
          f"• {_ONE} • {_TWO} {_FIVE}"),
    _page("enumerated equations", '#set math.equation(numbering: "(1)")\n$ a = b + c $\n$ d = e + f $',
          "a = b + c (1) d = e + f (2)"),
    _page("aligned equations", "$ a &= b + c \\ &= d $", "a = b + c = d"),
    _page("long dense notes", "\n\n".join([_LONG] * 6), " ".join([_LONG] * 6), SHEET),
)  # fmt: skip
