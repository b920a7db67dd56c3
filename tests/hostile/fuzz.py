"""Change the bytes of files, settings, question sets, libraries and requests at random, and count what ends badly.

Every input must be read or refused in one sentence. `make fuzz` takes a minute with a fixed seed:

    python -m tests.hostile.fuzz --seconds 60 --seed 0
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from ingest import resources
from ingest.errors import KathederError, UnreadableFile
from ingest.pipeline import ingest
from ingest.reading import ProcessReader, ReadingLimits
from ingest.store import DATABASE, Library
from ingest.store.salvage import salvage
from rag.errors import BadSettings
from rag.evaluation.questions import check_questions, read_questions
from rag.settings import load_settings

sys.path.insert(0, str(Path(__file__).parents[1]))
from conftest import WordEncoder
from raw_pdf import Deck

from hostile.files import FILES
from hostile.http_requests import HttpRequests

_TOKENS = (
    b"\0", b"\xff\xff\xff\xff", b"-1", b"99999999999999999999", b"1e309", b"NaN", b"[" * 50, b"{",
    b'"', b"\\u0000", b"\\ud800", b"<<", b"endobj", b"0 0 R", b"true", b"null", b"''", b"\n[models]\n",
)  # fmt: skip
_SETTINGS = b"""
[models]
generator = "none"
device = "cpu"
context_tokens = 2048
[retrieval]
top_k = 8
min_cosine = 0.1
[rerank]
candidates = 8
[app]
max_upload_mb = 200
[reading]
seconds = 60
memory_mb = 1400
"""
#: Files of the other formats that are small and quick to read.
_SMALL = ("live.html", "live.ipynb", "entity.docx", "remote.docx", "laughs.epub")


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Some bytes with a few of them changed, moved, cut, repeated or replaced."""
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(changed) + 1)
        match chance.randrange(6):
            case 0 if changed:
                changed[at % len(changed)] = chance.randrange(256)
            case 1 if changed:
                changed[at % len(changed)] ^= 1 << chance.randrange(8)
            case 2:
                changed[at:at] = chance.choice(_TOKENS)
            case 3:
                del changed[at : at + chance.choice((1, 4, 64, 1024))]
            case 4:
                part = changed[at : at + chance.choice((4, 64, 1024))]
                changed[at:at] = part
            case _:
                token = chance.choice(_TOKENS)
                changed[at : at + len(token)] = token
    return bytes(changed)


