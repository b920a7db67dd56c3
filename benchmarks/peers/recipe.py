"""What the recipes have in common; imports nothing but the standard library."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path

#: Gets the files, and gives the number of pages and the texts that were embedded.
Recipe = Callable[[list[str]], tuple[int, list[str]]]


def measure(load: Callable[[str], Recipe], packages: Sequence[str]) -> None:
    """Load a recipe with an encoder's folder, run it once, and print what it took as JSON.

    The arguments of the program are the encoder's folder and the files. Loading is not timed.
    """
    folder, *files = sys.argv[1:]
    recipe = load(folder)
    start = time.perf_counter()
    pages, texts = recipe(files)
    seconds = time.perf_counter() - start
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(Path(folder) / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    window = json.loads((Path(folder) / "sentence_bert_config.json").read_text())["max_seq_length"]
    counts = [len(e.ids) for e in tokenizer.encode_batch(texts, add_special_tokens=False)]
    result = {
        "seconds": seconds,
        "pages": pages,
        "tokens": sum(min(count, window - 2) for count in counts),
        "versions": {package: version(package) for package in packages},
    }
    print(json.dumps(result))
