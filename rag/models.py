"""The models that a pipeline uses, each loaded when it is first needed and shared from then on.

Nothing else builds an encoder, a reranker or a writer, so that a program, a test or an
evaluation that wants other models hands in its own here.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ingest import weights
from ingest.embed import Encoder
from ingest.encoders import open_encoder
from ingest.errors import ModelMissing
from ingest.recognition import TextRecogniser
from rag.settings import ModelSettings

if TYPE_CHECKING:
    from rag.generate import Writer
    from rag.rerank import Reranker

NO_MODELS = ModelSettings(reranker="none", generator="none")
"""Settings for models that are all handed in: what is not handed in does not exist."""


class Models:
    """An encoder, perhaps a reranker, and a writer; safe to share between threads."""

    def __init__(
        self,
        settings: ModelSettings | None = None,
        *,
        encoder: Encoder | None = None,
        reranker: Reranker | None = None,
        writer: Writer | None = None,
    ) -> None:
        """Name the models; nothing is loaded yet.

        Args:
            settings: Names, device and numeric type; the defaults where it is None.
            encoder: Used in place of the one that the settings name.
            reranker: Likewise.
            writer: Likewise.
        """
        self.settings = settings or ModelSettings()
        self._own_encoder, self._own_reranker, self._own_writer = encoder, reranker, writer
        self._loaded: dict[tuple[str, ...], Any] = {}  # by kind and settings
        self._lock = threading.RLock()

    def with_settings(self, settings: ModelSettings, *, encoder: Encoder | None = None) -> Models:
        """The models that other settings name; what both name, or was handed in, is shared.

        Args:
            settings: Names, device and numeric type.
            encoder: Used in place of the one that the settings name.
        """
        other = Models(
            settings,
            encoder=encoder or self._own_encoder,
            reranker=self._own_reranker,
            writer=self._own_writer,
        )
        other._loaded, other._lock = self._loaded, self._lock
        return other

    @property
    def encoder(self) -> Encoder:
        """The bi-encoder.

        Raises:
            ModelMissing: it is not on this machine.
        """
        settings = self.settings
        return self._own_encoder or self._once(
            ("encoder", settings.encoder),
            lambda: open_encoder(settings.encoder, settings.device, settings.dtype),
        )

    @property
    def recogniser(self) -> TextRecogniser | None:
        """Reads text in pictures; None where the settings say "none" or rapidocr is missing."""
        if self.settings.recogniser == "none" or not TextRecogniser.is_installed():
            return None
        return self._once(("recogniser",), TextRecogniser)

    @property
    def reranker(self) -> Reranker | None:
        """The reranker; None where the settings say "none".

        Raises:
            ModelMissing: it is not on this machine.
        """
        if self._own_reranker is not None or self.settings.reranker == "none":
            return self._own_reranker
        name = self.settings.reranker
        if name != weights.JOINT_RERANKER:
            return self._once(("reranker", name), lambda: _reranker(self.settings, name))

        def joint() -> Reranker:
            from rag.joint_reranker import JointReranker

            parts = (weights.RERANKER, weights.MULTILINGUAL_RERANKER)
            return JointReranker(*(_reranker(self.settings, part) for part in parts))

        return self._once(("reranker", name), joint)

    @property
    def writer(self) -> Writer:
        """The language model.

        Raises:
            ModelMissing: it is not on this machine, or the settings say "none".
            BadSettings: the settings name a `module:attribute` that is no chat model.
        """
        settings = self.settings
        return self._own_writer or self._once(
            ("writer", settings.generator, settings.adapter), lambda: _writer(settings)
        )

    def _once(self, key: tuple[str, ...], load: Callable[[], Any]) -> Any:
        key = (*key, self.settings.device, self.settings.dtype)
        with self._lock:
            if key not in self._loaded:
                self._loaded[key] = load()
            return self._loaded[key]


def _reranker(settings: ModelSettings, name: str) -> Reranker:
    from rag.cross_encoder import CrossEncoderReranker
    from rag.split_cross_encoder import is_split_cross_encoder
    from rag.split_reranker import SplitReranker

    model = weights.locate(name)
    kind = SplitReranker if is_split_cross_encoder(model.folder) else CrossEncoderReranker
    return kind(model, settings)


def _writer(settings: ModelSettings) -> Writer:
    name = settings.generator
    if name == "none":
        raise ModelMissing(
            'The settings name no language model (models.generator = "none"), so no answer can be '
            "written. Ask without --written (answer.writer = false) for an answer that quotes the "
            f'lectures, or name a model, such as generator = "{weights.DECODER}".'
        )
    if ":" in name:
        from rag.chat_model import ChatModelWriter, import_chat_model, is_importable

        if is_importable(name):
            return ChatModelWriter(import_chat_model(name), name)
    from rag.generate import Generator

    return Generator(settings)
