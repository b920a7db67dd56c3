"""training: the checks of the texts, the training examples, and that training works."""

from __future__ import annotations

import math
import random
import re
from dataclasses import replace

import pytest
import torch
from peft import LoraConfig, PeftModel, get_peft_model
from tiny_models import chat_tokenizer, make_llama, make_split_cross_encoder
from transformers import AutoModelForCausalLM

from training import background, generator, lead_judge, reranker
from training.candidates import FirstStage, Group, groups, reranker_input
from training.checks import faults
from training.generator import example, examples, tokenised
from training.texts import TrainingQuestion, read_texts
from training.words import numbers, support

LINE = (
    '{"id": "cats-01", "lang": "en", "style": "slide", "title": "Cats", "text": ["A cat sleeps '
    'sixteen hours a day.", "It hunts mice at night.", "Its whiskers are 5 cm long.", "Purring '
    'calms it."], "questions": [{"q": "hours of sleep", "lang": "en", "answer": [["A cat sleeps '
    'sixteen hours a day.", 1]]}, {"q": "How long are whiskers?", "lang": "en", "answer": [["The '
    'whiskers are 5 cm long.", 3]]}], "unanswerable": [{"q": "How heavy is a cat?", "lang": '
    '"en"}], "followups": [{"q": "And at night?", "lang": "en", "after": 1, "answer": [["It hunts '
    'mice at night.", 2]]}]}'
)


@pytest.fixture
def texts(tmp_path):
    (tmp_path / "cats.jsonl").write_text(LINE + "\n" + LINE.replace("cats-01", "cats-02"))
    return read_texts([tmp_path / "cats.jsonl"])


# ---- the texts ----


def test_a_line_is_a_passage_with_its_questions(texts):
    text = texts[0]
    assert (text.id, text.subject, text.lang) == ("cats-01", "cats", "en")
    assert text.text.splitlines()[1] == "It hunts mice at night."
    assert [item.id for item in text.questions] == [
        "cats-01.q1",
        "cats-01.q2",
        "cats-01.u1",
        "cats-01.f1",
    ]
    assert [item.evidence for item in text.questions] == [(1,), (3,), (), (2,)]
    assert text.questions[3].query == "hours of sleep And at night?"


def test_a_line_that_is_no_passage_is_named(tmp_path):
    (tmp_path / "bad.jsonl").write_text(LINE + '\n{"id": "x"}')
    with pytest.raises(ValueError, match=r"bad\.jsonl, line 2: KeyError"):
        read_texts([tmp_path / "bad.jsonl"])


def question(answer, question="How long are whiskers?", lang="en"):
    return TrainingQuestion("cats-01.q9", "cats-01", question, lang, answer)


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        (question((("The whiskers are 5 cm long.", 9),)), "evidence unit 9, expected 1 to 4"),
        (
            question((("The whiskers are 7 cm long.", 3),)),
            r"numbers \['7'\] do not occur in unit 3",
        ),
        (question((("Moustaches measure this much.", 3),)), "only 0% of the answer's words"),
        (question((("Whiskers are 5 cm long", 3),)), "expected a full stop"),
        (question(()), "0 answer sentences, expected 1 to 3"),
        (question((("Les moustaches.", 3),), lang="fr"), "language 'fr', expected en or de"),
    ],
)
def test_faults_name_the_value_seen_and_the_value_expected(texts, item, fault):
    lines = list(faults([replace(texts[0], questions=(item,))]))
    assert any(re.search(fault, line) for line in lines), lines


def test_repeated_passages_and_questions_are_faults(texts):
    lines = "\n".join(faults(texts))
    assert "cats-02: the same as in cats-01" in lines
    assert "cats-02.q1: the same as in cats-01.q1" in lines
    assert "cats-01: 21 words, expected 60 to 180" in lines
    assert "cats-02.f1" not in lines  # follow-ups may be alike


def test_support_by_hand():
    assert support("Whiskers measure distance.", "whisker lengths and distances") == pytest.approx(
        2 / 3
    )
    assert support("It is so.", "anything") == 1.0
    assert support("Which mice hunt?", "Cats chase mice.") == pytest.approx(
        1 / 2
    )  # mice of mice, hunt
    assert numbers("0.5 of 1,200 in 3 parts") == {"0.5", "1,200", "3"}


@pytest.mark.slow
def test_all_written_texts_are_sound():
    assert list(faults(read_texts())) == []


# ---- the reranker's examples ----


