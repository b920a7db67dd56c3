"""Sound as tokens: mu-law gives quiet samples finer steps than loud ones, as the ear hears.

F(x) = sgn(x) ln(1 + mu |x|) / ln(1 + mu) with mu = 255 is divided into 256 steps of equal width.
Source: ITU-T G.711 (1988), in the continuous form that WaveNet uses (van den Oord et al. 2016).
"""

from __future__ import annotations

import numpy as np

from language.errors import LanguageError

LEVELS = 256


def encode(signal: np.ndarray) -> np.ndarray:
    """Codes 0 to 255, int64, of a signal in [-1, 1], of the same shape; code 128 is near silence.

    Raises:
        LanguageError: a sample is outside of [-1, 1] or is no number.
    """
    signal = np.asarray(signal, dtype=np.float64)
    if signal.size and not np.abs(signal).max() <= 1:
        raise LanguageError(
            f"The signal reaches {np.abs(signal).max():.3g}, expected at most 1; divide it by that"
        )
    mu = LEVELS - 1
    squeezed = np.sign(signal) * np.log1p(mu * np.abs(signal)) / np.log1p(mu)
    codes: np.ndarray = np.rint((squeezed + 1) / 2 * mu).astype(np.int64)
    return codes


def decode(codes: np.ndarray) -> np.ndarray:
    """The middle of each code's step, in [-1, 1]: the inverse of F.

    Raises:
        LanguageError: a code is outside of 0 to 255.
    """
    codes = np.asarray(codes)
    if codes.size and not (codes.min() >= 0 and codes.max() < LEVELS):
        raise LanguageError(
            f"The codes reach from {codes.min()} to {codes.max()}, expected 0 to {LEVELS - 1}"
        )
    mu = LEVELS - 1
    squeezed = 2 * codes.astype(np.float64) / mu - 1
    signal: np.ndarray = np.sign(squeezed) * np.expm1(np.abs(squeezed) * np.log1p(mu)) / mu
    return signal
