"""The sign-on of a university (OpenID Connect), spoken by Streamlit's own routes and Authlib.

Streamlit's routes lead to the provider and back. When a reader comes back, the claims that they
verified become a session of the app (`ui.identity.sessions`), which is what counts from then on.
"""

from __future__ import annotations

import json
import os
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from importlib.util import find_spec
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import Message, Scope, Send

from rag.app_settings import AppSettings
from rag.errors import BadSettings
from ui.identity.login_page import Words, provider_link
from ui.identity.paths import LOGIN
from ui.identity.roles import Identity
from ui.identity.sign_on import identity_of_claims

Begin = Callable[[Scope, MutableHeaders, Identity], Awaitable[None]]
"""Begins a session, with its cookie in the headers of a reply."""


class Provider:
    """The provider of an app's settings.

    Raises:
        BadSettings: the secret is not in the environment, or Authlib is missing.
    """

    logout_path = "/auth/logout"

    def __init__(self, settings: AppSettings, cookie_secret: str) -> None:
        """Args:
        settings: Those of `auth = "oidc"`.
        cookie_secret: Signs Streamlit's cookies.
        """
        secret = os.environ.get(settings.oidc_secret_variable, "")
        if not secret:
            raise BadSettings(
                f"The variable {settings.oidc_secret_variable} is empty (app.oidc_secret_variable). "
                "Put into it the secret that the provider gave for app.oidc_client."
            )
        if find_spec("authlib") is None:
            raise BadSettings(
                'app.auth = "oidc" needs Authlib. Install it with `pip install "katheder[oidc]"`.'
            )
        self._settings, self._cookie_secret, self._secret = settings, cookie_secret, secret

    @property
    def streamlit_secrets(self) -> dict[str, Any]:
        """What `st.App(secrets=...)` takes."""
        return {
            "auth": {
                "redirect_uri": f"{self._settings.address.rstrip('/')}/oauth2callback",
                "cookie_secret": self._cookie_secret,
                "client_id": self._settings.oidc_client,
                "client_secret": self._secret,
                "server_metadata_url": self._settings.oidc_metadata,
            }
        }

    async def login(self, request: Request, t: Words) -> Response:
        """The page with the link to the provider, or the way there once it was followed."""
        from streamlit.auth_util import encode_provider_token

        if "go" in request.query_params:
            token = encode_provider_token("default")
            return RedirectResponse(f"/auth/login?provider={token}", 303)
        return provider_link(t, f"{LOGIN}?go=1")

    def noting(self, begin: Begin, scope: Scope, send: Send) -> Send:
        """Send what Streamlit's routes reply; where they signed somebody in, begin a session."""

        async def send_noting(event: Message) -> None:
            if event["type"] == "http.response.start":
                headers = MutableHeaders(scope=event)
                cookies = headers.getlist("set-cookie")
                if scope["scheme"] == "https":
                    del headers["set-cookie"]
                    for line in cookies:
                        headers.append("set-cookie", f"{line}; Secure")
                claims = self._claims(cookies)
                identity = identity_of_claims(self._settings, claims) if claims else None
                if scope["path"] == "/oauth2callback" and identity is not None:
                    await begin(scope, headers, identity)
            await send(event)

        return send_noting

    def _claims(self, cookies: list[str]) -> dict[str, Any]:
        """The claims in Streamlit's signed cookie, {} where it set none."""
        from streamlit.auth_util import get_cookie_with_chunks
        from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
        from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

        jar: SimpleCookie = SimpleCookie()
        for line in cookies:
            try:
                jar.load(line)
            except CookieError:
                continue

        def one(name: str) -> bytes | None:
            value = jar[name].value if name in jar else ""
            return decode_signed_value(self._cookie_secret, name, value) if value else None

        content = get_cookie_with_chunks(one, USER_COOKIE_NAME)
        values = json.loads(content) if content else {}
        return values if isinstance(values, dict) and values.get("is_logged_in") else {}
