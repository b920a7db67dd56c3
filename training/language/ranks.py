"""Make the files of ranks in `language/data/ranks` from the npm package js-tiktoken (MIT).

    npm pack js-tiktoken@1.0.21
    python -m training.language.ranks js-tiktoken-1.0.21.tgz

The package holds the ranks of tiktoken's encodings in another form. Rewritten as lines of
`base64 rank`, their SHA-256 are those that tiktoken expects; no file is written with another one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import lzma
import re
import tarfile
from pathlib import Path

from ingest import resources
from language.ranks import SHA256

FOLDER = resources.package_file("language", "data", "ranks")
FILES = ("p50k_base", "cl100k_base", "o200k_base")  # r50k_base is the beginning of p50k_base


def rank_lines(source: str) -> bytes:
    """Lines of `base64 rank` from a module of the package.

    Its string of ranks has lines of `! first token token ...`: tokens with consecutive ranks.
    """
    match = re.search(r'"bpe_ranks":\s*("(?:[^"\\]|\\.)*")', source)
    if match is None:
        raise ValueError("the module has no bpe_ranks; expected js-tiktoken 1.0.21")
    lines = []
    for row in json.loads(match[1]).splitlines():
        _, first, *tokens = row.split(" ")
        lines += [f"{token} {rank}\n" for rank, token in enumerate(tokens, int(first))]
    return "".join(lines).encode()


def main() -> None:
    """Write the files, compressed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("package", type=Path, help="js-tiktoken-1.0.21.tgz")
    parser.add_argument("--output", type=Path, default=FOLDER)
    arguments = parser.parse_args()
    arguments.output.mkdir(parents=True, exist_ok=True)
    with tarfile.open(arguments.package) as archive:
        for name in FILES:
            member = archive.extractfile(f"package/dist/ranks/{name}.js")
            assert member is not None
            lines = rank_lines(member.read().decode())
            expected = SHA256[f"{name}.tiktoken"]
            sha256 = hashlib.sha256(lines).hexdigest()
            if sha256 != expected:
                raise SystemExit(f"{name} has SHA-256 {sha256}, expected {expected}")
            packed = lzma.compress(lines, preset=9 | lzma.PRESET_EXTREME)
            file = arguments.output / f"{name}.tiktoken.xz"
            file.write_bytes(packed)
            print(f"{file}: {len(packed):,} bytes of {len(lines):,}")


if __name__ == "__main__":
    main()
