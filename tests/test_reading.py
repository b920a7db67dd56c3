"""Reading in child processes: results as in this process, and faults that stay in the child."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import zlib
from pathlib import Path

import pytest
from raw_pdf import Deck, content, text, write_pdf

from ingest.errors import UnreadableFile
from ingest.readers import read
from ingest.reading import DirectReader, ProcessReader
from ingest.reading_limits import ReadingLimits

pytestmark = pytest.mark.hostile("limits of time and memory")

needs_unix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
needs_proc = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="needs /proc")


def ignore(file: Path, done: int, total: int) -> None:
    """Progress that nobody looks at."""


@pytest.fixture
def start():
    """Start readers that are closed at the end."""
    readers = []

    def start(progress=ignore, **limits) -> ProcessReader:
        readers.append(ProcessReader(ReadingLimits(**{"processes": 1, **limits}), progress))
        return readers[-1]

    yield start
    for reader in readers:
        reader.close()


def children() -> list[int]:
    listing = subprocess.run(["pgrep", "-P", str(os.getpid())], capture_output=True, text=True)
    return [
        pid
        for pid in map(int, listing.stdout.split())
        if b"reading_process" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def environments() -> list[bytes]:
    """The environment of each process that can be looked at."""
    texts = []
    for file in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            texts.append(file.read_bytes())
    return texts


def nested_forms(path: Path, breadth: int, depth: int) -> Path:
    """A page that draws a form, which draws a form as often, and so on, down to some text."""
    deck = Deck()
    for level in range(depth):
        inner = 101 + level
        last = level == depth - 1
        body = text(50, 300, "deep").encode() if last else b"/X Do " * breadth
        deck.objects[100 + level] = (
            b"<< /Type /XObject /Subtype /Form /BBox [0 0 720 405] /Resources"
            b" << /Font << /F1 3 0 R >> /XObject << /X %d 0 R >> >> /Length %d >>\nstream\n%b\nendstream"
            % (inner, len(body), body)
        )
    deck.objects[14] = (
        b"<< /Type /Page /Parent 2 0 R /Contents 15 0 R /Resources << /XObject << /X 100 0 R >> >> >>"
    )
    deck.objects[15] = Deck.stream(b"/X Do " * breadth)
    return deck.write(path)


def bomb(path: Path, megabytes: int) -> Path:
    """The third of six slides decompresses to so many megabytes of blanks."""
    deck = Deck()
    packer, packed = zlib.compressobj(9), b""
    for _ in range(megabytes):
        packed += packer.compress(b" " * 2**20)
    packed += packer.flush()
    deck.objects[15] = b"<< /Filter /FlateDecode /Length %d >>\nstream\n%b\nendstream" % (
        len(packed),
        packed,
    )
    return deck.write(path)


def test_child_reads_what_this_process_reads(start, tmp_path):
    file = Deck().write(tmp_path / "deck.pdf")
    assert start().result(file) == read(file) == DirectReader(None, ignore).result(file)


def test_results_come_in_the_order_in_which_they_are_asked_for(start, tmp_path):
    files = [
        write_pdf(tmp_path / f"{n}.pdf", *[text(40, 250, f"Lecture {n} has five words")] * n)
        for n in (9, 1, 4)
    ]
    reader = start(processes=2)
    for file in files:
        reader.start(file)
    assert [len(reader.result(file).pages) for file in files] == [9, 1, 4]


@pytest.mark.parametrize("kind", ["direct", "process"])
def test_progress_goes_page_by_page_to_the_last(start, tmp_path, kind):
    reports = []

    def note(file: Path, done: int, total: int) -> None:
        reports.append((file.name, done, total))

    reader = start(note) if kind == "process" else DirectReader(None, note)
    reader.result(Deck().write(tmp_path / "deck.pdf"))
    assert reports == [("deck.pdf", done, 6) for done in range(7)]


def test_refusal_is_the_readers_own_sentence(start, tmp_path):
    file = tmp_path / "empty.pdf"
    file.touch()
    with pytest.raises(UnreadableFile, match=r"^empty\.pdf: is empty \(0 bytes\)"):
        start().result(file)


@needs_unix
@pytest.mark.slow
def test_reader_that_hangs_is_ended_and_the_next_file_is_read(start, tmp_path):
    pipe = tmp_path / "pipe.pdf"
    os.mkfifo(pipe)
    reader = start(seconds=8.0)
    began = time.monotonic()
    with pytest.raises(UnreadableFile, match=r"^pipe\.pdf: reading it took more than 8 s"):
        reader.result(pipe)
    assert time.monotonic() - began < 60
    assert len(reader.result(Deck().write(tmp_path / "deck.pdf")).pages) == 6


@needs_unix
@needs_proc
@pytest.mark.slow
def test_a_reader_that_others_leave_little_processor_time_goes_on(start, tmp_path):
    file = tmp_path / "long.md"
    file.write_text("\n\n".join(f"Paragraph {n} holds **words**." for n in range(5000)))
    limit, before, done = 5.0, set(children()), threading.Event()
    reader = start(seconds=limit)
    began = time.monotonic()

    def starve() -> None:
        while not done.wait(0.1):
            for child in set(children()) - before:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGSTOP)
                    done.wait(0.7)
                    os.kill(child, signal.SIGCONT)

    thread = threading.Thread(target=starve)
    thread.start()
    try:
        assert "Paragraph 4999" in reader.result(file).pages[-1].text
    finally:
        done.set()
        thread.join()
    assert time.monotonic() - began > limit


@needs_unix
@needs_proc
def test_reader_that_ends_costs_one_file(start, tmp_path):
    pipe = tmp_path / "pipe.pdf"
    os.mkfifo(pipe)
    reader = start()

    others = set(children())  # such as those that draw pages

    def end_child() -> None:
        while not set(children()) - others:
            time.sleep(0.05)
        os.kill(min(set(children()) - others), signal.SIGSEGV)

    threading.Thread(target=end_child).start()
    with pytest.raises(UnreadableFile, match=r"^pipe\.pdf: ended the reader \(code -11\)"):
        reader.result(pipe)
    assert len(reader.result(Deck().write(tmp_path / "deck.pdf")).pages) == 6


@needs_proc
@pytest.mark.slow
def test_page_that_takes_too_much_memory_costs_that_page(start, tmp_path):
    parsed = start(memory_mb=300).result(bomb(tmp_path / "bomb.pdf", 1000))
    assert parsed.unread_pages == (3,)
    assert sum(bool(page.text) for page in parsed.pages) == 5


@pytest.mark.slow
def test_page_that_takes_too_much_time_or_memory_costs_that_page(start, tmp_path):
    reader = start(seconds=6.0, memory_mb=400)
    parsed = reader.result(nested_forms(tmp_path / "forms.pdf", 10, 9))
    assert parsed.unread_pages == (3,)
    assert sum(bool(page.text) for page in parsed.pages) == 5


@pytest.mark.slow
@needs_proc
def test_page_whose_drawing_takes_too_long_keeps_its_text(start, tmp_path):
    """Its pattern is drawn with itself, a thousand times across each point."""
    body = b"/Pattern cs /P scn 0 0 9 9 re f"
    deck = Deck()
    deck.objects[100] = (
        b"<< /Type /Pattern /PatternType 1 /PaintType 1 /TilingType 1 /BBox [0 0 10 10]"
        b" /XStep 0.0001 /YStep 0.0001 /Resources << /Pattern << /P 100 0 R >> >> /Length %d >>"
        b"\nstream\n%b\nendstream" % (len(body), body)
    )
    deck.objects[14] = (
        b"<< /Type /Page /Parent 2 0 R /Contents 15 0 R /Resources << /Font << /F1 3 0 R >>"
        b" /Pattern << /P 100 0 R >> >> >>"
    )
    operators = content("Stacking").encode() + b"/Pattern cs /P scn 0 0 700 400 re f"
    deck.objects[15] = Deck.stream(operators)
    parsed = start(seconds=8.0).result(deck.write(tmp_path / "pattern.pdf"))
    assert parsed.unread_pages == ()
    assert parsed.pages[2].text.startswith("Stacking")


@needs_unix
@needs_proc
def test_close_ends_the_processes_in_the_midst_of_a_file(start, tmp_path):
    others = set(children())  # such as those that draw pages
    pipe = tmp_path / "pipe.pdf"
    os.mkfifo(pipe)
    reader = start()
    reader.start(pipe)
    while not set(children()) - others:
        time.sleep(0.05)
    reader.close()
    assert not set(children()) - others


@pytest.mark.slow
@needs_unix
@needs_proc
def test_processes_end_with_the_one_that_started_them(tmp_path):
    pipe = tmp_path / "pipe.pdf"
    os.mkfifo(pipe)
    code = (
        "import os, sys, time; from pathlib import Path\n"
        "from ingest.reading import ProcessReader\n"
        "from ingest.reading_limits import ReadingLimits\n"
        "reader = ProcessReader(ReadingLimits(), lambda *_: None)\n"
        "reader.start(Path(sys.argv[1])); time.sleep(2); os._exit(9)"
    )
    mark = {**os.environ, "STARTED_FOR": str(pipe)}  # children inherit it
    done = subprocess.run([sys.executable, "-c", code, str(pipe)], env=mark)
    assert done.returncode == 9
    deadline = time.monotonic() + 60
    while any(str(pipe).encode() in data for data in environments()):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.slow
@needs_proc
def test_two_thousand_pages_stay_within_the_memory(tmp_path):
    words = " ".join(f"word{n}" for n in range(8))
    lines = "".join(text(40, 280 - 10 * n, f"{n} {words}", 8) for n in range(25))
    file = write_pdf(
        tmp_path / "book.pdf", *[text(40, 290, f"Page {n}") + lines for n in range(2000)]
    )
    code = (
        "import re, resource, sys; from pathlib import Path\n"
        "from ingest.reading import ProcessReader\n"
        "from ingest.reading_limits import ReadingLimits\n"
        "reader = ProcessReader(ReadingLimits(), lambda *_: None)\n"
        "print(len(reader.result(Path(sys.argv[1])).pages)); reader.close()\n"
        "status = Path('/proc/self/status').read_text()\n"
        "print(int(re.search(r'VmHWM:\\s*(\\d+)', status)[1]) // 1024)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True)
    pages, own, child = map(int, done.stdout.split())
    assert pages == 2000
    # `ru_maxrss` of this process would be that of the test run, which `exec` hands on
    assert max(own, child) < 1500
    print(own, child)


def test_a_process_that_reads_loads_the_parsers_of_its_files_alone():
    """A fresh interpreter: python-docx, python-pptx, nbformat and pdfium come with their formats."""
    code = (
        "import sys, ingest.reading_process;"
        "print([name for name in ('docx', 'pptx', 'nbformat', 'lxml', 'pypdfium2') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
