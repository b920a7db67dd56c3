"""rag.generate on a tiny Llama, against loops written out here and against transformers itself."""

from __future__ import annotations

import re
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch
from tiny_models import chat_tokenizer, make_llama
from transformers import AutoModelForCausalLM, AutoTokenizer

from ingest import weights
from ingest.abandonment import Abandoned, abandonable
from rag.generate import Generator
from rag.sampling import Sampling
from rag.settings import ModelSettings

MESSAGES = [
    {"role": "system", "content": "Answer."},
    {"role": "user", "content": "What is light?"},
]


@pytest.fixture(autouse=True)
def one_thread():
    """So small a model is slower on several threads, many times so on a busy machine."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module", params=["bytes", "metaspace"])
def any_folder(request, tmp_path_factory):
    return make_llama(tmp_path_factory.mktemp(request.param), spaces=request.param)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_llama(tmp_path_factory.mktemp("llama"))


def open_generator(folder):
    return Generator(ModelSettings(generator=str(folder), device="cpu", dtype="float32"))


@pytest.fixture(scope="module")
def generator(folder):
    return open_generator(folder)


class Reference:
    """The same weights driven by hand."""

    def __init__(self, folder):
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
        self.prompt = self.tokenizer.apply_chat_template(
            MESSAGES, add_generation_prompt=True, return_tensors="pt", return_dict=True
        )["input_ids"]

    @torch.inference_mode()
    def write(self, choose, length):
        """Append `choose(logits, tokens)` again and again, without any cache; give the text."""
        tokens = self.prompt[0]
        for _ in range(length):
            logits = self.model(input_ids=tokens[None]).logits[0, -1]
            tokens = torch.cat([tokens, choose(logits, tokens).reshape(1)])
        return self.decode(tokens[self.prompt.shape[1] :])

    def generate(self, **arguments):
        """The new tokens that transformers' own `generate` gives."""
        return self.model.generate(
            self.prompt, attention_mask=torch.ones_like(self.prompt), pad_token_id=2, **arguments
        )[0, self.prompt.shape[1] :]

    def decode(self, tokens):
        return self.tokenizer.decode(tokens, skip_special_tokens=True)


@pytest.fixture(scope="module")
def reference(folder):
    return Reference(folder)


def greedily(logits, tokens):
    return logits.argmax()


def write(generator, **sampling):
    return "".join(generator.stream(MESSAGES, Sampling(**sampling)))


def writers():
    return [t for t in threading.enumerate() if t.name == "katheder-generate"]


# ---- the strategies ----


@pytest.mark.parametrize("length", [1, 7, 40])
def test_greedy_takes_the_likeliest_token_so_many_times(generator, reference, length):
    assert write(generator, max_new_tokens=length) == reference.write(greedily, length)


def test_repetition_penalty_pushes_down_what_was_seen(generator, reference):
    def choose(logits, tokens):
        seen = tokens.unique()
        logits = logits.clone()
        logits[seen] = torch.where(logits[seen] > 0, logits[seen] / 2.5, logits[seen] * 2.5)
        return logits.argmax()

    written = write(generator, repetition_penalty=2.5, max_new_tokens=60)
    assert written == reference.write(choose, 60)
    assert written != write(generator, max_new_tokens=60)


def test_beam_search_is_that_of_transformers_and_comes_whole(generator, reference):
    pieces = list(
        generator.stream(MESSAGES, Sampling(strategy="beam", num_beams=3, max_new_tokens=20))
    )
    output = reference.generate(num_beams=3, do_sample=False, max_new_tokens=20)
    assert pieces == [reference.decode(output)]
    assert pieces != [write(generator, max_new_tokens=20)]


def test_beam_search_finds_a_likelier_text_than_greedy(generator, reference):
    @torch.inference_mode()
    def log_probability(written):
        tokens = torch.cat([reference.prompt[0], written])
        logits = reference.model(input_ids=tokens[None]).logits[0].log_softmax(-1)
        return logits[-len(written) - 1 : -1].gather(1, written[:, None]).sum()

    greedy = reference.generate(do_sample=False, max_new_tokens=12)
    beam = reference.generate(num_beams=4, do_sample=False, max_new_tokens=12)
    assert log_probability(beam) > log_probability(greedy)
    assert write(generator, max_new_tokens=12) == reference.decode(greedy)
    assert write(generator, strategy="beam", max_new_tokens=12) == reference.decode(beam)


def test_sampling_draws_from_the_tempered_top_k(generator, reference):
    def choose(logits, tokens):
        logits = logits / 0.8
        logits[logits < logits.topk(5).values[-1]] = -torch.inf
        return torch.multinomial(logits.softmax(-1), 1)

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        expected = reference.write(choose, 25)
    written = write(
        generator, strategy="sample", temperature=0.8, top_k=5, seed=11, max_new_tokens=25
    )
    assert written == expected


