"""Melodies made by a formula: plucked tones of a pentatonic scale, the same for the same seed."""

from __future__ import annotations

import numpy as np

from language.errors import LanguageError

RATE = 4000  # samples per second
SCALE = (0, 2, 4, 7, 9, 12)  # half tones above the lowest note
LOWEST = 220.0  # Hz
NOTE = 0.25  # seconds
OVERTONES = (1.0, 0.5, 0.25)  # loudness of the tone and its multiples


def melody(notes: int, seed: int) -> np.ndarray:
    """(notes * NOTE * RATE,) samples in [-1, 1]: each note steps up or down the scale, or stays.

    A note of frequency f is sum over k of OVERTONES[k - 1] sin(2 pi k f t), fading as exp(-4 t).

    Raises:
        LanguageError: notes is below 1.
    """
    if notes < 1:
        raise LanguageError(f"The melody has {notes} notes, expected at least 1")
    chance = np.random.default_rng(seed)
    times = np.arange(int(NOTE * RATE)) / RATE
    fading = np.exp(-4 * times) * np.minimum(1, times * 200)  # 5 ms to start, without a click
    step, parts = int(chance.integers(len(SCALE))), []
    for _ in range(notes):
        frequency = LOWEST * 2 ** (SCALE[step] / 12)
        tones = [
            loudness * np.sin(2 * np.pi * multiple * frequency * times)
            for multiple, loudness in enumerate(OVERTONES, 1)
        ]
        parts.append(fading * np.sum(tones, axis=0) / sum(OVERTONES))
        step = int(np.clip(step + chance.integers(-2, 3), 0, len(SCALE) - 1))
    return np.concatenate(parts)
