"""What README shows is run as it stands: its Python, its first answer, and its commands.

Commands run in a folder that has what they name: a library in ./library, lectures in ~/lectures,
a question set FILE, a collection DIR in BEIR's form and a judge module:attribute. `make` lines are
checked against the Makefile, and what takes hours against the command line's own help.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from ingest import resources

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Snippet:
    """A command of a console block, and the output that stands below it ("" for none)."""

    command: str
    output: str


def blocks(language: str) -> list[str]:
    """The contents of README's fenced blocks in one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def snippets() -> list[Snippet]:
    """All commands of the console blocks, comments cut off."""
    found = []
    for block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append(Snippet(re.sub(r"\s+# .*$", "", command).strip(), output.strip()))
    return found


ANSWERS = [snippet for snippet in snippets() if snippet.output]
COMMANDS = [snippet.command for snippet in snippets() if not snippet.output]
MAKE = [command for command in COMMANDS if command.startswith("make ")]
SERVE = [command for command in COMMANDS if re.search(r"\bkatheder ui\b", command)]
# Training and grids take minutes to hours, and a language model of one's own needs its server; the
# rest of the laboratory is in test_generative_lab, such models in test_llama_cpp.
LONG = [
    command
    for command in COMMANDS
    if re.search(r"katheder (sweep|generative|language train|models|settings)\b", command)
]
INSTALL = [command for command in COMMANDS if command.startswith(("pip ", "git "))]
RUN = [c for c in COMMANDS if c not in {*MAKE, *SERVE, *LONG, *INSTALL}]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    """A home folder in which README's commands can be typed one after the other."""
    home = tmp_path_factory.mktemp("home")
    (home / "lectures").mkdir()
    shutil.copy(resources.lectures() / "transformers.pdf", home / "lectures")
    questions = resources.question_sets()["dev"].read_text(encoding="utf-8").splitlines()
    unanswerable = [line for line in questions if '"gold": []' in line]  # calibrate needs both
    rows = questions[:25] + [line for line in unanswerable if line not in questions[:25]][:5]
    course(home / "ai-lectures")
    (home / "FILE").write_text("\n".join(rows) + "\n", encoding="utf-8")
    beir(home / "DIR")
    (home / "module.py").write_text(
        "from langchain_core.language_models import FakeListChatModel\n"
        "attribute = FakeListChatModel(responses=['yes'])\n"
    )
    run(home, "katheder ingest --bundled --library library")
    return home


def course(folder: Path) -> None:
    """Five short lectures with numbers in their names: pages of a bundled one."""
    folder.mkdir()
    pages = PdfReader(resources.lectures() / "retrieval-augmented-generation.pdf").pages
    for number in range(1, 6):
        lecture = PdfWriter()
        for page in pages[4 * number - 4 : 4 * number]:
            lecture.add_page(page)
        lecture.write(folder / f"lecture-{number}.pdf")


def beir(folder: Path) -> None:
    """A collection of two documents and one query."""
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(
        '{"_id": "a", "title": "Cats", "text": "A cat sleeps."}\n'
        '{"_id": "b", "title": "Dogs", "text": "A dog barks."}\n'
    )
    (folder / "queries.jsonl").write_text('{"_id": "q", "text": "Which animal barks?"}\n')
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\tb\t1\n")


def variables(home: Path) -> dict[str, str]:
    """The environment: `katheder` is this program, and no setting of the developer's counts."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("KATHEDER_")}
    return own | {
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "HF_HUB_OFFLINE": "1",
        "KATHEDER_CACHE": os.environ.get("KATHEDER_CACHE", str(home / "cache")),
        "KATHEDER_LIBRARY": str(home / "library"),
        "KATHEDER_APP__KEEP_WARM_MINUTES": "0.5",
    }


def runnable(command: str) -> str:
    """The command with this interpreter's program in place of the installed `katheder`."""
    program = f"{shlex.quote(sys.executable)} -m ui.cli"
    return re.sub(r"(?<![\w/])(\.venv/bin/)?katheder(?= )", lambda _: program, command)


def run(home: Path, command: str) -> str:
    """Run a command of README in a shell; what it prints to standard output."""
    done = subprocess.run(
        ["bash", "-c", runnable(command)],
        cwd=home,
        env=variables(home),
        input="What is recall?\n/quit\n" if "chat" in command else "open sesame\nopen sesame\n",
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def without_scores(text: str) -> str:
    """An output in which the digits that depend on the processor are left out."""
    return re.sub(r"\((cosine|BM25|mean|score) [\d.]+\)", r"(\1)", text)


def test_there_are_snippets():
    assert len(blocks("python")) >= 1
    assert len(ANSWERS) >= 1
    assert len(RUN) >= 8


@pytest.mark.parametrize("command", MAKE)
def test_make_targets_exist(command):
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in command.split()[1:]:
        assert re.search(rf"^{re.escape(target)}:", makefile, re.MULTILINE), target


@pytest.mark.slow
@pytest.mark.parametrize("program", blocks("python"), ids=lambda program: program[:40])
def test_the_python_runs_as_it_stands(home, program):
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=home,
        env=variables(home),
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert re.search(r"\.pdf, pp?\. \d+", done.stdout)


@pytest.mark.slow
@pytest.mark.parametrize("snippet", ANSWERS, ids=lambda snippet: snippet.command[:40])
def test_an_answer_is_what_readme_shows(home, snippet):
    output = run(home, snippet.command)
    assert without_scores(output.strip()) == without_scores(snippet.output)


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_commands_run_one_after_the_other(home):
    for command in RUN:
        run(home, command)


@pytest.mark.slow
@pytest.mark.parametrize("command", LONG)
def test_long_commands_are_known_with_their_options(home, command):
    arguments = shlex.split(command.replace(".venv/bin/", ""))
    names = [a.split("=")[0] for a in arguments if a.startswith("--")]
    groups = ("generative", "language", "models", "settings")
    depth = 3 if arguments[1] in groups else 2
    text = run(home, f"COLUMNS=200 {' '.join(arguments[:depth])} --help")
    for name in names:
        assert name in text


@pytest.mark.slow
@pytest.mark.parametrize("command", SERVE)
def test_the_app_answers(home, command):
    if "--settings" in command:
        run(home, "katheder password > seminar.toml")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen(
        ["bash", "-c", f"exec {runnable(command + ' ')} --headless --port={port}"],
        cwd=home,
        env=variables(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).close()
                return
            except OSError:
                assert server.poll() is None, command
                time.sleep(0.3)
        pytest.fail(f"{command} does not answer")
    finally:
        server.kill()
        server.wait()