def test_a_seed_fixes_the_text_and_another_changes_it(generator):
    texts = [write(generator, strategy="sample", seed=seed) for seed in (3, 3, 4)]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize(
    "narrow", [{"top_k": 1}, {"min_p": 1.0}, {"top_p": 1e-6}, {"temperature": 1e-3}]
)
def test_a_draw_narrowed_to_one_token_is_greedy(generator, narrow):
    assert write(generator, strategy="sample", seed=5, **narrow) == write(generator)


def test_a_seed_leaves_the_global_generator_where_it_was(generator):
    torch.manual_seed(5)
    before = torch.get_rng_state()
    write(generator, strategy="sample", seed=3)
    assert torch.equal(torch.get_rng_state(), before)


# ---- the stream ----


def test_pieces_joined_are_the_text_decoded_at_once(any_folder):
    reference, generator = Reference(any_folder), open_generator(any_folder)
    texts = []
    for seed in range(2):
        sampling = Sampling(strategy="sample", temperature=3, seed=seed, max_new_tokens=120)
        pieces = list(generator.stream(MESSAGES, sampling))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            output = reference.generate(
                do_sample=True, temperature=3.0, top_k=0, max_new_tokens=120
            )
        texts.append(reference.decode(output))
        assert "".join(pieces) == texts[-1]
        assert len(pieces) > 50
        assert all(pieces)
    # What tempts a streamer: a blank that opens a line, a letter that is spread over tokens.
    assert any("\n " in text for text in texts) or any("\ufffd" in text for text in texts)


def test_an_end_token_ends_the_text_and_is_not_shown(tmp_path):
    folder = make_llama(tmp_path, ends=True)
    reference = Reference(folder)
    sampling = Sampling(strategy="sample", temperature=5, seed=1, max_new_tokens=4000)
    text = "".join(open_generator(folder).stream(MESSAGES, sampling))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        output = reference.generate(do_sample=True, temperature=5.0, top_k=0, max_new_tokens=4000)
    assert 1 < len(output) < 4000
    assert output[-1] == reference.tokenizer.eos_token_id
    assert text == reference.decode(output)
    assert "<|im" not in text


def test_a_stop_ends_the_text_early_and_keeps_its_last_words(generator, reference):
    stop = threading.Event()
    pieces = []
    for piece in generator.stream(MESSAGES, Sampling(max_new_tokens=4000), stop):
        pieces.append(piece)
        stop.set()
    written = "".join(pieces)
    assert len(generator.tokenizer(written)["input_ids"]) < 400
    assert reference.write(greedily, 60).startswith(written[:50])
    assert not writers()


def test_a_stop_set_before_the_start_writes_nothing(generator):
    stop = threading.Event()
    stop.set()
    assert list(generator.stream(MESSAGES, Sampling(), stop)) == []


def test_closing_the_iterator_ends_the_writing_thread(generator):
    pieces = generator.stream(MESSAGES, Sampling(max_new_tokens=4000))
    next(pieces)
    assert len(writers()) == 1
    start = time.perf_counter()
    pieces.close()
    assert not writers()
    assert time.perf_counter() - start < 60  # 4,000 tokens take minutes
    assert write(generator, max_new_tokens=2)  # and the model is free again


def test_a_client_that_leaves_ends_the_reading_of_the_prompt_between_two_layers(folder):
    generator, left, passes = open_generator(folder), threading.Event(), []
    first, second = generator.model.model.layers

    def leave(*_):
        passes.append(1)
        left.set()

    handles = [
        first.register_forward_hook(leave),
        second.register_forward_hook(lambda *_: passes.append(2)),
    ]
    with abandonable(left.is_set), pytest.raises(Abandoned):
        list(generator.stream(MESSAGES, Sampling(max_new_tokens=5)))
    assert passes == [1]
    for handle in handles:
        handle.remove()
    assert write(generator, max_new_tokens=5)  # another client is not concerned


def test_an_error_while_writing_reaches_the_caller(folder, tmp_path):
    tokenizer = chat_tokenizer()
    tokenizer.chat_template = "{{ raise_exception('roles must alternate') }}"
    tokenizer.save_pretrained(tmp_path)
    for file in folder.iterdir():
        if not (tmp_path / file.name).exists():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    broken = open_generator(tmp_path)
    for _ in range(2):  # the second time, too: the first has let go of the model
        with pytest.raises(Exception, match="roles must alternate"):
            list(broken.stream(MESSAGES, Sampling()))
    assert not writers()


class FailingTokenizer:
    """A tokenizer whose `decode` fails after some calls."""

    def __init__(self, tokenizer, calls):
        self.tokenizer, self.calls = tokenizer, calls

    def __getattr__(self, name):
        return getattr(self.tokenizer, name)

    def decode(self, *args, **kwargs):
        self.calls -= 1
        if self.calls < 0:
            raise RuntimeError("out of memory")
        return self.tokenizer.decode(*args, **kwargs)