@pytest.mark.slow
def test_background_texts_are_prose_and_the_same_for_a_seed():
    passages = background.passages(20, seed=3)
    assert passages == background.passages(20, seed=3) != background.passages(20, seed=4)
    for text in passages:
        assert 35 <= len(text.split()) <= 140
        assert ">>>" not in text
    for summary, body in background.summaries(10):
        assert summary not in body
        assert 4 <= len(summary.split()) <= 25


def test_a_span_is_a_run_of_the_texts_words():
    text = "one two three four five six seven eight nine ten"
    for seed in range(20):
        words = background.span(text, random.Random(seed)).split()
        assert 3 <= len(words) <= 12
        assert " ".join(words) in text


@pytest.fixture
def made(texts, encoder):
    plain = [
        f"{word} is a word about nothing that matters here at all"
        for word in ("alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota")
    ]
    return groups(texts[:1], encoder, plain, [("alpha word", plain[0])], seed=1)


def test_groups_mark_what_answers(texts, made):
    by_kind: dict[str, list[Group]] = {}
    for group in made:
        by_kind.setdefault(group.kind, []).append(group)
    assert {kind: len(of_kind) for kind, of_kind in by_kind.items() if kind != "background"} == {
        "passages": 3,
        "units": 3,
        "unanswerable": 1,
        "summary": 1,
    }
    own = reranker_input(texts[0].title, texts[0].text)
    for group in by_kind["passages"]:
        assert group.texts[0] == own
        assert group.right == (True,) + (False,) * (len(group.texts) - 1)
        assert own not in group.texts[1:]
    [hopeless] = by_kind["unanswerable"]
    assert not any(hopeless.right)
    for group in by_kind["units"]:
        [right] = [
            text for text, is_right in zip(group.texts, group.right, strict=True) if is_right
        ]
        expected = {"hours of sleep": "sixteen", "How long are whiskers?": "5 cm"}.get(
            group.question, "mice"
        )
        assert expected in right
    for group in by_kind.get("background", []):
        assert len(group.teacher) == len(group.texts)


def test_limits_draw_the_questions_from_all_passages_in_turn(texts, encoder):
    most = {"passages": 2, "units": 1, "unanswerable": 1}
    drawn = groups(texts, encoder, [], [], seed=1, most=most)
    kinds = [group.kind for group in drawn]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == most
    assert drawn == groups(texts, encoder, [], [], seed=1, most=most)


def test_a_recipe_of_one_language_leaves_out_passages_and_questions_in_others(texts):
    english, german = texts[0], replace(texts[1], lang="de")
    mixed = replace(
        english, questions=(english.questions[0], replace(english.questions[1], lang="de"))
    )
    [selected] = reranker.texts_in([mixed, german], "en")
    assert selected.id == "cats-01"
    assert [question.question for question in selected.questions] == ["hours of sleep"]
    assert reranker.texts_in([mixed, german], "") == [mixed, german]


def test_the_groups_of_the_lead_judge_hold_the_units_of_a_passage(texts):
    """Three questions about each of two passages of four units: one answers, the others do not."""
    recipe = replace(lead_judge.RECIPES["english"], pdf_share=0.0)
    groups = lead_judge.UnitGroups(texts, recipe)
    drawn = groups.draw(10)
    assert len(drawn) == 6
    assert groups.draw_held_out(5) == []  # no subject of these is held out
    answers = {"hours of sleep": "sixteen hours", "How long are whiskers?": "5 cm"}
    for group in drawn:
        answer = answers.get(group.question, "mice at night")
        assert [answer in text for text in group.texts[:4]] == list(group.right[:4])
        assert group.right == (True, False, False, False, False)  # the last is of the other passage
    assert lead_judge.UnitGroups(texts, recipe).draw(10) == drawn


def test_the_multilingual_lead_judge_reads_english_pairs_as_a_small_share(texts):
    """Six pairs with German on one side or both, so one of the six English pairs stays: 1 / 7 < .15."""
    english, german = texts[0], replace(texts[1], lang="de", title="Katzen")
    asked_in_german = replace(
        english,
        id="cats-03",
        questions=tuple(replace(item, lang="de") for item in english.questions),
    )
    more_english = replace(english, id="cats-04")
    mixed = [english, german, asked_in_german, more_english]
    recipe = replace(lead_judge.RECIPES["multilingual"], pdf_share=0.0)
    drawn = lead_judge.UnitGroups(mixed, recipe).draw(100)
    assert len(drawn) == 7
    # Units of German text are contrasted with German ones alone: no other German passage is there.
    of_german = [group for group in drawn if any("Katzen" in text for text in group.texts)]
    assert all(len(group.texts) == 4 for group in of_german)
    only_english = replace(recipe, language="en")
    assert len(lead_judge.UnitGroups(mixed, only_english).draw(100)) == 6


