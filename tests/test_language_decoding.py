"""language/decoding.py, beam_search.py and diversity.py against transformers' `generate` and nltk."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from scipy.stats import chisquare
from tiny_models import make_llama

from language.beam_search import beam_search
from language.causal import encode, end_tokens
from language.decoding import draw, goodness_of_fit, greedy, sample
from language.diversity import bleu, distinct, repetition, self_bleu
from language.errors import LanguageError
from language.loading import load_decoder
from language.next_word import next_logits
from language.warpers import Warping, softmax, warp

PROMPTS = [
    f"{start} {middle} {end}"
    for start, middle, end in product(
        ["A cat", "The dog", "Gravity", "Light travels", "An apple"],
        ["sleeps", "guards", "pulls masses", "falls", "hunts mice"],
        ["at night", "in"],
    )
]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A Llama with random weights whose texts do not end, and its tokeniser."""
    return load_decoder(make_llama(tmp_path_factory.mktemp("tiny")))


@pytest.fixture
def ending(tiny):
    """The same model, with three tokens that end a text; greedy texts meet them early."""
    model, tokenizer = tiny
    frequent = [greedy(model, encode(tokenizer, text), 12).ids[5] for text in PROMPTS[:3]]
    model.generation_config.eos_token_id = sorted(set(frequent))
    yield model, tokenizer
    model.generation_config.eos_token_id = None


@pytest.fixture(scope="module")
def bundled():
    from ui.language_laboratory.models import decoder_folder

    return load_decoder(decoder_folder())


def generated(model, ids: list[int], new: int, **options: object) -> list[tuple[int, ...]]:
    """What transformers writes behind the prompt, each up to its end token."""
    ends = end_tokens(model)
    texts = model.generate(
        torch.tensor([ids]),
        attention_mask=torch.ones(1, len(ids), dtype=torch.long),
        max_new_tokens=new,
        pad_token_id=2,
        **options,
    )[:, len(ids) :].tolist()
    stops = [next((n + 1 for n, i in enumerate(text) if i in ends), new) for text in texts]
    return [tuple(text[:stop]) for text, stop in zip(texts, stops, strict=True)]


@pytest.mark.parametrize("kind", ["tiny", "ending"])
def test_greedy_is_that_of_generate(kind, request):
    model, tokenizer = request.getfixturevalue(kind)
    for text in PROMPTS[::10]:
        ids = encode(tokenizer, text)
        for penalty in (1.0, 1.3):
            ours = greedy(model, ids, 10, repetition_penalty=penalty)
            options = {"do_sample": False, "repetition_penalty": penalty}
            assert [ours.ids] == generated(model, ids, 10, **options)
            assert ours.complete == (ours.ids[-1] in end_tokens(model))


def compare_beams(model, tokenizer, prompts: list[str], num_beams: int) -> int:
    """Compare all beams with those of `generate`; how many of them ended with an end token."""
    ends = 0
    for text in prompts:
        ids = encode(tokenizer, text)
        ours = beam_search(model, ids, 8, num_beams)
        options = {"do_sample": False, "num_beams": num_beams, "num_return_sequences": num_beams}
        assert [one.ids for one in ours.continuations] == generated(model, ids, 8, **options)
        ends += sum(one.complete for one in ours.continuations)
    return ends


def test_beam_search_is_that_of_generate(ending):
    assert sum(compare_beams(*ending, PROMPTS[n::12], n) for n in (2, 3, 4, 5)) > 0


@pytest.mark.slow
@pytest.mark.parametrize("num_beams", [2, 3, 4, 5])
@pytest.mark.parametrize("kind", ["tiny", "ending"])
def test_beam_search_is_that_of_generate_on_50_prompts(kind, num_beams, request):
    assert len(set(PROMPTS)) == 50
    ends = compare_beams(*request.getfixturevalue(kind), PROMPTS, num_beams)
    assert (ends > 0) == (kind == "ending")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_bundled_decoder_writes_as_with_generate(bundled):
    model, tokenizer = bundled
    for place, text in enumerate(PROMPTS[2::5]):
        ids, num_beams = encode(tokenizer, text), 2 + place % 4
        [theirs] = generated(model, ids, 6, do_sample=False, num_beams=num_beams)
        assert beam_search(model, ids, 6, num_beams).continuations[0].ids == theirs, text
        assert [greedy(model, ids, 6).ids] == generated(model, ids, 6, do_sample=False), text


