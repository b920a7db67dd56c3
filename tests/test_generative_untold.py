"""The diffusion model's second network, which draws without a digit."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch

from generative import checkpoints, data, make_all
from generative.diffusion import Diffusion, DiffusionConfig
from generative.errors import DataMissing
from generative.model import seeded
from generative.untold import UntoldStage, pair, told_alone


@pytest.fixture
def first():
    torch.manual_seed(0)
    model = Diffusion(DiffusionConfig(image_size=4, patch=1, channels=8, steps=20, classes=3))
    for value in model.parameters():
        value.data += 0.1 * torch.randn_like(value)
    return model.eval()


def images_and_labels(count=6):
    return torch.rand(count, 1, 4, 4), torch.arange(count) % 3


def test_a_network_that_is_shown_the_digit_begins_as_its_teacher(first):
    with torch.no_grad():
        parts = UntoldStage(first, label_dropout=0.0).loss(*images_and_labels())
    assert float(parts["loss"]) == float(parts["hidden"]) == 0


def test_a_hidden_digit_is_compared_with_the_teachers_estimate_that_knows_it(first):
    stage, (images, labels) = UntoldStage(first, label_dropout=1.0), images_and_labels()
    with seeded(5):
        loss = stage.loss(images, labels)["loss"]
    with seeded(5), torch.no_grad():
        step = stage._steps(6)
        x = first.schedule.add_noise(2 * images - 1, torch.randn_like(images), step)
        told, untold = (first.network(x, step, one) for one in (labels, torch.full((6,), 3)))
    torch.testing.assert_close(loss, (told - untold).square().mean())


def test_a_step_of_training_changes_the_student_alone(first):
    stage = UntoldStage(first, label_dropout=1.0)
    before = {name: value.clone() for name, value in first.state_dict().items()}
    stage.training_step(*images_and_labels(), stage.optimizers(1e-2), nullcontext())
    change = (stage.network.label.weight.detach() - before["network.label.weight"]).abs().amax(1)
    assert change[3] > 5e-3 > 1e-5 > change[:3].max()  # weight decay alone on the digits'
    assert all(torch.equal(first.state_dict()[name], value) for name, value in before.items())


def test_most_steps_are_noisy_ones(first):
    torch.manual_seed(0)
    steps = UntoldStage(first, 0.5)._steps(20_000)
    assert (int(steps.min()), int(steps.max())) == (0, 19)
    assert float((steps >= 8).float().mean()) == pytest.approx(0.9 + 0.1 * 0.6, abs=0.01)


def test_a_pair_is_each_network_where_it_belongs_and_is_stored_as_one_model(first, tmp_path):
    stage = UntoldStage(first)
    stage.network.label.weight.data += 1
    checkpoints.save(pair(first, stage), tmp_path, {})
    model = checkpoints.load(tmp_path)
    x, labels = torch.randn(4, 1, 4, 4), torch.tensor([3, 0, 3, 2])  # 3: no digit
    with torch.no_grad():
        both = model.noise_in(x, 5, labels, 0.0)
        torch.testing.assert_close(both[[0, 2]], stage.noise_in(x[[0, 2]], 5, None, 0.0))
        told = first.noise_in(x[[1, 3]], 5, labels[[1, 3]], 0.0)
        torch.testing.assert_close(both[[1, 3]], told)
        guided = model.noise_in(x[[1, 3]], 5, labels[[1, 3]], 2.0)
        untold = stage.noise_in(x[[1, 3]], 5, None, 0.0)
    torch.testing.assert_close(guided, 3 * told - 2 * untold, atol=1e-5, rtol=1e-5)
    alone = told_alone(model)
    assert all(torch.equal(alone.state_dict()[k], v) for k, v in first.state_dict().items())
    assert told_alone(alone) is alone


def test_a_pair_learns_with_each_of_its_networks():
    config = DiffusionConfig(image_size=4, patch=1, channels=8, steps=20, classes=3, pair=True)
    model = Diffusion(replace(config, label_dropout=0.5))
    images, labels = images_and_labels(16)
    model.loss(images, labels)["loss"].backward()
    for told in (True, False):  # the last convolution alone has a gradient at its zero weights
        gradient = model.unet(told=told).last[-1].weight.grad
        assert float(gradient.abs().max()) > 0


def test_the_shipped_second_network_knows_more_of_the_noise_than_the_first_one_without_a_digit():
    try:
        test = data.load("mnist").test
    except DataMissing as error:
        pytest.skip(str(error))
    model = checkpoints.shipped("diffusion")
    images, labels = test.first(64).floats, test.first(64).labels
    none, step = torch.full((64,), 10), torch.full((64,), 175)
    with seeded(0), torch.no_grad():
        x = model.schedule.add_noise(2 * images - 1, torch.randn_like(images), step)
        told = model.network(x, step, labels)
        first, second = (model.unet(told=one)(x, step, none) - told for one in (True, False))
    assert float(second.square().mean()) < 0.7 * float(first.square().mean())


def test_the_teacher_needs_labels(first):
    with pytest.raises(ValueError, match="got no labels"):
        UntoldStage(first, 0.75).loss(images_and_labels()[0])


def test_only_the_diffusion_model_has_a_second_network(capsys):
    with pytest.raises(SystemExit):
        make_all.main(["vae", "--continue"])
    assert "--continue trains diffusion alone, got vae" in capsys.readouterr().err
