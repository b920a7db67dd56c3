"""The data of the three streams, without Streamlit: bundled lectures, MNIST, and melodies."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from language import token_streams
from language.errors import LanguageError
from language.token_streams import Stream

HELD_OUT = "transformers"  # the lecture from which the letters do not learn
_IMAGES, _TESTS = 10_000, 1_000


def stream(name: str, folder: Path | None = None) -> Stream:
    """The tokens of a stream, to learn from and to be measured on.

    Args:
        name: letters, digits or sound.
        folder: Of MNIST's files; None looks where the laboratory of image models does.

    Raises:
        LanguageError: there is no such stream, or MNIST is not to be had.
    """
    makers = {"letters": _letters, "digits": lambda: _digits(folder), "sound": token_streams.sound_stream}  # fmt: skip
    if name not in makers:
        raise LanguageError(f"There is no stream {name!r}, expected one of {', '.join(makers)}")
    return makers[name]()


def lecture_texts() -> tuple[str, str]:
    """The English lectures but one as a text, and that one."""
    from ui.language_laboratory.narrowing import lectures

    texts = {name: "\n".join(pages) for name, pages in lectures().items()}
    held_out = texts.pop(HELD_OUT)
    return "\n".join(texts.values()), held_out


def _letters() -> Stream:
    return token_streams.letter_stream(*lecture_texts())


def _digits(folder: Path | None) -> Stream:
    from generative.data import Images, mnist
    from generative.errors import DataMissing

    try:
        data = mnist(folder)
    except DataMissing as error:
        raise LanguageError(str(error)) from error

    def part(images: Images, count: int) -> tuple[np.ndarray, np.ndarray]:
        some = images.first(count)
        return some.floats[:, 0].numpy(), some.labels.numpy()

    return token_streams.digit_stream(part(data.train, _IMAGES), part(data.test, _TESTS))


def wave_bytes(signal: np.ndarray, rate: int) -> bytes:
    """A WAV file, 16 bits, one channel, of samples in [-1, 1]."""
    import io
    import wave

    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(signal, -1, 1) * 32767).astype("<i2").tobytes())
    return buffer.getvalue()
