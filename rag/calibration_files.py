"""Where calibrations are stored: beside a library, and with the program."""

from __future__ import annotations

from pathlib import Path

from ingest import resources

CALIBRATION_FILE = "calibration.json"  # in a library's folder


def calibration_files(library: Path | None) -> list[Path]:
    """The calibrations in the order in which they are tried: the library's own, then the bundled."""
    own = library / CALIBRATION_FILE if library else None
    bundled = sorted((resources.models() / "abstention").glob("*.json"))
    return [own, *bundled] if own and own.is_file() else bundled