class Fuzzer:
    """Inputs of each kind, and how each of them ended."""

    def __init__(self, work: Path, seed: int) -> None:
        self.work, self.chance = work, random.Random(seed)
        self.counts: Counter[tuple[str, str]] = Counter()
        self.seconds: Counter[str] = Counter()  # of each kind
        self.faults: list[str] = []
        self.reader = ProcessReader(ReadingLimits(1, 30.0, 1000), lambda file, done, total: None)
        (work / "sound").mkdir()
        library = Library(work / "sound" / "library", create=True)
        self.encoder = WordEncoder()
        deck = Deck().write(work / "sound" / "deck.pdf")
        list(ingest([deck], library, self.encoder, passage_tokens=40))
        library.database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
        library.close()
        self.library = (work / "sound" / "library" / DATABASE).read_bytes()
        self.lectures = [file.read_bytes() for file in sorted(resources.lectures().glob("*.pdf"))]
        self.lectures += [deck.read_bytes()] * 3
        self.questions = [
            b"\n".join(file.read_bytes().splitlines()[:12])
            for file in resources.question_sets().values()
        ]
        (work / "http").mkdir()
        self.http = HttpRequests(work / "http", self.chance)
        self.small = []
        for name in _SMALL:
            FILES[name](work / name)
            self.small.append((name, (work / name).read_bytes()))

    def run(self, kind: str, act: Callable[[], str]) -> None:
        """Try one input; what it raises beyond the program's own errors is a fault."""
        start = time.monotonic()
        try:
            outcome = act()
        except (KathederError, BadSettings) as error:
            outcome = "refused" if "\n" not in str(error).strip() else "fault"
        except Exception as error:
            outcome = "fault"
            self.faults.append(f"{kind}: {type(error).__name__}: {str(error)[:200]}")
        self.counts[kind, outcome] += 1
        self.seconds[kind] += time.monotonic() - start

    def read_file(self, name: str, data: bytes) -> str:
        """Read a changed file in a child process."""
        file = self.work / name
        file.write_bytes(mutated(data, self.chance))
        try:
            self.reader.result(file)
        except UnreadableFile as error:
            if "Error: " in str(error):  # a reader's own fault, caught at the process's edge
                self.faults.append(f"{name}: {error}")
                return "fault"
            return "refused"
        return "read"

    def pdf(self) -> str:
        """A changed PDF file."""
        return self.read_file("changed.pdf", self.chance.choice(self.lectures))

    def other(self) -> str:
        """A changed file of another format."""
        name, data = self.chance.choice(self.small)
        return self.read_file(f"changed{Path(name).suffix}", data)

    def settings(self) -> str:
        """A changed settings file."""
        file = self.work / "settings.toml"
        file.write_bytes(mutated(_SETTINGS, self.chance))
        load_settings(file)
        return "read"

    def question_set(self) -> str:
        """A changed question set, read and compared with a library."""
        file = self.work / "questions.jsonl"
        file.write_bytes(mutated(self.chance.choice(self.questions), self.chance))
        library = Library(self.work / "sound" / "library")
        for fault in check_questions(file, library):
            json.dumps(fault)
        library.close()
        read_questions(file)
        return "read"

    def http_body(self) -> str:
        """A request to the service whose body is changed."""
        return self.http.changed(mutated)

    def http_requests(self) -> str:
        """A few requests that are made up from the service's description."""
        outcomes = list(self.http.made_up())
        self.counts.update(("HTTP requests", one) for one in outcomes[1:])
        return outcomes[0] if outcomes else "refused"

    def damaged_library(self) -> str:
        """A changed library: verified, searched, and what can be read of it saved."""
        folder = self.work / "library"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / DATABASE).write_bytes(mutated(self.library, self.chance))
        outcome = "read"
        for act in (
            lambda: Library(folder).verify(),
            lambda: Library(folder).search_dense(self.encoder.encode(["entropy"])[0], 3),
            lambda: Library(folder).search_lexical("entropy", 3),
            lambda: salvage(folder),
            lambda: Library(folder).documents(),
        ):
            try:
                act()
            except KathederError:
                outcome = "refused"
        return outcome


def main() -> int:
    """Run for some seconds; 1 if anything ended in a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    logging.disable(logging.WARNING)
    os.environ["KATHEDER_CONFIG"] = tempfile.mkdtemp(prefix="katheder-fuzz-")
    with tempfile.TemporaryDirectory() as folder:
        fuzzer = Fuzzer(Path(folder), options.seed)
        kinds = {
            "PDF files": fuzzer.pdf,
            "other files": fuzzer.other,
            "settings": fuzzer.settings,
            "question sets": fuzzer.question_set,
            "libraries": fuzzer.damaged_library,
            "HTTP bodies": fuzzer.http_body,
            "HTTP requests": fuzzer.http_requests,
        }
        end = time.monotonic() + options.seconds
        with contextlib.suppress(KeyboardInterrupt):
            while time.monotonic() < end:
                for kind, act in kinds.items():
                    for _ in range(10 if kind == "HTTP bodies" else 1):
                        fuzzer.run(kind, act)
        fuzzer.reader.close()
        print(f"{'kind':14} {'read':>6} {'refused':>8} {'faults':>7} {'seconds':>8}")
        for kind in kinds:
            counts = [fuzzer.counts[kind, outcome] for outcome in ("read", "refused", "fault")]
            print("{:14} {:6d} {:8d} {:7d} {:8.0f}".format(kind, *counts, fuzzer.seconds[kind]))
        for fault in dict.fromkeys(fuzzer.faults):
            print(fault)
        return int(bool(fuzzer.faults))


if __name__ == "__main__":
    sys.exit(main())
