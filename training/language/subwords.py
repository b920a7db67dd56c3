"""Train the small vocabularies of the language laboratory on the lectures in `corpus/`.

    python -m training.language.subwords

Two SentencePiece models with 4,000 tokens each, unigram and BPE, in `models/language/sentencepiece`
with their SHA-256, and the list of the lectures' words in `language/data/words.txt`, most frequent
first. It takes seconds, and the same lectures give the same files.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from collections import Counter
from pathlib import Path

import regex
import sentencepiece

from ingest import resources
from training.corpus import corpus_pages

VOCABULARY_SIZE = 4000
KINDS = ("unigram", "bpe")


def lines_of_lectures() -> list[str]:
    """The lines of all pages."""
    return [line for page in corpus_pages().values() for line in page.splitlines() if line.strip()]


def train_sentencepiece(lines: list[str], kind: str, vocabulary_size: int) -> bytes:
    """A SentencePiece model, `kind` unigram or bpe, which keeps the text as it is.

    Characters that are in no line are spelled in bytes.
    """
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        vocab_size=vocabulary_size,
        model_type=kind,
        character_coverage=1.0,
        byte_fallback=True,
        normalization_rule_name="identity",
        remove_extra_whitespaces=False,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()


def words_by_frequency(lines: list[str]) -> list[str]:
    """Words and signs, most frequent first, in alphabetical order where counts are equal."""
    counts = Counter(match for line in lines for match in regex.findall(r"\w+|[^\w\s]", line))
    return sorted(counts, key=lambda word: (-counts[word], word))


def main() -> None:
    """Train and write everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]
    parser.add_argument("--models", type=Path, default=resources.models() / "language")
    parser.add_argument("--data", type=Path, default=resources.package_file("language", "data"))
    arguments = parser.parse_args()
    lines = lines_of_lectures()
    folder = arguments.models / "sentencepiece"
    folder.mkdir(parents=True, exist_ok=True)
    pins = {}
    for kind in KINDS:
        model = train_sentencepiece(lines, kind, VOCABULARY_SIZE)
        (folder / f"{kind}.model").write_bytes(model)
        pins[kind] = hashlib.sha256(model).hexdigest()
        print(f"{folder / kind}.model: {len(model):,} bytes")
    (folder / "sha256.json").write_text(json.dumps(pins, indent=2) + "\n")
    words = words_by_frequency(lines)
    arguments.data.mkdir(parents=True, exist_ok=True)
    (arguments.data / "words.txt").write_text("\n".join(words) + "\n", encoding="utf-8")
    print(f"{arguments.data / 'words.txt'}: {len(words):,} words")


if __name__ == "__main__":
    main()