def test_the_first_stage_is_the_real_one(texts, encoder, tmp_path):
    first_stage = FirstStage(texts[:1], ["whiskers of a walrus"], encoder, tmp_path / "library")
    [hits] = first_stage.search(["whiskers"])
    assert {first_stage.owners[hit.passage.id] for hit in hits} == {"cats-01", "background-0"}
    assert {"dense", "lexical", "fused"} <= hits[0].stages.keys()


# ---- the reranker's loss and loop ----


def test_the_loss_by_hand():
    """One right of two: -log(e / (e + 1)); both judged alone: log(1 + 1/e) and log 2."""
    logits = torch.tensor([1.0, 0.0])
    listwise = math.log(1 + math.exp(-1))
    pointwise = (math.log(1 + math.exp(-1)) + math.log(2)) / 2
    group = Group("q", ("a", "b"), (True, False))
    assert float(reranker.loss_of(logits, group, 0.3)) == pytest.approx(listwise + 0.3 * pointwise)
    hopeless = Group("q", ("a", "b"), (False, False))
    both = (math.log(1 + math.e) + math.log(2)) / 2
    assert float(reranker.loss_of(logits, hopeless, 0.3)) == pytest.approx(0.3 * both)


def test_right_texts_do_not_compete_with_one_another():
    two = Group("q", ("a", "b", "c"), (True, True, False))
    logits = torch.tensor([2.0, 1.0, 0.0])
    each = [math.log(1 + math.exp(-2)), math.log(1 + math.exp(-1))]
    assert float(reranker.loss_of(logits, two, 0.0)) == pytest.approx(sum(each) / 2)


def test_on_background_texts_the_loss_is_the_distance_from_the_teacher():
    same = Group("q", ("a", "b"), teacher=(1.5, -0.5))
    assert float(reranker.loss_of(torch.tensor([2.5, 0.5]), same, 0.3)) == pytest.approx(
        0, abs=1e-6
    )
    assert float(reranker.loss_of(torch.tensor([0.5, 2.5]), same, 0.3)) > 0.5


GROUPS = [
    Group("light", ("gravity pulls masses", "light travels"), (False, True)),
    Group("cat", ("a cat sleeps", "a dog barks"), (True, False)),
] * 4
RECIPE = reranker.Recipe(joint_layers=1, epochs=4, batch=4, layer_rate=3e-3, head_rate=3e-2)


def mean_loss(reader):
    states = reranker.States(reader)
    with torch.no_grad():
        losses = []
        for group in GROUPS:
            question, *texts = states([group.question, *group.texts])
            logits = reader.score_pairs([question] * len(texts), texts)
            losses.append(float(reranker.loss_of(logits, group, 0.3)))
    return sum(losses) / len(losses)


def test_training_lowers_the_loss_and_leaves_the_lower_layers(capsys):
    reader = make_split_cross_encoder(1)
    before = mean_loss(reader)
    lower = reader.lower[0].attention.self.query.weight.clone()
    reranker.train(reader, GROUPS, RECIPE, None)
    assert mean_loss(reader) < before / 2
    assert torch.equal(lower, reader.lower[0].attention.self.query.weight)


def test_a_share_of_the_trained_weights_lies_between_before_and_after():
    reader = make_split_cross_encoder(1)
    before = [value.detach().clone() for value in reader.trainable_parameters()]
    with torch.no_grad():
        for value in reader.trainable_parameters():
            value.add_(4.0)
    reranker.mix_weights(reader, before, 0.75)
    for value, old in zip(reader.trainable_parameters(), before, strict=True):
        torch.testing.assert_close(value.detach(), old + 3.0)


