"""generative/cars/: the table by hand, and both models of pictures compared with the table."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from PIL import Image
from torch.distributions import MultivariateNormal
from typer.testing import CliRunner

from generative.cars import (
    COLOURS,
    COUNTS,
    Cars,
    Generative,
    board_mask,
    draw_car,
    fit_generative,
    joint_from_counts,
    sample_cars,
    taxi_share,
    train_discriminative,
)
from generative.cli import app
from generative.errors import NotDefined

TAXI, PRIVATE = range(2)
WHITE, BEIGE, RED, BLACK = range(4)


@pytest.fixture(scope="module")
def training_cars():
    return sample_cars(1500, seed=0)


@pytest.fixture(scope="module")
def discriminative(training_cars):
    return train_discriminative(training_cars, seed=0)


@pytest.fixture(scope="module")
def generative(training_cars):
    return fit_generative(training_cars)


@pytest.fixture(scope="module")
def fresh():
    return sample_cars(200, seed=7)


# ---- the table ----


def test_the_table_by_hand():
    assert COUNTS.sum(axis=1).tolist() == [50, 150]
    cars = joint_from_counts()
    assert cars.prior == pytest.approx([0.25, 0.75])
    assert cars.evidence == pytest.approx([60 / 200, 40 / 200, 38 / 200, 62 / 200])
    assert cars.joint[TAXI, BEIGE] == pytest.approx(36 / 200)
    assert cars.likelihood[TAXI, BEIGE] == pytest.approx(36 / 50)
    assert cars.posterior[TAXI] == pytest.approx([6 / 60, 36 / 40, 0, 8 / 62])


@pytest.mark.parametrize("pseudo_count", [0.0, 0.5, 1.0])
def test_the_factors_are_distributions_and_bayes_goes_both_ways(pseudo_count):
    cars = joint_from_counts(pseudo_count=pseudo_count)
    assert cars.joint.sum() == pytest.approx(1)
    assert cars.likelihood.sum(axis=1) == pytest.approx([1, 1])
    assert cars.posterior.sum(axis=0) == pytest.approx([1] * 4)
    # p(x|y) comes back from p(y|x) p(x) / p(y)
    back = cars.posterior * cars.evidence / cars.prior[:, None]
    np.testing.assert_allclose(back, cars.likelihood)


def test_smoothing_adds_one_to_each_of_eight_cells():
    cars = joint_from_counts(pseudo_count=1)
    for use in range(2):
        for colour in range(4):
            cell = Fraction(int(COUNTS[use, colour]) + 1, 208)
            assert cars.joint[use, colour] == pytest.approx(float(cell))
    assert cars.posterior[TAXI, RED] == pytest.approx(1 / 40)


def test_where_taxis_queue_only_the_prior_changes():
    queue = joint_from_counts().with_prior((0.8, 0.2))
    assert (queue.likelihood == joint_from_counts().likelihood).all()
    # beige: 0.8 * 36/50 against 0.2 * 4/150; white: 0.8 * 6/50 against 0.2 * 54/150
    assert queue.posterior[TAXI, BEIGE] == pytest.approx(0.576 / (0.576 + 0.8 / 150))
    assert queue.posterior[TAXI, WHITE] == pytest.approx(0.096 / (0.096 + 0.072))


def test_what_is_nought_by_nought_is_said():
    with pytest.raises(NotDefined, match=r"p\(y\|red\) is 0/0.*pseudo_count"):
        _ = joint_from_counts().with_prior((1, 0)).posterior
    unseen = COUNTS.copy()
    unseen[PRIVATE] = 0
    with pytest.raises(ValueError, match=r"no private car was counted.*pseudo_count"):
        joint_from_counts(unseen)
    assert joint_from_counts(unseen, 1).likelihood[PRIVATE] == pytest.approx([0.25] * 4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: joint_from_counts(COUNTS.T), r"shape \(2, 4\), got \(4, 2\)"),
        (lambda: joint_from_counts(-COUNTS), "at least 0, got -54"),
        (lambda: joint_from_counts(pseudo_count=-1), "at least 0, got 0 and -1"),
        (lambda: joint_from_counts().with_prior((0.5, 0.6)), r"sum to 1.*got \[0.5, 0.6\]"),
        (lambda: draw_car("mauve"), "no paint 'mauve'; there are white"),
        (lambda: draw_car("red", size=7), "even number of at least 8, got 7"),
        (lambda: sample_cars(0), "at least 1 car, got 0"),
        (lambda: fit_generative(sample_cars(3)), "every colour, got no"),
        (lambda: train_discriminative(sample_cars(1)), "both uses, got only one"),
    ],
)
def test_bad_values_are_refused_with_the_expected_ones(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---- the pictures ----


def test_a_picture_repeats_itself_and_shows_its_paint():
    assert torch.equal(draw_car("red", seed=3), draw_car("red", seed=3))
    assert not torch.equal(draw_car("red", seed=3), draw_car("red", seed=4))
    door = (slice(None), 9, 11)  # below the windows, between the wheels
    for colour, paint in (("red", (186, 34, 30)), ("beige", (214, 186, 128))):
        mean = torch.stack([draw_car(colour, seed=s)[door] for s in range(100)]).mean(dim=0)
        torch.testing.assert_close(mean, torch.tensor(paint) / 255, atol=0.03, rtol=0)
    assert draw_car("red", size=32).shape == (3, 32, 48)


def test_pictures_come_as_often_as_the_joint_says(training_cars):
    # 1500 cars, so the standard deviation of a cell's share is at most 0.012
    np.testing.assert_allclose(training_cars.counts() / 1500, joint_from_counts().joint, atol=0.05)
    assert training_cars.counts()[TAXI, RED] == 0
    red = training_cars.pictures[training_cars.colours == RED]
    assert red[:, 0, 9, 11].min() > red[:, 1, 9, 11].max()  # more red than green in every door


def test_behind_the_board_all_colours_look_alike():
    around = ~board_mask()
    white, black = (
        torch.stack([draw_car(c, seed=s) for s in range(20)])[:, :, around]
        for c in ("white", "black")
    )
    torch.testing.assert_close(white.mean(dim=0), black.mean(dim=0), atol=0.03, rtol=0)


# ---- both models ----


def test_both_classify_as_the_table_does(discriminative, generative):
    for colour, exact in zip(COLOURS, joint_from_counts().posterior[TAXI], strict=True):
        assert taxi_share(discriminative, colour) == pytest.approx(exact, abs=0.06)
        assert taxi_share(generative, colour) == pytest.approx(exact, abs=0.04)


def test_the_generative_posterior_is_bayes_rule_on_its_own_joint(training_cars, generative, fresh):
    log_joint = generative.log_joint(fresh.pictures)
    bayes = (log_joint - generative.log_likelihood(fresh.pictures)[:, None]).exp()
    torch.testing.assert_close(generative.posterior(fresh.pictures), bayes)
    torch.testing.assert_close(bayes.sum(dim=1), torch.ones(200, dtype=torch.double))
    # the paint is plain to see, so the posterior is that of the counted training cars
    counted = torch.from_numpy(joint_from_counts(training_cars.counts()).posterior).T
    torch.testing.assert_close(bayes, counted[fresh.colours], atol=1e-6, rtol=0)


def tiny_generative():
    """Pictures of 3 x 1 x 2 numbers with a covariance that can be written out."""
    torch.manual_seed(0)
    means, directions = torch.randn(4, 6).double(), torch.randn(6, 2).double()
    return Generative(joint_from_counts(pseudo_count=1), means, directions, 0.3, (3, 1, 2))


def full_log_joint(model, pixels, visible):
    covariance = model.directions @ model.directions.T + model.noise * torch.eye(6).double()
    gaussians = [
        MultivariateNormal(mean[visible], covariance[visible][:, visible]).log_prob(
            pixels[:, visible]
        )
        for mean in model.means
    ]
    density = torch.stack(gaussians, dim=1).exp()  # (N, colours)
    return (density @ torch.from_numpy(model.joint.joint).T).log()


def test_the_density_is_the_mixture_of_full_gaussians():
    model = tiny_generative()
    pixels = torch.randn(5, 6).double()
    expected = full_log_joint(model, pixels, torch.arange(6))
    torch.testing.assert_close(model.log_joint(pixels.reshape(5, 3, 1, 2)), expected)
    hidden = torch.tensor([[True, False]])  # of each channel the first pixel
    expected = full_log_joint(model, pixels, torch.tensor([1, 3, 5]))
    torch.testing.assert_close(model.log_joint(pixels.reshape(5, 3, 1, 2), hidden), expected)


def test_fitting_finds_the_gaussians_that_pictures_were_drawn_from():
    torch.manual_seed(0)
    true = tiny_generative()
    true = replace(true, means=4 * true.means)  # so that every pixel tells of the colour
    colours = torch.arange(40_000) % 4
    pixels = true.means[colours] + torch.randn(40_000, 2).double() @ true.directions.T
    pixels = pixels + 0.3**0.5 * torch.randn_like(pixels)
    cars = Cars(pixels.reshape(-1, 3, 1, 2), colours, torch.arange(40_000) // 4 % 2)
    fitted = fit_generative(cars, directions=2)
    assert fitted.noise == pytest.approx(0.3, rel=0.03)
    torch.testing.assert_close(fitted.means, true.means, atol=0.06, rtol=0)
    torch.testing.assert_close(
        fitted.directions @ fitted.directions.T,  # W is only known up to a rotation
        true.directions @ true.directions.T,
        atol=0.1,
        rtol=0,
    )


def test_only_the_generative_model_draws_and_its_pictures_pass_for_cars(
    discriminative, generative, fresh
):
    samples = generative.sample(400, seed=1)
    np.testing.assert_allclose(samples.counts() / 400, joint_from_counts().joint, atol=0.08)
    assert torch.equal(samples.pictures, generative.sample(400, seed=1).pictures)
    # the nearest mean of really drawn cars has the colour that the sample says it has
    means = torch.stack([fresh.pictures[fresh.colours == c].mean(dim=0) for c in range(4)])
    nearest = torch.cdist(samples.pictures.flatten(1), means.flatten(1)).argmin(dim=1)
    assert torch.equal(nearest, samples.colours)
    taxis = generative.sample(400, seed=1, use="taxi")
    assert set(taxis.uses.tolist()) == {TAXI}
    assert RED not in taxis.colours.tolist()
    assert float((taxis.colours == BEIGE).float().mean()) == pytest.approx(36 / 50, abs=0.1)
    with pytest.raises(NotDefined, match=r"cannot draw pictures: it has p\(y\|x\)"):
        discriminative.sample(1)
    with pytest.raises(ValueError, match="no use 'bus'"):
        generative.sample(1, use="bus")


def test_only_the_generative_model_notices_what_is_no_car_it_knows(
    discriminative, generative, fresh
):
    usual = generative.log_likelihood(fresh.pictures)
    spread = float(usual.max() - usual.min())
    for strange in ("green", None):
        picture = torch.stack([draw_car(strange, seed=s) for s in range(10)])
        assert float(generative.log_likelihood(picture).max()) < float(usual.min()) - spread
    # of the empty road the classifier is surer than of any white, beige or black car's use
    empty = torch.stack([draw_car(None, seed=s) for s in range(10)])
    assert float(discriminative.posterior(empty).amax(dim=1).min()) > 0.95
    with pytest.raises(NotDefined, match="how usual a picture is"):
        discriminative.log_likelihood(empty)


def test_behind_a_board_the_prior_is_what_is_left(discriminative, generative, fresh):
    prior = torch.from_numpy(generative.joint.prior).expand(200, -1)
    behind = generative.posterior(fresh.pictures, board_mask())
    torch.testing.assert_close(behind, prior, atol=1e-3, rtol=0)
    nothing = generative.posterior(fresh.pictures, torch.ones_like(board_mask()))
    torch.testing.assert_close(nothing, prior)
    half = board_mask() & (torch.arange(24) > 12)  # the front half shows the paint
    torch.testing.assert_close(
        generative.posterior(fresh.pictures, half), generative.posterior(fresh.pictures)
    )
    with pytest.raises(NotDefined, match="hidden pixels"):
        discriminative.posterior(fresh.pictures, board_mask())
    none = torch.zeros_like(board_mask())
    assert torch.equal(
        discriminative.posterior(fresh.pictures, none), discriminative.posterior(fresh.pictures)
    )


def test_a_changed_prior_changes_only_p_of_y(training_cars, discriminative, generative):
    queue = generative.with_prior((0.8, 0.2))
    assert queue.means is generative.means
    exact = joint_from_counts(training_cars.counts()).with_prior((0.8, 0.2)).posterior[TAXI]
    for colour, share in zip(COLOURS, exact, strict=True):
        assert taxi_share(queue, colour) == pytest.approx(share, abs=1e-6)
    assert taxi_share(queue, "white") > 0.4 > taxi_share(generative, "white")


def test_the_discriminative_model_is_reweighted_and_finds_the_new_share(discriminative, fresh):
    queue = (0.8, 0.2)
    reweighted = discriminative.with_prior(queue)
    # Bayes' rule by hand: odds times the change of the prior's odds, 4 against 1/3 before
    before = discriminative.posterior(fresh.pictures).double()
    share = float(discriminative.training_prior[TAXI])
    odds = before[:, TAXI] / before[:, PRIVATE] * 4 / (share / (1 - share))
    expected = (odds / (1 + odds)).float()
    torch.testing.assert_close(reweighted.posterior(fresh.pictures)[:, TAXI], expected)
    assert torch.equal(discriminative.prior, discriminative.training_prior)  # the model stays
    exact = joint_from_counts().with_prior(queue)
    for colour, value in zip(COLOURS, exact.posterior[TAXI], strict=True):
        assert taxi_share(reweighted, colour) == pytest.approx(value, abs=0.12)
    crowd = sample_cars(1000, seed=3, joint=exact).pictures
    assert float(discriminative.estimate_prior(crowd)[TAXI]) == pytest.approx(0.8, abs=0.08)
    assert discriminative.estimate_prior(crowd).sum().item() == pytest.approx(1)
    with pytest.raises(ValueError, match=r"sum to 1.*got \[0.5, 0.6\]"):
        discriminative.with_prior((0.5, 0.6))


def test_pictures_of_another_size_are_refused(discriminative, generative):
    other = draw_car("red", size=20)[None]
    for model in (discriminative, generative):
        with pytest.raises(ValueError, match=r"\(N, 3, 16, 24\), got \(1, 3, 20, 30\)"):
            model.posterior(other)


# ---- the command ----


@pytest.mark.slow
def test_the_command_prints_the_exact_row_and_writes_the_sheet(tmp_path):
    file = tmp_path / "cars.png"
    arguments = ["cars", "--output", str(file), "--count", "600", "--pseudo-count", "1"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    rows = {line[:24].strip(): line[24:].split() for line in result.output.splitlines()}
    assert rows["taxi"] == ["6", "36", "0", "8", "50"]
    assert "exact                       0.113    0.881    0.025    0.141" in result.output
    behind = rows["a car behind a board"]
    assert behind[:2] == ["not", "defined"]
    assert behind[2] == behind[-1]  # p(taxi|nothing training_cars) and p(taxi)
    with Image.open(file) as sheet:
        assert sheet.mode == "RGB"
        assert sheet.size == (6 * (24 * 5 + 2) - 2, 4 * (16 * 5 + 2) - 2)
