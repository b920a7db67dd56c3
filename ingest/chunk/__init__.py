"""Cut a document into passages: the units that are embedded, retrieved and cited.

`chunker` goes through a document page by page. `builds` groups the pages of a slide that grows
step by step, `headings` tells which headings a place is under, `line_rules` decides whether a
line continues the one before, `paragraphs` joins lines and ends sentences, `packing` fills
passages up to their length. `model_input` says what a model reads of a passage.
"""

from ingest.chunk.chunker import CHUNKER_VERSION, chunk
from ingest.chunk.model_input import embedding_text, windows
from ingest.chunk.settings import ChunkSettings, TokenCounter

__all__ = [
    "CHUNKER_VERSION",
    "ChunkSettings",
    "TokenCounter",
    "chunk",
    "embedding_text",
    "windows",
]
