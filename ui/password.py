"""A password for a seminar room: kept as a scrypt hash, compared in constant time.

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
_PAUSE = 1.0  # seconds that a wrong password costs everybody who tries
_GUESSING = threading.Lock()


def hashed(password: str, salt: bytes | None = None) -> str:
    """The hash to keep, as `scrypt$salt$key` with both in base64."""
    salt = salt or secrets.token_bytes(16)
    key = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P)
    return "$".join(["scrypt", *(base64.b64encode(part).decode() for part in (salt, key))])


def matches(password: str, kept: str) -> bool:
    """Whether a password is the one of a hash.

    Raises:
        KathederError: the hash is none of ours.
    """
    try:
        kind, salt, key = kept.split("$")
        raw, wanted = base64.b64decode(salt, validate=True), base64.b64decode(key, validate=True)
    except (ValueError, binascii.Error):
        kind = ""
    if kind != "scrypt":
        raise KathederError(
            "app.password holds no hash of ours, wanted scrypt$SALT$KEY; make one with "
            "`katheder password`"
        )
    found = hashlib.scrypt(password.encode(), salt=raw, n=_N, r=_R, p=_P)
    return hmac.compare_digest(found, wanted)


def require_login(kept: str) -> None:
    """Let this browser session in once it has said the password; else draw the door and stop."""
    state = st.session_state
    if state.get("entered") == kept:
        return
    st.title("Katheder")
    with st.form("door"):
        said = st.text_input(t("Password"), type="password")
        sent = st.form_submit_button(t("Enter"), type="primary")
    if sent:
        with _GUESSING:
            right = matches(said, kept)
            if not right:
                time.sleep(_PAUSE)
        if right:
            state.entered = kept
            st.rerun()
        st.error(t("That is not the password; ask whoever shares this Katheder with you."))
    st.stop()
