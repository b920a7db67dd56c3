"""Settings of the command line, the app and the service: who may use them, and how much."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from rag.settings_section import Section

SignOn = Literal["none", "password", "oidc"]


class AppSettings(Section):
    """The command line and the Streamlit app."""

    max_upload_mb: int = Field(default=100, ge=1)
    """Largest file that can be uploaded, in megabytes."""
    max_upload_files: int = Field(default=50, ge=1)
    """Most files in one upload."""
    reader_upload_mb: int = Field(default=0, ge=0)
    """How many megabytes a reader of a shared app may upload in all, into a course of his own; 0
    lets lecturers alone upload."""
    auth: SignOn | None = None
    """How readers sign in: none, password or oidc (the sign-on of a university). By default
    password where `app.password` is set, else none, which only this machine can reach."""
    password: str = ""
    """Hash that `katheder password` made; readers of the app must say the password. "" for none."""
    lecturer_password: str = ""
    """The same for lecturers, who may change the library and evaluate."""
    owner_password: str = ""
    """The same for the owner away from the machine itself."""
    lecturers: tuple[str, ...] = ()
    """Who is a lecturer with `auth = "oidc"`: the provider's `sub`, or verified addresses of mail."""
    owners: tuple[str, ...] = ()
    """Who is an owner with `auth = "oidc"`, in the same form."""
    oidc_metadata: str = ""
    """Address of the provider's description, which ends in `/.well-known/openid-configuration`."""
    oidc_client: str = ""
    """The name under which the provider knows this app."""
    oidc_secret_variable: str = "OIDC_CLIENT_SECRET"
    """Environment variable with the secret that the provider gave for that name."""
    address: str = ""
    """Where readers reach the app, as `https://katheder.example.org`; the provider sends them back
    there."""
    database: str = ""
    """Address of a PostgreSQL database, such as postgresql://katheder@db.example.org/katheder, that keeps
    sessions and conversations where more than one process serves the app; "" keeps them in files beside
    the library. The password is read from PGPASSWORD or ~/.pgpass."""
    keep_warm_minutes: float = Field(default=10, ge=0)
    """Idle minutes that the command line's worker keeps its models loaded; 0 does without it."""
    allowed_hosts: tuple[str, ...] = ()
    """Names by which app and service may be reached, beside this machine's own; addresses in digits
    are always allowed."""
    requests_per_minute: int = Field(default=600, ge=1)
    """Requests that the service takes from one client in a minute."""
    service: str = ""
    """Address of a running `katheder serve` over the same library, such as http://127.0.0.1:8600, which
    answers the questions of app and command line; this process then loads no models."""
    service_key_variable: str = Field(default="", pattern=r"^\w*$")
    """Name of the environment variable that has the service's key; "" for a service without keys."""
    guides: bool = True
    """Make the guides to new lectures in the background, while no reader waits for an answer."""
    read_ahead: bool = True
    """Have the rerankers read passages after the start, while no reader waits, so that first searches are
    faster."""
    log_questions: bool = False
    """Log each question with its day and the pages found, without names, for the lecturer (page
    "Lecturers", `katheder log`); readers see a line that says so."""

    @property
    def sign_on(self) -> SignOn:
        """How readers sign in."""
        return self.auth or ("password" if self.password else "none")

    @model_validator(mode="after")
    def _fits(self) -> AppSettings:
        passwords = [self.password, self.lecturer_password, self.owner_password]
        if self.auth == "none" and any(passwords):
            raise ValueError('a password is set, so auth = "none" would leave the app open')
        if self.sign_on != "password" and any(passwords):
            raise ValueError('passwords need auth = "password" and a password for readers')
        if self.auth == "password" and not self.password:
            raise ValueError("password is missing; `katheder password` makes it")
        if self.auth == "oidc":
            for name in ("oidc_metadata", "oidc_client", "address"):
                if not getattr(self, name):
                    raise ValueError(f'{name} is missing, which auth = "oidc" needs')
        return self
