"""The Content-Security-Policy of the app's pages.

Nothing is fetched from, or sent to, another origin, and no script runs that did not come with
Streamlit or this app. Streamlit writes styles into its pages, and Vega compiles the expressions of
charts.
"""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@cache
def page_policy() -> str:
    """The policy, with the hashes of the scripts that stand in Streamlit's own page."""
    hashes = "".join(f" 'sha256-{value}'" for value in _inline_hashes())
    return (
        f"default-src 'self'; script-src 'self' 'unsafe-eval' blob:{hashes}; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "media-src 'self' blob:; worker-src 'self' blob:; frame-src 'self' blob:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    )


def _inline_hashes() -> list[str]:
    spec = find_spec("streamlit")
    if spec is None or spec.origin is None:
        return []
    page = Path(spec.origin).with_name("static") / "index.html"
    scripts = _INLINE.findall(page.read_text(encoding="utf-8")) if page.is_file() else []
    return [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