def test_an_error_in_the_middle_follows_what_was_written(folder):
    generator = open_generator(folder)
    tokenizer = generator.tokenizer
    generator.tokenizer = FailingTokenizer(tokenizer, calls=20)
    pieces = []
    with pytest.raises(RuntimeError, match="out of memory"):
        pieces.extend(generator.stream(MESSAGES, Sampling()))
    assert pieces
    generator.tokenizer = tokenizer
    assert next(iter(generator.stream(MESSAGES, Sampling())))


@pytest.mark.parametrize("shared", [True, False], ids=["one model", "a model each"])
def test_threads_do_not_mix(folder, generator, shared):
    generators = [generator, generator if shared else open_generator(folder)]
    for one in generators:
        one.load()
    settings = [{"strategy": "sample", "seed": seed, "max_new_tokens": 40} for seed in (1, 2)]
    alone = [write(one, **chosen) for one, chosen in zip(generators, settings, strict=True)]
    for _ in range(2):
        with ThreadPoolExecutor(2) as pool:
            together = list(
                pool.map(
                    lambda job: write(job[0], **job[1]), zip(generators, settings, strict=True)
                )
            )
        assert together == alone


# ---- the model ----


def test_it_is_named_by_folder_and_hash_and_counts_its_own_tokens(generator, folder, reference):
    sha256 = weights.sha256_of(folder / "model.safetensors")
    assert generator.name == f"{folder}@{sha256[:12]}"
    text = "A cat sleeps.\n\n  It hunts mice, Übung 3."
    assert generator.count_tokens(text) == len(reference.tokenizer.tokenize(text)) > 8
    assert generator.count_tokens("") == 0


@pytest.fixture(scope="module")
def smollm():
    """The decoder as it is published."""
    return Generator(ModelSettings(adapter="none", dtype="float32", device="cpu"))


@pytest.mark.slow
def test_dequantised_weights_are_those_of_the_gguf(smollm):
    import gguf

    found = weights.locate(weights.DECODER)
    tensors = {t.name: t for t in gguf.GGUFReader(found.folder / found.file).tensors}
    state = smollm.model.state_dict()
    pairs = {
        "token_embd.weight": "model.embed_tokens.weight",
        "blk.0.attn_v.weight": "model.layers.0.self_attn.v_proj.weight",
        "blk.17.ffn_down.weight": "model.layers.17.mlp.down_proj.weight",
        "output_norm.weight": "model.norm.weight",
    }
    for source, target in pairs.items():
        expected = gguf.dequantize(tensors[source].data, tensors[source].tensor_type)
        ours = state[target].float().numpy()
        assert ours.shape == expected.shape, source
        # bfloat16 keeps 8 bits of the mantissa
        np.testing.assert_allclose(ours, expected, rtol=2**-8, atol=1e-8, err_msg=source)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("start", "next_word"),
    [("The capital of France is", " Paris"), ("One, two, three, four,", " five")],
)
def test_dequantised_model_knows_how_to_go_on(smollm, start, next_word):
    tokens = smollm.tokenizer(start, return_tensors="pt")
    with torch.inference_mode():
        logits = smollm.model(**tokens).logits[0, -1]
    assert smollm.tokenizer.decode(logits.argmax()) == next_word


@pytest.mark.slow
def test_the_bundled_model_answers_from_a_note(smollm):
    messages = [
        {
            "role": "user",
            "content": "Note: The lecture hall is on the fourth floor.\n"
            "Question: On which floor is the lecture hall? Answer in one sentence.",
        }
    ]
    pieces = list(smollm.stream(messages, Sampling(max_new_tokens=24)))
    assert len(pieces) > 3
    assert re.search("(4th|fourth) floor", "".join(pieces))


@pytest.mark.slow
def test_the_bundled_adapter_learned_to_answer_from_evidence(smollm):
    """Subjects that it never saw: the wanted answers are likelier, and a mark names its evidence."""
    from training.candidates import HELD_OUT
    from training.generator import Recipe, examples, loss_of, tokenised
    from training.texts import read_texts

    adapted = Generator(ModelSettings(dtype="float32", device="cpu"))
    texts = [text for text in read_texts() if text.subject in HELD_OUT]
    made = [one for one in examples(texts, Recipe()) if "[" in one.answer][:10]
    with torch.inference_mode():
        before, after = (
            sum(float(loss_of(writer.model, *pair)) for pair in tokenised(made, writer.tokenizer))
            for writer in (smollm, adapted)
        )
    print(f"{before / len(made):.2f} and {after / len(made):.2f} nats a token")
    assert after < 0.6 * before
    right = 0
    for one in made[:6]:
        draft = "".join(adapted.stream(list(one.messages), Sampling(max_new_tokens=60)))
        marks, wanted = (set(re.findall(r"\[\d\]", text)) for text in (draft, one.answer))
        right += bool(marks) and marks <= wanted
    assert right >= 3
