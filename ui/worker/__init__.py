"""Keep models loaded between commands.

Importing PyTorch and loading models takes longer than answering. So `katheder ask`, `search` and
`chat` talk to a worker: a process of the same user that holds one pipeline, listens on a socket
in the cache folder that only this user can open, and ends after some idle minutes
(`app.keep_warm_minutes`; 0 means no worker). `server` is that process, which runs the service of
`ui.service`; `client` is what talks to it.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.answerer import Answerer
    from rag.settings import Settings


def open_pipeline(folder: Path, settings: Settings) -> Answerer:
    """What answers questions about a library: a service, its worker, or a pipeline in this process.

    Raises:
        KathederError: the pipeline in this process does not open, see `Pipeline.load`. A worker
            is started with the first question, and its faults are raised then.
    """
    from ui.worker.client import RemotePipeline, is_available

    if settings.app.service:
        from ui.service_client import ServicePipeline

        return ServicePipeline(settings)

    if is_available(settings):
        return RemotePipeline(folder, settings)
    from rag.models import Models
    from rag.pipeline import Pipeline

    return Pipeline.load(folder, settings, Models(settings.models, for_one_question=True))
