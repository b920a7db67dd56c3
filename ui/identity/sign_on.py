"""How readers sign in under some settings: which role a password or a provider's claims give."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

from rag.app_settings import AppSettings
from ui.identity.password import check_hash, matches
from ui.identity.roles import Identity, Role

_PASSWORDS = {
    Role.READER: "password",
    Role.LECTURER: "lecturer_password",
    Role.OWNER: "owner_password",
}


def check_passwords(app: AppSettings) -> None:
    """Refuse settings with a password hash that no password can be compared with.

    Raises:
        BadPassword: one was made by an older version, or by hand.
    """
    for setting in _PASSWORDS.values():
        if value := getattr(app, setting):
            check_hash(value, f"app.{setting}")


def role_of_password(app: AppSettings, password: str) -> Role | None:
    """The role that a password gives; None for a wrong one. Takes up to a second."""
    for role, setting in _PASSWORDS.items():
        value = getattr(app, setting)
        if value and matches(password, value, f"app.{setting}"):
            return role
    return None


def identity_of_claims(app: AppSettings, claims: Mapping[str, Any]) -> Identity | None:
    """Who signed in at a provider; None where its claims name nobody.

    A lecturer or owner is named in the settings by `sub`, or by an address of mail that the
    provider has verified: others could be typed in by whoever signs in.
    """
    issuer, subject = str(claims.get("iss", "")), str(claims.get("sub", ""))
    if not subject:
        return None
    mail = str(claims.get("email", ""))
    names = {subject} | (
        {mail.casefold()} if mail and claims.get("email_verified") is True else set()
    )
    role = Role.READER
    if not names.isdisjoint(_folded(app.owners)):
        role = Role.OWNER
    elif not names.isdisjoint(_folded(app.lecturers)):
        role = Role.LECTURER
    reader = "oidc-" + hashlib.sha256(f"{issuer}\0{subject}".encode()).hexdigest()[:32]
    return Identity(reader, role, str(claims.get("name") or mail or subject)[:100], subject[:300])


def _folded(names: tuple[str, ...]) -> set[str]:
    """Names as they are, and addresses of mail in lower case."""
    return {*names, *(name.casefold() for name in names if "@" in name)}


def stamp(app: AppSettings, role: Role) -> str:
    """What a session of a role depends on; it ends when that changes, as with a new password."""
    if app.sign_on == "password":
        basis: object = getattr(app, _PASSWORDS[role])
    else:
        basis = [app.oidc_metadata, app.oidc_client, sorted(app.owners), sorted(app.lecturers)]
    return hashlib.sha256(json.dumps([app.sign_on, basis]).encode()).hexdigest()


def same_stamp(app: AppSettings, role: Role, value: str) -> bool:
    """Whether a session's stamp is still that of the settings."""
    return hmac.compare_digest(stamp(app, role), value)
