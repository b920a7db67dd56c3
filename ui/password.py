"""The login with one shared password: stored as a scrypt hash, compared in constant time.

`katheder password` makes the hash; `app.password` in the settings holds it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import threading
import time

import streamlit as st

from ingest.errors import KathederError
from ui.text import t

_N, _R, _P = 2**14, 8, 1  # RFC 7914, section 2: for interactive logins; 16 MiB
_CHECKING = threading.Lock()  # one password is checked at a time, so that the delay adds up


def hashed(password: str, salt: bytes | None = None) -> str:
    """The hash to store, as `scrypt$salt$key` with both in base64."""
    salt = salt or secrets.token_bytes(16)
    key = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P)
    return "$".join(["scrypt", *(base64.b64encode(part).decode() for part in (salt, key))])


def matches(password: str, password_hash: str) -> bool:
    """Whether a password has this hash.

    Raises:
        KathederError: the hash was not made by `hashed`.
    """
    try:
        kind, salt, key = password_hash.split("$")
        raw, expected = base64.b64decode(salt, validate=True), base64.b64decode(key, validate=True)
    except (ValueError, binascii.Error):
        kind = ""
    if kind != "scrypt":
        raise KathederError(
            "app.password is not a password hash (expected scrypt$SALT$KEY). Make one with "
            "`katheder password`."
        )
    actual = hashlib.scrypt(password.encode(), salt=raw, n=_N, r=_R, p=_P)
    return hmac.compare_digest(actual, expected)


def require_login(password_hash: str, delay: float = 1.0) -> None:
    """Draw the login and end the run, unless this browser session has logged in.

    Args:
        password_hash: As `hashed` makes it.
        delay: Seconds that a wrong password takes; meanwhile no other one is checked.
    """
    state = st.session_state
    if state.get("logged_in") == password_hash:
        return
    st.title("Katheder")
    with st.form("login"):
        password = st.text_input(t("Password"), type="password")
        submitted = st.form_submit_button(t("Log in"), type="primary")
    if submitted:
        with _CHECKING:
            right = matches(password, password_hash)
            if not right:
                time.sleep(delay)
        if right:
            state.logged_in = password_hash
            st.rerun()
        st.error(t("Wrong password. Ask the person who runs this Katheder server."))
    st.stop()