def test_an_interrupted_run_resumes_and_ends_with_the_same_weights(tmp_path, capsys):
    uninterrupted = make_split_cross_encoder(1)
    reranker.train(uninterrupted, GROUPS, RECIPE, None)

    def interrupt(step, loss):
        if step == 5:
            raise KeyboardInterrupt

    file = tmp_path / "c.pt"
    with pytest.raises(KeyboardInterrupt):
        reranker.train(
            make_split_cross_encoder(1),
            GROUPS,
            RECIPE,
            file,
            checkpoint_steps=3,
            after_step=interrupt,
        )
    resumed, steps = make_split_cross_encoder(1), []
    reranker.train(resumed, GROUPS, RECIPE, file, after_step=lambda step, _: steps.append(step))
    assert "resuming from step 3" in capsys.readouterr().out
    assert steps == [4, 5, 6, 7, 8]  # 4 epochs of 8 groups, 4 groups a batch
    for one, other in zip(
        uninterrupted.trainable_parameters(), resumed.trainable_parameters(), strict=True
    ):
        torch.testing.assert_close(one, other)


def test_runs_that_differ_in_anything_have_checkpoints_of_their_own():
    runs = [*reranker.RECIPES.items(), ("final", replace(RECIPE, seed=8)), ("final", RECIPE)]
    assert len({recipe.checkpoint_name(name) for name, recipe in runs}) == len(runs)
    assert RECIPE.checkpoint_name("final") == replace(RECIPE).checkpoint_name("final")


# ---- the writer's examples and training ----


def test_an_example_numbers_its_evidence_among_others(texts):
    generator_ = random.Random(0)
    for item in texts[0].questions:
        made = example(texts[0], item, texts, generator_)
        notes, _, question = made.messages[1]["content"].rpartition("\n\nQuestion: ")
        assert question == item.query
        if not item.answer:
            assert made.answer == "The notes do not answer this."
            continue
        sentence, mark = made.answer.rsplit(" [", 1)
        [line] = [line for line in notes.split("\n") if line.startswith(f"[{mark[:-1]}]")]
        assert texts[0].units[item.evidence[0] - 1] in line
        assert sentence == item.answer[0][0]
        assert 3 <= notes.count("\n[") <= 5


def test_the_loss_is_of_the_answer_alone(texts, tmp_path):
    model = AutoModelForCausalLM.from_pretrained(make_llama(tmp_path)).eval()
    prompt, answer = [5, 6, 7, 8], [9, 10, 11]
    loss = generator.loss_of(model, prompt, answer).item()
    logits = model(torch.tensor([[*prompt, *answer]])).logits[0].log_softmax(dim=1)
    by_hand = -sum(logits[3 + n, token].item() for n, token in enumerate(answer)) / 3
    assert loss == pytest.approx(by_hand, abs=1e-5)


def test_answers_end_the_turn_and_long_examples_are_left_out(texts):
    tokenizer = chat_tokenizer()
    made = examples(texts, generator.Recipe(unanswerable=1.0))
    assert len(made) == sum(len(text.questions) for text in texts)
    pairs = tokenised(made, tokenizer, max_tokens=10_000)
    assert all(answer[-1] == tokenizer.eos_token_id for _, answer in pairs)
    assert [tokenizer.decode(a[:-1]).strip() for _, a in pairs] == [one.answer for one in made]
    shortest = min(len(prompt) + len(answer) for prompt, answer in pairs)
    short = tokenised(made, tokenizer, max_tokens=shortest)
    assert short == [pair for pair in pairs if len(pair[0]) + len(pair[1]) == shortest]
    assert len(short) < len(pairs)


def test_a_saved_adapter_gives_the_same_logits_and_names_no_path(tmp_path):
    model = AutoModelForCausalLM.from_pretrained(make_llama(tmp_path / "base"))
    config = LoraConfig(r=2, target_modules=["q_proj"], task_type="CAUSAL_LM")
    adapted = get_peft_model(model, config).eval()
    for name, value in adapted.named_parameters():
        if "lora_B" in name:
            value.data += 0.5  # begins at zero, which would change nothing
    tokens = torch.tensor([[5, 6, 7]])
    expected = adapted(tokens).logits.detach()
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "README.md").write_text("Our own card.")
    generator.save(adapted, generator.Recipe(), folder)
    base = AutoModelForCausalLM.from_pretrained(tmp_path / "base")
    plain = base(tokens).logits.detach()
    logits = PeftModel.from_pretrained(base, str(folder)).eval()(tokens).logits
    torch.testing.assert_close(logits, expected, atol=2e-2, rtol=2e-2)  # half precision
    assert (logits - plain).abs().max() > 0.1
    assert str(tmp_path) not in (folder / generator.CONFIG).read_text()
    assert (folder / "README.md").read_text() == "Our own card."
