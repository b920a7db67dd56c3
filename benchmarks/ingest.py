"""Pages a second from PDFs to a searchable library, beside the plain recipes of other projects.

    python -m benchmarks.ingest corpus [--rounds 3] [--environments DIR]

Each recipe of `benchmarks/peers` uses its project's defaults and all-MiniLM-L6-v2, and runs
in an environment of its own, which is made on the first call (a few minutes and 1.5 GB each). Ours
reads, cuts, embeds and stores in SQLite and FAISS, in the environment that runs this. Every run is a
new process with its model loaded before the time is taken; they alternate, and the result is the
median of the rounds' ratios. Tokens are printed too, since embedding takes most of the time: the
recipes give the encoder longer texts than it reads, and ours embeds the whole text.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

from ingest import weights
from ingest.pipeline import find_files

PEERS = Path(__file__).parent / "peers"
#: What pip installs for each recipe, beside torch of this environment's version.
PACKAGES = {
    "langchain": (
        "langchain-community",
        "langchain-huggingface",
        "langchain-text-splitters",
        "pypdf",
        "faiss-cpu",
    ),
    "llamaindex": (
        "llama-index-core",
        "llama-index-embeddings-huggingface",
        "llama-index-readers-file",
    ),
    "haystack": ("haystack-ai", "sentence-transformers-haystack", "pypdf"),
}


def environment(folder: Path, name: str) -> Path:
    """The Python of a recipe's environment, made if it is not there."""
    place = folder / name
    python = place / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not (place / "complete").is_file():
        venv.create(place, with_pip=True, clear=True)
        from importlib.metadata import version

        torch = f"torch=={version('torch').split('+')[0]}"
        command = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            torch,
            "sentence-transformers",
            *PACKAGES[name],
        ]
        subprocess.run(command, check=True)
        (place / "complete").touch()
    return python


def measure(python: Path | str, script: Path, encoder: Path, files: list[Path]) -> dict[str, Any]:
    """Seconds, pages, tokens and versions of one run."""
    command = [str(python), str(script), str(encoder), *(str(file.resolve()) for file in files)]
    done = subprocess.run(
        command, capture_output=True, text=True, env={**os.environ, "HF_HUB_OFFLINE": "1"}
    )
    if done.returncode:
        raise SystemExit(f"{script.name} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--environments", type=Path, default=Path("build/peers"))
    parser.add_argument("--peers", nargs="*", default=list(PACKAGES), choices=list(PACKAGES))
    options = parser.parse_args()
    files = find_files(options.paths)
    encoder = weights.locate(weights.MINILM).folder
    pythons: dict[str, Path | str] = {"katheder": sys.executable}
    pythons |= {name: environment(options.environments, name) for name in options.peers}
    ratios: dict[str, list[float]] = {name: [] for name in options.peers}
    for number in range(1, options.rounds + 1):
        speeds = {}
        for name, python in pythons.items():
            run = measure(python, PEERS / f"{name}_recipe.py", encoder, files)
            speeds[name] = run["pages"] / run["seconds"]
            versions = ", ".join(f"{package} {value}" for package, value in run["versions"].items())
            print(
                f"round {number}: {name:10} {speeds[name]:6.1f} pages/s, {run['pages']} pages, "
                f"{run['tokens']} tokens ({versions})",
                flush=True,
            )
        for name in options.peers:
            ratios[name].append(speeds["katheder"] / speeds[name])
    for name, values in ratios.items():
        print(f"ours / {name}: median ratio {statistics.median(values):.2f} of {options.rounds}")


if __name__ == "__main__":
    main()
