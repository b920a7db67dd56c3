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
from ingest.onnx_bert import is_onnx_installed
from rag.language_models.names import is_importable, model_name
from rag.settings import ModelSettings

if TYPE_CHECKING:
    from ingest.recognition import TextRecogniser
    from rag.generate import Generator, Writer
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
        for_one_question: bool = False,
    ) -> None:
        """Name the models; nothing is loaded yet.

        Args:
            settings: Names, device and numeric type; the defaults where it is None.
            encoder: Used in place of the one that the settings name.
            reranker: Likewise.
            writer: Likewise.
            for_one_question: Whether the process ends after a question or two. The bundled encoders and
                rerankers are then run by ONNX Runtime, where the settings leave it open what runs them:
                to import PyTorch takes longer than to answer.
        """
        self.settings = settings or ModelSettings()
        self._for_one_question = for_one_question
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
            for_one_question=self._for_one_question,
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
            lambda: open_encoder(
                settings.encoder, settings.device, settings.dtype, by_onnx=self.reads_by_onnx
            ),
        )

    @property
    def recogniser(self) -> TextRecogniser | None:
        """Reads text in pictures; None where the settings say "none" or rapidocr is missing."""
        from ingest.recognition import TextRecogniser  # needs Pillow

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
            return self._once(("reranker", name), lambda: self._open_reranker(name))

        def joint() -> Reranker:
            from rag.joint_reranker import JointReranker

            english = self._open_reranker(weights.RERANKER)
            return JointReranker(
                english,
                self._open_reranker(weights.MULTILINGUAL_RERANKER),
                self._open_reranker(weights.LEAD_JUDGE, shares_with=english),
            )

        return self._once(("reranker", name), joint)

    @property
    def writer(self) -> Writer:
        """The language model.

        Raises:
            ModelMissing: it is not on this machine, or the settings say "none".
            BadSettings: the settings name a `module:attribute` that is no chat model.
        """
        settings = self.settings
        key = settings.model_dump_json(exclude={"encoder", "reranker", "recogniser"})
        return self._own_writer or self._once(("writer", key), lambda: _writer(settings))

    @property
    def is_writer_capable(self) -> bool:
        """Whether the writer is one that the reader brought: of a server, a GGUF file or an import."""
        name = self.settings.generator
        if self._own_writer is not None:
            return False
        if model_name(name) is not None:
            return True
        return ":" in name and is_importable(name)

    @property
    def reads_by_onnx(self) -> bool:
        """Whether ONNX Runtime runs the bundled encoders and rerankers."""
        return (
            self._for_one_question
            and self.settings.device in ("auto", "cpu")
            and self.settings.dtype in ("auto", "float32")
            and is_onnx_installed()
        )

    def _open_reranker(self, name: str, *, shares_with: Reranker | None = None) -> Reranker:
        from rag.cross_encoder import CrossEncoderReranker
        from rag.split_reranker import SplitReranker, is_split_cross_encoder

        model = weights.locate(name)
        if is_split_cross_encoder(model.folder):
            shared = shares_with if isinstance(shares_with, SplitReranker) else None
            by_onnx = self.reads_by_onnx
            return SplitReranker(model, self.settings, by_onnx=by_onnx, shares_with=shared)
        return CrossEncoderReranker(model, self.settings)

    def _once(self, key: tuple[str, ...], load: Callable[[], Any]) -> Any:
        key = (*key, self.settings.device, self.settings.dtype)
        with self._lock:
            if key not in self._loaded:
                self._loaded[key] = load()
            return self._loaded[key]


def _writer(settings: ModelSettings) -> Writer:
    name = settings.generator
    if name == "none":
        raise ModelMissing(
            'The settings name no language model (models.generator = "none"), so no answer can be '
            "written. Ask without --written (answer.writer = false) for an answer that quotes the "
            f'lectures, or name a model, such as generator = "{weights.DECODER}".'
        )
    if reserved := model_name(name):
        if reserved.prefix == "gguf":
            from rag.language_models.llama_cpp import LlamaCppWriter, gguf_file

            return LlamaCppWriter(gguf_file(reserved.name), context_tokens=settings.context_tokens)
        from rag.language_models.server_writer import ServerWriter

        return ServerWriter(settings)
    if ":" in name:
        from rag.chat_model import ChatModelWriter, import_chat_model

        if is_importable(name):
            return ChatModelWriter(import_chat_model(name), name)
    from rag.generate import Generator

    generator = Generator(settings)
    return _by_llama_cpp(generator, settings) or generator


def _by_llama_cpp(generator: Generator, settings: ModelSettings) -> Writer | None:
    """The same model by llama.cpp, where the settings and this machine allow it.

    Raises:
        ModelMissing: the settings say llama.cpp, and the model or this machine does not allow it.
    """
    from rag.language_models.llama_cpp import LlamaCppWriter, is_llama_cpp_installed

    is_gguf = generator.weights.file.endswith(".gguf")
    if settings.engine == "llama.cpp" and not is_gguf:
        raise ModelMissing(
            f'models.engine = "llama.cpp" needs a GGUF file, and {settings.generator} is none; '
            'name one as generator = "gguf:FILE", or set models.engine = "auto"'
        )
    on_cpu = weights.choose_device(settings.device) == "cpu"
    chosen = settings.engine == "llama.cpp" or (
        settings.engine == "auto" and on_cpu and is_llama_cpp_installed()
    )
    if not is_gguf or not chosen:
        return None
    return LlamaCppWriter(
        generator.weights,
        generator.adapter,
        context_tokens=settings.context_tokens,
        beam_writer=generator,
    )
