"""The page on which a reader signs in: whole in itself, no script, nothing fetched."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from starlette.responses import HTMLResponse

from ui.german import GERMAN

_STYLE = """:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; min-height: 100vh; display: grid;
  place-items: center; color: light-dark(#0b161e, #eef2f3); background: light-dark(#fdfdfb, #14191d); }
main { width: min(22rem, 100vw - 3rem); }
h1 { font-size: 2rem; margin: 0 0 1rem; }
form { display: grid; gap: .75rem; }
input, button, a.button { font: inherit; padding: .5rem .75rem; border-radius: 8px; border: 1px solid
  light-dark(#6b7780, #8a979f); background: none; color: inherit; box-sizing: border-box; width: 100%; }
button, a.button { display: block; text-align: center; text-decoration: none; cursor: pointer;
  border-color: transparent; background: light-dark(#1a5f7a, #6fb7cf); color: light-dark(#fdfdfb, #14191d); }
:focus-visible { outline: 3px solid light-dark(#1a5f7a, #6fb7cf); outline-offset: 2px; }
[role="alert"] { border-left: 4px solid light-dark(#b3261e, #f2b8b5); padding-left: .75rem; }
"""
_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


_LOST = (
    "Without names, only this browser leads to your conversations and notes: after signing out "
    "they cannot be opened again."
)


class Words:
    """Texts in the language that a browser asks for."""

    def __init__(self, accepted: str) -> None:
        """`accepted` is the header Accept-Language."""
        self.language = "de" if accepted.strip().lower().startswith("de") else "en"

    def __call__(self, english: str) -> str:
        """A text of the interface."""
        return GERMAN[english] if self.language == "de" else english


def password_form(t: Words, action: str, fault: str = "", status: int = 200) -> HTMLResponse:
    """The form for the password; `action` is the address with where to go afterwards."""
    form = (
        f'<form method="post" action="{escape(action)}">'
        f'<label for="password">{escape(t("Password"))}</label>'
        '<input id="password" name="password" type="password" autocomplete="current-password" '
        'required autofocus maxlength="1000">'
        f'<button type="submit">{escape(t("Log in"))}</button></form>'
    )
    return _page(t, form, fault, status)


def provider_link(t: Words, address: str, fault: str = "", status: int = 200) -> HTMLResponse:
    """The link to the sign-on of a university."""
    label = escape(t("Sign in with your institution"))
    return _page(t, f'<a class="button" href="{escape(address)}">{label}</a>', fault, status)


def sign_out_form(t: Words, action: str, *, named: bool) -> HTMLResponse:
    """The button that signs out; `named` where a sign-on tells who somebody is."""
    warning = "" if named else f"<p>{escape(t(_LOST))}</p>"
    label = escape(t("Sign out"))
    button = f'<button type="submit">{label}</button>'
    form = f'<form method="post" action="{escape(action)}">{warning}{button}</form>'
    return _page(t, form, "", 200)


def signed_out(t: Words, address: str) -> HTMLResponse:
    """The page that goes on to the provider, where the reader may be signed in still."""
    response = _page(
        t, f'<a class="button" href="{escape(address)}">{escape(t("Go on"))}</a>', "", 200
    )
    response.headers["Refresh"] = f"0; url={address}"
    return response


def _page(t: Words, content: str, fault: str, status: int) -> HTMLResponse:
    alert = f'<p role="alert">{escape(fault)}</p>' if fault else ""
    html = (
        f'<!doctype html><html lang="{t.language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Katheder</title><style>{_STYLE}</style></head>"
        f"<body><main><h1>Katheder</h1>{alert}{content}</main></body></html>"
    )
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(html, status, headers)
