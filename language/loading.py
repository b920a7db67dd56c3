"""Load an encoder or a decoder with its tokeniser, in float32, for looking inside.

Attention is computed by transformers' plain implementation, because the fast ones keep no
attention weights.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def load_encoder(folder: Path | str) -> tuple[Any, Any]:
    """A bidirectional encoder and its tokeniser, from a folder or by a name on the hub."""
    from transformers import AutoModel

    return _load(AutoModel, folder)


def load_decoder(folder: Path | str) -> tuple[Any, Any]:
    """A causal language model and its tokeniser, from a folder or by a name on the hub."""
    from transformers import AutoModelForCausalLM

    return _load(AutoModelForCausalLM, folder)


def _load(kind: Any, folder: Path | str) -> tuple[Any, Any]:
    import torch
    from transformers import AutoTokenizer
    from transformers.utils import logging

    logging.disable_progress_bar()  # a bundled model is there in a second
    model = kind.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    return model.eval(), AutoTokenizer.from_pretrained(folder)
