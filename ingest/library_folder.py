"""Where the library is, unless a command or a program names another folder."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from ingest.milvus.address import library_path


def default_library() -> Path:
    """The library of `KATHEDER_LIBRARY`, or `library` in the platform's folder for program data."""
    folder = os.environ.get("KATHEDER_LIBRARY")
    return (
        library_path(folder) if folder else Path(platformdirs.user_data_dir("katheder")) / "library"
    )
