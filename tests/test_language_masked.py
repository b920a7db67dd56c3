"""The head for masked words: against transformers' BertForMaskedLM, and on real sentences."""

from __future__ import annotations

import copy

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertForMaskedLM, BertModel, PreTrainedTokenizerFast

from language.errors import LanguageError
from language.masked import (
    FOLDER,
    MaskedHead,
    MaskedModel,
    bundled_model,
    card_of,
    fill_mask,
    head_inputs,
    hub_model,
    read_head,
    shifted,
    write_head,
)

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "dog", "sleeps", "eats"]


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(models.WordLevel({w: n for n, w in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        **{f"{kind}_token": f"[{kind.upper()}]" for kind in ("pad", "unk", "cls", "sep", "mask")},
    )


def tiny_config(**options: object) -> BertConfig:
    return BertConfig(
        vocab_size=len(WORDS), hidden_size=16, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=24, max_position_embeddings=12, initializer_range=0.4,
        **options,
    )  # fmt: skip


@pytest.fixture(scope="module")
def whole() -> BertForMaskedLM:
    """A random BERT with transformers' own head."""
    torch.manual_seed(0)
    return BertForMaskedLM(tiny_config()).eval()


def copy_of_head(whole: BertForMaskedLM) -> MaskedHead:
    theirs = whole.cls.predictions
    head = MaskedHead((2,), (), 16, len(WORDS), whole.config.layer_norm_eps)
    head.dense.load_state_dict(theirs.transform.dense.state_dict())
    head.norm.load_state_dict(theirs.transform.LayerNorm.state_dict())
    torch.nn.init.normal_(theirs.bias)
    head.bias.data.copy_(theirs.bias.data)
    return head.eval()


def test_the_head_equals_that_of_transformers(whole):
    head = copy_of_head(whole)
    features = tiny_tokenizer()("the [MASK] eats", return_tensors="pt")
    with torch.inference_mode():
        ours = head(
            head_inputs(whole.bert, features, (2,), ()), whole.get_input_embeddings().weight
        )
        torch.testing.assert_close(ours, whole(**features).logits)


def test_tokens_nearby_are_read_within_the_text_alone():
    states = torch.arange(1.0, 9.0).reshape(2, 4, 1)
    mask = torch.tensor([[1, 1, 1, 1], [1, 1, 0, 0]])
    assert shifted(states, mask, 1)[:, :, 0].tolist() == [[2, 3, 4, 0], [6, 0, 0, 0]]
    assert shifted(states, mask, -2)[:, :, 0].tolist() == [[0, 0, 1, 2], [0, 0, 5, 6]]


def test_candidates_are_the_softmax_at_each_mask(whole, tmp_path):
    tokenizer = tiny_tokenizer()
    whole.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    model = hub_model(str(tmp_path))
    text = "the [MASK] eats the [MASK]"
    first, second = fill_mask(text, model, len(WORDS))
    with torch.inference_mode():
        logits = whole(**tokenizer(text, return_tensors="pt")).logits[0]
    for candidates, place in ((first, 2), (second, 5)):
        expected = logits[place].softmax(dim=0)
        assert [one.id for one in candidates] == expected.argsort(descending=True).tolist()
        assert [one.probability for one in candidates] == pytest.approx(
            expected.sort(descending=True).values.tolist()
        )
        assert sum(one.probability for one in candidates) == pytest.approx(1)
        assert candidates[0].token == WORDS[candidates[0].id]


def test_a_head_survives_its_file_in_half_precision(whole, tmp_path):
    head = copy_of_head(whole)
    write_head(MaskedHead((1, 2), (-1, 1), 16, 10, 1e-6), {}, tmp_path / "wide", {})
    wide, none = read_head(tmp_path / "wide")
    assert (wide.layers, wide.offsets, wide.dense.in_features) == ((1, 2), (-1, 1), 64)
    assert none == {}
    down, up = torch.randn(2, 16), torch.randn(24, 2)
    write_head(head, {"a.down.b": (down, up)}, tmp_path, {"seed": 3})
    again, updates = read_head(tmp_path)
    assert card_of(tmp_path) == {"seed": 3}
    assert list(updates) == ["a.down.b"]
    torch.testing.assert_close(updates["a.down.b"], (down.half().float(), up.half().float()))
    assert (again.layers, again.offsets) == ((2,), ())
    for name, value in head.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], value.half().float())
    file = tmp_path / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(LanguageError, match="SHA-256"):
        read_head(tmp_path)
    with pytest.raises(LanguageError, match="install katheder again"):
        read_head(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("text", "count", "message"),
    [
        ("the cat eats", 3, "has no \\[MASK\\]"),
        ("", 3, "has no \\[MASK\\]"),
        ("[MASK]", 0, "expected 1 to 10"),
        ("[MASK]", 11, "expected 1 to 10"),
        ("the [MASK] " * 30, 3, "expected at most 12"),
        ("[MASK] \ud800", 3, "surrogate"),
    ],
)
def test_what_cannot_be_filled_is_refused(whole, text, count, message):
    model = MaskedModel("tiny", tiny_tokenizer(), lambda features: whole(**features).logits, 12)
    with pytest.raises(LanguageError, match=message):
        fill_mask(text, model, count)