@pytest.mark.parametrize("kind", ["tiny", "ending"])
def test_samples_are_those_of_generate_with_the_same_seed(kind, request):
    model, tokenizer = request.getfixturevalue(kind)
    ids = encode(tokenizer, "A cat sleeps")
    values = {"temperature": 1.2, "top_k": 50, "top_p": 0.95, "repetition_penalty": 1.1}
    for seed in (0, 1, 2):
        ours = sample(model, ids, 10, draws=4, warping=Warping(**values), seed=seed)
        torch.manual_seed(seed)
        options = {"do_sample": True, "num_return_sequences": 4, **values}
        assert [one.ids for one in ours] == generated(model, ids, 10, **options)


def test_one_beam_is_greedy_and_more_beams_score_higher(ending):
    model, tokenizer = ending
    for text in PROMPTS[:10]:
        ids = encode(tokenizer, text)
        alone = beam_search(model, ids, 8, 1).continuations[0]
        assert alone.ids == greedy(model, ids, 8).ids
        assert alone.log_probability == pytest.approx(greedy(model, ids, 8).log_probability)


def test_beams_as_many_as_all_texts_find_the_likeliest_one(tiny):
    """With two tokens to write and enough beams to keep every first token, the search is complete."""
    model, tokenizer = tiny
    ids = encode(tokenizer, "Light")
    first = next_logits(model, ids).log_softmax(-1)
    totals = {}
    for token in first.topk(16).indices.tolist():
        after = next_logits(model, [*ids, token]).log_softmax(-1)
        totals[token, int(after.argmax())] = float(first[token] + after.max())
    found = beam_search(model, ids, 2, 16).continuations[0]
    assert found.ids == max(totals, key=totals.__getitem__)
    assert found.log_probability == pytest.approx(max(totals.values()), abs=1e-4)


def test_the_tree_holds_each_candidate_with_its_score(ending):
    model, tokenizer = ending
    ids = encode(tokenizer, "The dog guards")
    search = beam_search(model, ids, 6, 3)
    count = (1 + len(end_tokens(model))) * 3
    steps = {branch.step for branch in search.tree}
    for step in steps:
        branches = [branch for branch in search.tree if branch.step == step]
        assert len(branches) == count
        totals = [branch.total for branch in branches]
        assert totals == sorted(totals, reverse=True)
        if step < max(steps):
            assert sum(branch.state == "running" for branch in branches) == 3
    for branch in search.tree:
        before = search.tree[branch.parent].total if branch.parent >= 0 else 0
        assert branch.total == pytest.approx(before + branch.log_probability, abs=1e-4)
        assert branch.parent == -1 or search.tree[branch.parent].state == "running"
    for leaf, one in zip(search.leaves, search.continuations, strict=True):
        assert tuple(search.tree[row].token for row in search.path(leaf)) == one.ids
        prompt = list(ids)
        for token, log_probability in zip(one.ids, one.log_probabilities, strict=True):
            expected = next_logits(model, prompt).log_softmax(-1)[token]
            assert log_probability == pytest.approx(float(expected), abs=1e-4)
            prompt.append(token)


def test_samples_have_the_likelihood_of_the_model_and_the_seed_decides(tiny):
    model, tokenizer = tiny
    ids = encode(tokenizer, "An apple")
    one, two = (sample(model, ids, 5, draws=3, seed=seed) for seed in (4, 5))
    assert one == sample(model, ids, 5, draws=3, seed=4)
    assert one != two
    text = one[1]
    with torch.inference_mode():
        logits = model(torch.tensor([[*ids, *text.ids]])).logits[0].log_softmax(-1)
    expected = [float(logits[len(ids) - 1 + n, token]) for n, token in enumerate(text.ids)]
    assert list(text.log_probabilities) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(
    "warping",
    [Warping(), Warping(temperature=0.7, top_p=0.9), Warping(top_k=5), Warping(min_p=0.05)],
)
def test_ten_thousand_draws_follow_the_distribution(tiny, warping):
    model, tokenizer = tiny
    ids = encode(tokenizer, "Gravity pulls")
    logits = warp(next_logits(model, ids)[None], warping, torch.tensor([ids]))[0]
    probabilities = softmax(logits)
    counts = draw(probabilities, 10_000, seed=0)
    assert counts[probabilities == 0].sum() == 0
    fit = goodness_of_fit(counts, probabilities)
    assert fit is not None
    assert fit.p_value > 0.001
    flat = (probabilities > 0) / (probabilities > 0).sum()
    other = goodness_of_fit(counts, flat)
    assert other is not None
    assert other.p_value < 0.001  # the test sees another distribution


