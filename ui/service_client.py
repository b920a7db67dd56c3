"""The client of a service elsewhere: answers for an app or a command line without models."""

from __future__ import annotations

import http.client
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from ingest.errors import KathederError
from rag.app_settings import AppSettings
from rag.errors import BadSettings, ConsentMissing
from rag.language_models.addresses import is_loopback, origin
from rag.settings import ModelSettings, Settings
from rag.types import Event
from ui.service.pipeline_client import RemoteAnswerer, exchange
from ui.service.pipeline_messages import Found, Request

_SECONDS = 30.0  # without a byte; a service that works sends one each half second


@dataclass(frozen=True)
class ServicePipeline(RemoteAnswerer):
    """The pipeline of the service at `app.service`, which uses its own models."""

    settings: Settings

    @property
    def sent_settings(self) -> Settings:
        """The settings of the stages; neither a password nor a server's name leaves this process."""
        return self.settings.model_copy(update={"app": AppSettings(), "models": ModelSettings()})

    def replies(self, request: Request, stop: threading.Event | None) -> Iterator[Event | Found]:
        """What the service replies.

        Raises:
            KathederError: what its pipeline raised; it does not answer; it is another version.
            BadSettings: `app.service` is no address, or its key is missing.
            ConsentMissing: it is on another machine, and the reader has not agreed.
        """
        url = service_url(self.settings)
        place = url.geturl()

        def connect() -> http.client.HTTPConnection:
            kind = (
                http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
            )
            return kind(url.hostname or "", url.port, timeout=_SECONDS)

        key = _key(self.settings)
        replied = False
        try:
            for event in exchange(connect, request, stop, path=url.path.rstrip("/"), key=key):
                replied = True
                yield event
        except (OSError, http.client.HTTPException) as error:
            why = str(error) or type(error).__name__
            raise KathederError(
                f"The service at {place} does not answer ({why}). Start it there with `katheder "
                "serve`, or correct the setting app.service."
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise KathederError(
                f"The service at {place} replied in a form that this version does not know. "
                "Install the same version of Katheder on both sides."
            ) from error
        if not replied:
            raise KathederError(f"The service at {place} ended before it had answered; ask again.")


def service_url(settings: Settings) -> SplitResult:
    """The address of the service that answers.

    Raises:
        BadSettings: `app.service` is no address of a server.
        ConsentMissing: it is on another machine, and the reader has not agreed.
    """
    text = settings.app.service
    try:
        url = urlsplit(text)
        known = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:  # a port that is no number
        known = False
    if not known or url.username or url.password or url.query:
        raise BadSettings(
            f"app.service = {text!r} is no address; expected one such as http://127.0.0.1:8600"
        )
    if not is_loopback(text) and origin(text) not in settings.models.allowed_servers:
        raise ConsentMissing(
            f"The service runs at {origin(text)}, not on this machine: questions and conversations "
            f"would be sent there. To agree: `katheder models allow {origin(text)}`."
        )
    return url


def _key(settings: Settings) -> str:
    variable = settings.app.service_key_variable
    if not variable:
        return ""
    key = os.environ.get(variable, "").strip()
    if not key:
        raise BadSettings(
            f"app.service_key_variable names {variable}, which is not set; put there what `katheder "
            "key add NAME` printed."
        )
    return key
