"""Ask questions of lectures on your own machine; every sentence of an answer names its page.

    from katheder import Katheder

    lectures = Katheder("library")
    lectures.add("~/lectures")
    answer = lectures.ask("What is causal attention?")
    for sentence in answer.sentences:
        print(sentence.text, answer.source_of(sentence).citation)

`Katheder` is enough for most programs. `Library`, `Pipeline`, `Models` and `Settings` are what it
is made of. Names are imported when they are first used, so that `import katheder` costs nothing.
"""

from __future__ import annotations

from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.errors import KathederError as KathederError
    from ingest.pipeline import FileReport as FileReport
    from ingest.store import Library as Library
    from ingest.types import Course as Course
    from ingest.types import Document as Document
    from ingest.types import Passage as Passage
    from katheder.lectures import Katheder as Katheder
    from rag.models import Models as Models
    from rag.pipeline import Pipeline as Pipeline
    from rag.sampling import Sampling as Sampling
    from rag.scope import Scope as Scope
    from rag.settings import Settings as Settings
    from rag.settings import load_settings as load_settings
    from rag.types import Answer as Answer
    from rag.types import Hit as Hit
    from rag.types import Sentence as Sentence
    from rag.types import Source as Source
    from rag.types import Turn as Turn

    __version__: str

_HOMES = {
    "Answer": "rag.types",
    "Course": "ingest.types",
    "Document": "ingest.types",
    "FileReport": "ingest.pipeline",
    "Hit": "rag.types",
    "Katheder": "katheder.lectures",
    "KathederError": "ingest.errors",
    "Library": "ingest.store",
    "Models": "rag.models",
    "Passage": "ingest.types",
    "Pipeline": "rag.pipeline",
    "Sampling": "rag.sampling",
    "Scope": "rag.scope",
    "Sentence": "rag.types",
    "Settings": "rag.settings",
    "Source": "rag.types",
    "Turn": "rag.types",
    "load_settings": "rag.settings",
}

__all__ = [*_HOMES, "__version__"]


def __getattr__(name: str) -> object:
    if name == "__version__":
        return metadata.version("katheder")
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    _check_own_packages()
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


def _check_own_packages() -> None:
    """Refuse to go on where a file of the user's, such as ingest.py, would be imported instead."""
    own = Path(__path__[0]).resolve().parent
    for package in ("ingest", "rag"):
        spec = find_spec(package)
        origin = spec.origin if spec else None
        if origin is None or Path(origin).resolve().parent.parent != own:
            raise ImportError(
                f"{origin or f'a folder {package}'} hides Katheder's own package {package!r} in "
                f"{own}. Rename it, or start Python with -P and from another folder."
            )
