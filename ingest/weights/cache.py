"""The folder of what is computed once: converted weights, and the speed of bfloat16."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def cache_dir() -> Path:
    """The cache folder, which need not exist; the variable `KATHEDER_CACHE` overrides it."""
    override = os.environ.get("KATHEDER_CACHE")
    return Path(override) if override else Path(platformdirs.user_cache_dir("katheder"))
