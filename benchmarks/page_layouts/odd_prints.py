"""Web pages of odd kinds: late formulas in tables, bubbles, lists of definitions, listings, scripts from right to left."""

from __future__ import annotations

import functools

from benchmarks.page_layouts.base import SENTENCES, PageLayout

_ONE, _TWO, _THREE, _FOUR, _FIVE, _SIX = SENTENCES[:6]


def _page(name: str, body: str, expected: str) -> PageLayout:
    return PageLayout(name, "odd print", expected, functools.partial(str.encode, body))


def _up(text: str) -> str:
    return f'<span class="up">{text}</span>'


def _down(text: str) -> str:
    return f'<span class="down">{text}</span>'


def _late(text: str) -> str:
    return f'<span class="late">{text}</span>'


ODD_PRINTS = (
    _page("late formulas in a table",
          f'<table class="ruled"><tr><th>Norm<th>Formula<th>Cost</tr><tr><td>first<td>{_late("|x" + _down("1") + "| + |x" + _down("2") + "|")}<td>low</tr>'
          f'<tr><td>second<td>{_late("x" + _down("1") + _up("2"))}<td>{_late("O(n" + _up("2") + ")")}</tr></table>',
          "Norm Formula Cost first \\|x_1\\| + \\|x_2\\| low second x_1^2 O(n^2)"),
    _page("late fraction of two lines",
          f'<p>Then {_late("p = ")}<span class="late frac"><span>a + b</span><span>c{_up("2")} − d</span></span> holds, and {_late("q &lt; p")} too.</p>',
          "Then p = (a + b)/(c^2 − d) holds, and q < p too."),
    _page("chat in bubbles",
          "".join(f'<div style="width:46%;margin:6px {"0 6px 50%" if k % 2 else "0"};padding:8px;border-radius:14px;background:#ddf">{s}</div>' for k, s in enumerate(SENTENCES[:4])),
          " ".join(SENTENCES[:4])),
    _page("definitions that hang",
          f"<style>dt{{float:left;width:130px;font-weight:bold}}dd{{margin-left:150px}}</style><dl><dt>Descent<dd>{_ONE} {_TWO}<dt>Silence<dd>{_THREE}<dt>Pool<dd>{_FOUR} {_FIVE}</dl>",
          f"Descent {_ONE} {_TWO} Silence {_THREE} Pool {_FOUR} {_FIVE}"),
    _page("six cards",
          '<div style="display:grid;grid-template-columns:1fr 1fr 1fr;gap:18px">' + "".join(
              f'<div style="border:1px solid;padding:8px"><b>Card {k + 1}</b><br>{SENTENCES[k]}</div>' for k in range(6)) + "</div>",
          " ".join(f"Card {k + 1} {SENTENCES[k]}" for k in range(6))),
    _page("coloured listing with numbers of lines",
          '<div style="display:flex;background:#eee"><pre style="color:#999;user-select:none;padding-right:14px">1\n2\n3\n4</pre><pre><span style="color:purple">def</span> <b>step</b>(w, x):\n    <i># one update</i>\n    <span style="color:purple">return</span> w - <span style="color:green">0.1</span> * x\n</pre></div>',
          "def step(w, x): # one update return w - 0.1 * x"),
    _page("Arabic with numbers",
          '<p dir="rtl" style="font-size:22px">في عام 2024 بلغ عدد الطلاب 1250 طالبا، أي بزيادة 12.5% عن العام السابق.</p>',
          "في عام 2024 بلغ عدد الطلاب 1250 طالبا، أي بزيادة 12.5% عن العام السابق."),
    _page("justified Arabic", '<div dir="rtl" style="font-size:20px;width:420px;text-align:justify">التعلم الآلي فرع من فروع الذكاء الاصطناعي يدرس كيف تتعلم البرامج من البيانات وكيف تحسن أداءها مع الخبرة دون أن تبرمج لكل مهمة.</div>',
          "التعلم الآلي فرع من فروع الذكاء الاصطناعي يدرس كيف تتعلم البرامج من البيانات وكيف تحسن أداءها مع الخبرة دون أن تبرمج لكل مهمة."),
    _page("Arabic list", '<ul dir="rtl"><li>جمع البيانات وتنظيفها<li>تدريب النموذج<ul><li>على دفعات صغيرة</ul><li>قياس الخطأ</ul>',
          "جمع البيانات وتنظيفها تدريب النموذج على دفعات صغيرة قياس الخطأ"),
    _page("Hebrew mixed with English",
          '<p dir="rtl" style="font-size:20px">הספרייה scikit-learn 1.4 כוללת את המודל Random Forest ואת SVM, ראו פרק 7.</p>',
          "הספרייה scikit-learn 1.4 כוללת את המודל Random Forest ואת SVM, ראו פרק 7."),
    _page("English with a Hebrew word", "<p>The word שלום means peace, and the phrase בוקר טוב means good morning.</p>",
          "The word שלום means peace, and the phrase בוקר טוב means good morning."),
    _page("struck and inserted words", "<p>The model is <del>trained</del> <ins>tuned</ins> on H<sub>2</sub>O data<sup>3</sup> of 10<sup>−3</sup> m.</p>",
          "The model is trained tuned on H_2O data^3 of 10^(−3) m."),
    _page("words above their text", "<p style='font-size:22px'>The <ruby>kernel<rt>core</rt></ruby> of the map is small.</p>",
          "core The kernel of the map is small."),
    _page("figure that text flows around",
          f'<div style="float:right;width:300px;height:150px;border:1px solid;margin-left:20px"></div><p>{" ".join(SENTENCES[:6])}</p><p style="clear:both">{_SIX}</p>',
          f'{" ".join(SENTENCES[:6])} {_SIX}'),
    _page("table with a cell of several lines",
          f'<table border=1 style="border-collapse:collapse;width:800px"><tr><th>Term<th>Meaning<th>Where</tr><tr><td>Descent<td>{_ONE} {_TWO} {_THREE}<td>chapter 2</tr><tr><td>Pool<td>{_FOUR}<td>chapter 5, and again in chapter 9</tr></table>',
          f"Term Meaning Where Descent {_ONE} {_TWO} {_THREE} chapter 2 Pool {_FOUR} chapter 5, and again in chapter 9"),
)  # fmt: skip