def test_a_head_of_another_encoder_and_an_unknown_model_are_refused(tmp_path):
    write_head(MaskedHead((2,), (), 16, 99, 1e-12), {}, tmp_path, {})
    with pytest.raises(LanguageError, match="knows 99 tokens, the encoder has 10"):
        bundled_model(BertModel(tiny_config()), tiny_tokenizer(), tmp_path)
    with pytest.raises(LanguageError, match="no-such/model"):
        hub_model("no-such/model")


def test_a_tuned_encoder_is_read_with_its_updates(whole, tmp_path):
    """The logits of a file with updates are those of an encoder whose weights hold them."""
    name = "encoder.layer.1.output.dense"
    down, up = torch.randn(2, 24).half().float(), torch.randn(16, 2).half().float()
    write_head(copy_of_head(whole), {name: (down, up)}, tmp_path, {})
    tokenizer = tiny_tokenizer()
    features = tokenizer("the [MASK] eats", return_tensors="pt")
    changed = copy.deepcopy(whole)
    copied_head = read_head(tmp_path)[0]
    changed.bert.get_submodule(name).weight.data += up @ down
    with torch.inference_mode():
        logits = bundled_model(whole.bert, tokenizer, tmp_path).logits(features)
        states = changed.bert(**features).last_hidden_state
        expected = copied_head(states, whole.get_input_embeddings().weight)
        before = whole.bert(**features).last_hidden_state
    torch.testing.assert_close(logits, expected)
    assert not torch.allclose(before, states)


def test_the_shipped_head_and_updates_are_small():
    assert (FOLDER / "model.safetensors").stat().st_size < 5_000_000


@pytest.mark.slow
def test_the_shipped_head_expects_the_right_word_far_more_than_its_frequency_says():
    from language.loading import load_encoder
    from ui.language_laboratory.models import encoder_folder

    encoder, tokenizer = load_encoder(encoder_folder())
    model = bundled_model(encoder, tokenizer)
    frequency = read_head()[0].bias.detach().softmax(dim=0)
    sentences = {  # written for this test
        "The gradient of the loss tells in which [MASK] the weights move.": "direction",
        "A plant uses the energy of [MASK] to make sugar from water.": "light",
        "The mean is the sum of all values divided by their [MASK].": "number",
        "Supply and [MASK] decide the price on a market.": "demand",
        "The probability of an event lies between zero and [MASK].": "one",
        "The heart pumps [MASK] through the body.": "blood",
    }
    gains = []
    for text, expected in sentences.items():
        token = tokenizer.convert_tokens_to_ids(expected)
        candidates = fill_mask(text, model, len(tokenizer))[0]
        probability = next(one.probability for one in candidates if one.id == token)
        gains.append(probability / float(frequency[token]))
    assert sum(gain > 3 for gain in gains) >= 5, gains


@pytest.mark.slow
def test_the_shipped_head_is_as_right_as_its_card_says_and_needs_its_updates():
    """On 60 of the held-out pieces, with masks of another seed than the card's."""
    from language.loading import load_encoder
    from language.low_rank import updated
    from training.language.masked_head import all_texts, masked_positions, measure, pieces
    from ui.language_laboratory.models import encoder_folder

    encoder, tokenizer = load_encoder(encoder_folder())
    table = encoder.get_input_embeddings().weight.detach()
    head, updates = read_head()
    rows = pieces(all_texts()[::10], tokenizer)[:60]
    tuned = measure(head, masked_positions(rows, updated(encoder, updates), tokenizer, 7), table)
    plain = measure(head, masked_positions(rows, encoder, tokenizer, 7), table)
    card = card_of()["test"]
    assert tuned["count"] > 1000
    # Pieces differ: the share right first is .15 on these 1,100 tokens, .18 on all that are held out.
    assert tuned["first"] == pytest.approx(card["first"], abs=0.06)
    assert tuned["first ten"] == pytest.approx(card["first ten"], abs=0.08)
    assert plain["first"] < tuned["first"]
    assert plain["loss"] > tuned["loss"] + 0.2