def test_goodness_of_fit_is_that_of_scipy():
    probabilities = torch.tensor([0.5, 0.3, 0.17, 0.02, 0.01])
    counts = torch.tensor([55, 25, 15, 3, 2])
    fit = goodness_of_fit(counts, probabilities)
    assert fit is not None
    expected = chisquare([55, 25, 20], [50, 30, 20])  # the rare tokens are with the last class
    assert fit.statistic == pytest.approx(expected.statistic, rel=1e-5)
    assert fit.p_value == pytest.approx(expected.pvalue, rel=1e-5)
    assert fit.freedom == 2
    assert goodness_of_fit(torch.tensor([10, 0]), torch.tensor([1.0, 0.0])) is None


def test_watch_counts_the_tokens_and_may_stop_the_writing(tiny):
    model, tokenizer = tiny
    ids = encode(tokenizer, "A cat")
    for write in (
        lambda watch: greedy(model, ids, 5, watch=watch),
        lambda watch: sample(model, ids, 5, watch=watch),
        lambda watch: beam_search(model, ids, 5, 2, watch=watch),
    ):
        steps: list[int] = []
        write(steps.append)
        assert steps == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda model: greedy(model, [5] * 8190, 3), "has 8,190 tokens and 3 new ones, but"),
        (lambda model: greedy(model, [], 3), "The prompt has no token"),
        (lambda model: greedy(model, [5], 0), "max_new_tokens is 0, expected 1 to 4096"),
        (lambda model: sample(model, [5], 3, draws=65), "draws is 65, expected 1 to 64"),
        (lambda model: sample(model, [5], 3, warping=Warping(top_k=10**6)), "top_k is 1000000"),
        (lambda model: beam_search(model, [5], 3, 17), "num_beams is 17, expected 1 to 16"),
        (lambda model: beam_search(model, [5], 3, 0), "num_beams is 0"),
        (lambda model: greedy(model, [5], 3, repetition_penalty=0), "repetition_penalty is 0"),
    ],
)
def test_bad_input_is_one_sentence(tiny, call, message):
    with pytest.raises(LanguageError, match=message):
        call(tiny[0])


# ---- diversity ----

SENTENCES = [
    ["the", "cat", "sat", "on", "the", "mat"],
    ["the", "cat", "lay", "on", "the", "mat", "again"],
    ["a", "dog", "sat", "on", "the", "mat"],
    ["the", "the", "the", "cat"],
]


def test_self_bleu_is_that_of_nltk():
    """nltk 3.10.4: sentence_bleu(the others, text, smoothing_function=method1)."""
    expected = [0.6042750794713536, 0.20556680845025987, 0.5081327481546147, 0.11404605374835301]
    ours = [
        bleu(text, SENTENCES[:place] + SENTENCES[place + 1 :])
        for place, text in enumerate(SENTENCES)
    ]
    assert ours == pytest.approx(expected)
    assert self_bleu(SENTENCES) == pytest.approx(sum(expected) / 4)


def test_diversity_at_its_ends():
    assert self_bleu([SENTENCES[0]] * 3) == pytest.approx(1)
    assert self_bleu([["a"], ["b"]]) == 0
    assert self_bleu([["a"]]) == 0
    assert bleu([], [["a"]]) == 0


def test_distinct_and_repetition_by_hand():
    assert distinct([list("abab"), list("ab")], 1) == pytest.approx(2 / 6)
    assert distinct([list("abab"), list("ab")], 2) == pytest.approx(2 / 4)  # ab ba ab, ab
    assert repetition(list("abcabcabc")) == pytest.approx(4 / 7)  # abc bca cab abc bca cab abc
    assert repetition(list("ab")) == 0
