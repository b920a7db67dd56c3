"""Tables of a PostgreSQL server, for an app of several processes; each is used as a `UserFile` is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

from ingest.errors import KathederError

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult, Engine

PREFIX = "postgresql://"
_SECONDS = 10  # that a connection may take
_LOCK = 8600  # held while tables are made, so that one process makes them


class ServerTables:
    """Tables of one name and format in a database; safe to share between threads and processes."""

    set_aside = None  # a server has no damaged file
    is_temporary = False

    def __init__(
        self,
        address: str,
        name: str,
        upgrades: Sequence[Sequence[str]],
        unreadable: type[KathederError],
    ) -> None:
        """Connect, and bring the tables to the newest format.

        Args:
            address: As `app.database`.
            name: Of the tables together, under which their format is kept.
            upgrades: As those of `UserFile`.
            unreadable: What is raised for a newer format, or where the server does not answer.
        """
        self._address, self._unreadable = address, unreadable
        with self.transaction() as db:
            db.execute(f"SELECT pg_advisory_xact_lock({_LOCK})")
            db.execute(
                "CREATE TABLE IF NOT EXISTS formats (name TEXT PRIMARY KEY, format INTEGER NOT NULL)"
            )
            row = db.execute("SELECT format FROM formats WHERE name = ?", (name,)).fetchone()
            version, newest = row[0] if row else 0, len(upgrades)
            if version > newest:
                raise unreadable(
                    f"{without_password(address)}: {name} have format {version}, and this version of Katheder "
                    f"reads formats up to {newest}. Update it: `pip install --upgrade katheder`."
                )
            for statements in upgrades[version:]:
                for statement in statements:
                    db.execute(statement)
            db.execute(
                "INSERT INTO formats VALUES (?, ?) "
                "ON CONFLICT (name) DO UPDATE SET format = excluded.format",
                (name, newest),
            )

    @contextmanager
    def transaction(self) -> Iterator[ServerConnection]:
        """A connection, whose changes are kept together, or not at all where an error is raised.

        Raises:
            KathederError: the server does not answer.
        """
        from sqlalchemy.exc import OperationalError

        try:
            with _engine(self._address).begin() as connection:
                yield ServerConnection(connection)
        except OperationalError as error:
            reason = str(error.orig).strip().partition("\n")[0]
            raise self._unreadable(
                f"The database at {without_password(self._address)} does not answer ({reason}). Start it, or correct "
                "app.database; the password is read from PGPASSWORD or ~/.pgpass."
            ) from error


class ServerConnection:
    """Runs statements that have `?` for each value, as SQLite's."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, statement: str, values: Sequence[Any] = ()) -> CursorResult[Any]:
        """Run one statement; PostgreSQL keeps no NUL characters, which become U+FFFD."""
        from sqlalchemy import text

        first, *rest = statement.split("?")
        named = first + "".join(f":p{number}{part}" for number, part in enumerate(rest))
        return self._connection.execute(
            text(named),
            {
                f"p{number}": value.replace("\0", "\ufffd") if isinstance(value, str) else value
                for number, value in enumerate(values)
            },
        )


@cache
def _engine(address: str) -> Engine:
    """The connections of this process to a database.

    Raises:
        KathederError: the address is none, or SQLAlchemy and psycopg are not installed.
    """
    if not address.startswith(PREFIX):
        raise KathederError(
            f"app.database is {without_password(address)!r}, expected {PREFIX}USER@HOST/NAME; "
            'leave it "" to keep conversations in files beside the library'
        )
    try:
        import psycopg  # noqa: F401
        from sqlalchemy import create_engine, make_url
    except ImportError as error:
        raise KathederError(
            "app.database needs SQLAlchemy and psycopg, which are not installed. Install them with "
            '`pip install "katheder[postgres]"`.'
        ) from error
    url = make_url(address).set(drivername="postgresql+psycopg")
    return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": _SECONDS})


def without_password(address: str) -> str:
    """An address without a password."""
    before, at, host = address.rpartition("@")
    scheme, slashes, user = before.rpartition("//")
    return f"{scheme}{slashes}{user.partition(':')[0]}{at}{host}"
