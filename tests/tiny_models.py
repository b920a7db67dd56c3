"""Tiny real things to test rag with: passages, a Llama and a CrossEncoder with random weights and tokenizers of their own.

They are saved as a hub would keep them, so that the code under test loads them as it loads any
other model. `make_llama` and `make_cross_encoder` take well under a second.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from langchain_core.language_models import FakeListChatModel
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from ingest import bert
from ingest.types import Passage, Span
from rag.split_base import BertBase
from rag.split_cross_encoder import SplitCrossEncoder
from rag.types import Hit, StageScore

TEXTS = [
    "A cat sleeps sixteen hours a day. It hunts mice at night.",
    "A dog guards the house. It barks at strangers.",
    "Gravity pulls masses together.\nAn apple falls from the tree.",
    "Light travels at 299792458 metres per second in vacuum.\n\nWhat is light? Größe, Übung.",
]

CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def passage(name: str, text: str = "", **fields: Any) -> Passage:
    """A passage with an id of one's choice, on page 1 of deck.pdf unless said otherwise."""
    given = {"document": "d", "file": "deck.pdf", "pages": (1,), "headings": ("Deck", "Slide")}
    given |= fields
    page = given["pages"][-1]
    spans = (Span(page, 0, len(text)),)
    return Passage(name, title="Deck", text=text or name, spans=spans, **given)


def hit(name: str, text: str = "", **fields: Any) -> Hit:
    """A hit on such a passage, found by dense search alone with a cosine of 0.5."""
    return Hit(passage(name, text, **fields), {"dense": StageScore(0.5, 1)})


def chat_tokenizer(spaces: Literal["bytes", "metaspace"] = "bytes") -> PreTrainedTokenizerFast:
    """A BPE tokenizer trained on `TEXTS`, over bytes as GPT-2's, or with ▁ for blanks as Llama's."""
    tokenizer = Tokenizer(models.BPE(byte_fallback=False, unk_token="<|unk|>"))
    if spaces == "bytes":
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        tokenizer.decoder = decoders.ByteLevel()
        alphabet = pre_tokenizers.ByteLevel.alphabet()
    else:
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.decoder = decoders.Metaspace()
        alphabet = []
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=["<|unk|>", "<|im_start|>", "<|im_end|>"],
        initial_alphabet=alphabet,
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="<|unk|>",
        bos_token="<|im_start|>",
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        chat_template=CHAT_TEMPLATE,
    )


def make_llama(
    folder: Path, *, ends: bool = False, spaces: Literal["bytes", "metaspace"] = "bytes"
) -> Path:
    """Save a Llama of two layers with its tokenizer, and return the folder.

    Unless it `ends`, no token ends its text, so that it writes as long as it is let. Its weights
    are large enough for next-token probabilities that differ a lot.
    """
    tokenizer = chat_tokenizer(spaces)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=8192,
        initializer_range=0.5,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id if ends else None,
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=False,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make_encoder(folder: Path, texts: list[str]) -> Path:
    """Save a bi-encoder of sentence-transformers that counts the words of `texts`; return the folder.

    A word's embedding is a unit vector of its own, so two texts' cosine counts the words that they
    share; other words are all but ignored.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    words = sorted({word for text in texts for word in re.findall(r"\w+", text.lower())})
    vocabulary = {word: row for row, word in enumerate(["[UNK]", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    rows = np.eye(len(vocabulary), dtype=np.float32)
    rows[0] *= 1e-3
    embedding = StaticEmbedding(tokenizer, embedding_weights=rows)
    SentenceTransformer(modules=[embedding], device="cpu").save_pretrained(str(folder))
    (folder / "config.json").write_text("{}")  # marks the folder as a model's
    (folder / "sentence_bert_config.json").write_text('{"max_seq_length": 64}')
    return folder


def copyist() -> FakeListChatModel:
    """A chat model of langchain-core that repeats the first sentence about cats."""
    return FakeListChatModel(responses=["A cat sleeps sixteen hours a day."])


def make_cross_encoder(folder: Path) -> Path:
    """Save a CrossEncoder, a BERT of two layers with one output, and return the folder."""
    from sentence_transformers import CrossEncoder

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    trainer = trainers.WordPieceTrainer(
        vocab_size=300,
        special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]"],
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", 2), ("[SEP]", 3)],
    )
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token="[UNK]",
        pad_token="[PAD]",
        cls_token="[CLS]",
        sep_token="[SEP]",
        model_max_length=128,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )
    config = BertConfig(
        vocab_size=len(wrapped),
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=128,
        initializer_range=0.5,
        pad_token_id=0,
        num_labels=1,
    )
    plain = folder / "plain"
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(7)
        BertForSequenceClassification(config).save_pretrained(plain)
    wrapped.save_pretrained(plain)
    target = folder / "cross-encoder"
    CrossEncoder(str(plain), device="cpu", local_files_only=True).save_pretrained(str(target))
    return target


def make_bert(seed: int = 0) -> tuple[BertModel, Tokenizer]:
    """A BERT of transformers with three layers, and its tokenizer, which knows the words of `TEXTS`."""
    words = sorted({word for text in TEXTS for word in re.findall(r"\w+", text.lower())})
    names = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *words]
    tokenizer = Tokenizer(
        models.WordLevel({name: n for n, name in enumerate(names)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(names),
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        attn_implementation="sdpa",
    )
    return BertModel(config, add_pooling_layer=False).eval(), tokenizer


def own_bert(model: BertModel) -> bert.Bert:
    """Our BERT with the weights of one of transformers."""
    values = model.config.to_dict()
    config = bert.BertConfig(**{name: values[name] for name in bert.BertConfig.__slots__})
    return bert.Bert.holding(config, model.state_dict())


def make_split_cross_encoder(
    joint_layers: int = 1, seed: int = 0, **options: Any
) -> SplitCrossEncoder:
    """A reader over the BERT of `make_bert`."""
    model, tokenizer = make_bert(seed)
    base = BertBase(own_bert(model), tokenizer)
    return SplitCrossEncoder(base, joint_layers, **options).eval()
