"""The tokenisers by name, which command line and page share; each is loaded once a process."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from language import ranks, tokens, vocabularies
from language.errors import LanguageError
from ui.language_laboratory.models import encoder_folder

TITLES: Mapping[str, str] = {  # name: what a reader sees
    "characters": "Characters",
    "words": "Words",
    "wordpiece": "WordPiece (the bundled encoder's)",
    "smollm2": "Byte-level BPE (the bundled decoder's)",
    "unigram": "SentencePiece, unigram",
    "sentencepiece-bpe": "SentencePiece, BPE",
    **{name: f"tiktoken, {name}" for name in ranks.ENCODINGS},
}
NAMES = tuple(TITLES)


@lru_cache(maxsize=len(TITLES))
def tokenizer(name: str) -> tokens.Tokenizer:
    """The tokeniser of a name.

    Raises:
        LanguageError: there is no such tokeniser.
    """
    if name == "characters":
        return tokens.characters(vocabularies.lecture_characters())
    if name == "words":
        return tokens.words(vocabularies.lecture_words())
    if name == "wordpiece":
        return tokens.wordpiece(name, _from_folder(encoder_folder()))
    if name == "smollm2":
        from ingest import weights

        located = weights.locate(weights.DECODER)
        return tokens.byte_level(name, weights.decoder_tokenizer(located))
    if name in ("unigram", "sentencepiece-bpe"):
        kind = name.removeprefix("sentencepiece-")
        return tokens.sentencepiece(name, vocabularies.sentencepiece_model(kind))
    if name in ranks.ENCODINGS:
        from ingest import weights

        return tokens.tiktoken_encoding(ranks.encoding(name, weights.cache_dir() / "tiktoken"))
    raise LanguageError(f"There is no tokeniser {name!r}, expected one of {', '.join(NAMES)}")


def _from_folder(folder: Path):  # type: ignore[no-untyped-def]
    """A `tokenizers.Tokenizer`, which loads without transformers."""
    from tokenizers import Tokenizer

    return Tokenizer.from_file(str(folder / "tokenizer.json"))
