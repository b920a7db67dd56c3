"""Work that takes minutes: kept in the library's folder, so that a killed service resumes it."""

from __future__ import annotations

import json
import logging
import os
import queue
import re
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Literal

from ingest.disk import is_read_only
from ui.service.errors import fault_body

log = logging.getLogger(__name__)

State = Literal["queued", "running", "done", "failed"]
_FOLDER = "jobs"
_KEPT = 100  # finished jobs
_ID = re.compile(r"^[0-9a-f]{16}$")


@dataclass
class Job:
    """A piece of work: what is to be done, how far it is, and what came of it.

    `spec` is what its kind needs to do it, also once more after a restart; `results` has one entry
    for each finished part of `total`.
    """

    id: str
    kind: str
    client: str
    course: str
    spec: dict[str, Any]
    created: str
    state: State = "queued"
    total: int = 0
    detail: dict[str, Any] = field(default_factory=dict)
    results: list[dict[str, Any]] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)
    error: str = ""

    def as_dict(self) -> dict[str, Any]:
        """What a client sees of it."""
        hidden = ("spec", "client", "course")
        values = {name: value for name, value in asdict(self).items() if name not in hidden}
        return values | {"done": len(self.results)}


Work = Callable[[Job, threading.Event], None]
"""Does a job from its `spec`, writing into the job as it goes; ends soon after the event is set."""


class Jobs:
    """The jobs of a library, done one after another in a thread."""

    def __init__(self, folder: Path, works: Mapping[str, Work]) -> None:
        """Args:
        folder: The library's.
        works: What does a job, by its kind.
        """
        self._folder = folder / _FOLDER
        self._works = works
        self._waiting: queue.Queue[Job | None] = queue.Queue()
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._lock_file: IO[str] | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="katheder-jobs", daemon=True)

    def start(self, *, resume: bool = True) -> bool:
        """Begin, with the jobs that an earlier service left unfinished if those are to be resumed.

        Of several services of one library, the first one has its jobs; returns whether this one has.
        """
        has_all = resume and self._has_lock()
        if has_all:
            self._read()
        self._thread.start()
        return has_all

    def _has_lock(self) -> bool:
        """Whether this process alone has the jobs of this folder; True where that cannot be told.

        A folder that cannot be written has none.
        """
        try:
            import fcntl
        except ImportError:
            return True
        if is_read_only(self._folder.parent):
            return False
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._lock_file = (self._folder / "lock").open("w")
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def _read(self) -> None:
        for path in sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime):
            try:
                job = Job(**json.loads(path.read_text(encoding="utf-8")))
            except (OSError, ValueError, TypeError) as error:
                log.warning("The job in %s cannot be read (%s); it is left out", path, error)
                continue
            self._jobs[job.id] = job
            if job.state in ("queued", "running"):
                job.state, job.results = "queued", []
                self._waiting.put(job)

    def stop(self) -> None:
        """End after the part that is being done; the job is resumed at the next start."""
        self._stop.set()
        self._waiting.put(None)
        self._thread.join(timeout=30)
        if self._lock_file is not None:
            self._lock_file.close()

    def add(self, kind: str, spec: dict[str, Any], client: str, course: str = "") -> Job:
        """Keep a job and do it when those before it are done."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        job = Job(secrets.token_hex(8), kind, client, course, spec, now)
        with self._lock:
            self._jobs[job.id] = job
            finished = [one for one in self._jobs.values() if one.state in ("done", "failed")]
            for old in finished[:-_KEPT]:
                del self._jobs[old.id]
                (self._folder / f"{old.id}.json").unlink(missing_ok=True)
        self._save(job)
        self._waiting.put(job)
        return job

    def get(self, id: str) -> Job | None:
        """A job by its id."""
        return self._jobs.get(id) if _ID.match(id) else None

    def all(self) -> list[Job]:
        """All jobs, the newest last."""
        with self._lock:
            return list(self._jobs.values())

    def _run(self) -> None:
        while not self._stop.is_set():
            job = self._waiting.get()
            if job is None:
                return
            job.state = "running"
            self._save(job)
            try:
                self._works[job.kind](job, self._stop)
            except Exception as error:
                job.state, job.error = "failed", fault_body(error)["error"]["message"]
            else:
                if self._stop.is_set():
                    return  # resumed at the next start
                job.state = "done"
            self._save(job)

    def _save(self, job: Job) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        new = self._folder / f"{job.id}.tmp"
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
            json.dump(asdict(job), stream)
        new.replace(self._folder / f"{job.id}.json")
