"""rag.sampling: what is refused and why, and what transformers is told."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from rag.errors import BadSampling
from rag.sampling import Sampling, sampling_from

SAMPLE = Sampling(strategy="sample", temperature=0.7, top_p=0.9, seed=5, max_new_tokens=30)
BEAM = Sampling(strategy="beam", num_beams=6, repetition_penalty=1.2)


@pytest.mark.parametrize("strategy", ["greedy", "beam"])
@pytest.mark.parametrize(
    ("name", "value"), [("temperature", 0.7), ("top_k", 5), ("top_p", 0.9), ("min_p", 0.1)]
)
def test_values_for_drawing_are_refused_where_nothing_is_drawn(strategy, name, value):
    with pytest.raises(BadSampling) as refused:
        sampling_from({"strategy": strategy, name: value})
    message = str(refused.value)
    assert f"{name}={value}" in message
    assert f"strategy '{strategy}' draws nothing" in message
    assert "strategy 'sample'" in message


@pytest.mark.parametrize("strategy", ["greedy", "sample"])
def test_beams_are_refused_outside_beam_search(strategy):
    with pytest.raises(BadSampling, match=f"num_beams=3 needs strategy 'beam', got '{strategy}'"):
        sampling_from({"strategy": strategy, "num_beams": 3})


def test_beams_with_a_temperature_are_refused():
    with pytest.raises(BadSampling, match=r"temperature=0\.5 would have no effect"):
        sampling_from({"num_beams": 3, "temperature": 0.5})


def test_all_useless_values_are_named_at_once():
    with pytest.raises(BadSampling, match=r"temperature=0\.5, top_k=3 would have no effect"):
        sampling_from({"strategy": "greedy", "temperature": 0.5, "top_k": 3})


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("temperature", 0, "greater than 0"),
        ("temperature", 5.1, "less than or equal to 5"),
        ("top_k", 0, "greater than or equal to 1"),
        ("top_k", 2.5, "integer"),
        ("top_p", 0, "greater than 0"),
        ("top_p", 1.01, "less than or equal to 1"),
        ("min_p", -0.1, "greater than or equal to 0"),
        ("min_p", 1.1, "less than or equal to 1"),
        ("num_beams", 1, "greater than or equal to 2"),
        ("num_beams", 17, "less than or equal to 16"),
        ("repetition_penalty", 0.9, "greater than or equal to 1"),
        ("max_new_tokens", 0, "greater than or equal to 1"),
        ("max_new_tokens", 5000, "less than or equal to 4096"),
        ("seed", -1, "greater than or equal to 0"),
        ("seed", 2**63, "less than"),
        ("temperature", "warm", "valid number"),
        ("temperature", float("nan"), "less than or equal to 5"),
        ("strategy", "magic", "'greedy', 'beam' or 'sample'"),
        ("temprature", 0.5, "not permitted"),
    ],
)
def test_a_value_out_of_range_is_named_with_what_is_wanted(name, value, wanted):
    with pytest.raises(BadSampling) as refused:
        sampling_from({name: value})
    message = str(refused.value)
    assert message.startswith(f"{name}={value!r} cannot be used: ")
    assert wanted in message


def test_two_faults_make_two_sentences():
    with pytest.raises(BadSampling, match=r"top_k=0 .*; top_p=2 "):
        sampling_from({"top_k": 0, "top_p": 2})


@pytest.mark.parametrize(
    ("values", "strategy"),
    [
        ({}, "greedy"),
        ({"max_new_tokens": 9, "seed": 1}, "greedy"),
        ({"num_beams": 2}, "beam"),
        ({"temperature": 0.5}, "sample"),
        ({"top_k": 3}, "sample"),
        ({"top_p": 0.5}, "sample"),
        ({"min_p": 0.0}, "sample"),
        ({"strategy": "sample"}, "sample"),
        ({"strategy": "beam"}, "beam"),
        ({"temperature": None, "num_beams": None}, "greedy"),
    ],
)
def test_a_strategy_follows_from_the_values(values, strategy):
    assert sampling_from(values).strategy == strategy


def test_a_base_is_kept_where_nothing_is_given():
    assert sampling_from({}, SAMPLE) == SAMPLE
    assert sampling_from({"seed": 6, "top_p": None}, SAMPLE) == SAMPLE.model_copy(
        update={"seed": 6}
    )
    assert sampling_from({"top_k": 4}, SAMPLE) == Sampling(
        strategy="sample", temperature=0.7, top_p=0.9, top_k=4, seed=5, max_new_tokens=30
    )


def test_values_of_a_base_that_another_strategy_has_no_use_for_are_dropped():
    greedy = sampling_from({"strategy": "greedy"}, SAMPLE)
    assert greedy == Sampling(seed=5, max_new_tokens=30)
    beam = sampling_from({"num_beams": 2}, SAMPLE)
    assert beam == Sampling(strategy="beam", num_beams=2, seed=5, max_new_tokens=30)
    sample = sampling_from({"temperature": 1.5}, BEAM)
    assert sample == Sampling(strategy="sample", temperature=1.5, repetition_penalty=1.2)


def test_settings_cannot_be_changed_behind_the_checks():
    with pytest.raises(ValidationError):
        SAMPLE.top_p = 7


def test_greedy_is_told_as_no_draw_and_one_beam():
    assert Sampling(repetition_penalty=1.3).generation_arguments() == {
        "max_new_tokens": 64,
        "repetition_penalty": 1.3,
        "do_sample": False,
        "num_beams": 1,
    }


@pytest.mark.parametrize(("given", "beams"), [(None, 4), (7, 7)])
def test_beam_search_is_told_its_beams(given, beams):
    arguments = Sampling(strategy="beam", num_beams=given).generation_arguments()
    assert arguments["num_beams"] == beams
    assert arguments["do_sample"] is False
    assert "temperature" not in arguments


def test_what_is_not_given_is_switched_off_rather_than_left_to_a_default():
    assert Sampling(strategy="sample").generation_arguments() == {
        "max_new_tokens": 64,
        "repetition_penalty": 1.0,
        "do_sample": True,
        "num_beams": 1,
        "temperature": 1.0,
        "top_k": 0,
        "top_p": 1.0,
    }
    narrow = {"temperature": 0.2, "top_k": 3, "top_p": 0.4, "min_p": 0.05}
    told = Sampling(strategy="sample", **narrow).generation_arguments()
    assert {name: told[name] for name in narrow} == narrow


def test_a_quoted_answer_refuses_sampling_values():
    assert sampling_from({"temperature": None}, writes=False) == Sampling()
    with pytest.raises(
        BadSampling, match=r"temperature=0\.7, seed=1 would have no effect.*--written"
    ):
        sampling_from({"temperature": 0.7, "seed": 1, "top_k": None}, writes=False)
