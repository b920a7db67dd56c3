"""generative/toy: densities against quadrature and second opinions, and short trainings."""

from __future__ import annotations

import math
import statistics
import threading

import numpy as np
import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal
from typer.testing import CliRunner

from generative.cli import app
from generative.errors import GenerativeError, NotDefined
from generative.flow import back_through
from generative.toy import collapse, drawing
from generative.toy.models import FAMILIES, grid_points
from generative.toy.shapes import NOISE, SHAPES, as_images, as_points, shape_named
from generative.toy.training import integral, modes_reached, score, train_planar

WITH_DENSITY = [name for name, family in FAMILIES.items() if family.has_density]


def untrained(name: str):
    """A model with weights that are no longer those of the start, where a flow is the identity."""
    torch.manual_seed(0)
    model = FAMILIES[name].build()
    with torch.no_grad():
        for weights in model.parameters():
            weights.add_(0.1 * torch.randn_like(weights))
    return model.eval()


def gauss_legendre(log_density, reach: float, nodes: int = 80) -> float:
    """The integral over [-reach, reach]^2, by another rule than the program's."""
    at, weight = np.polynomial.legendre.leggauss(nodes)
    axis = torch.from_numpy(at * reach).float()
    values = log_density(torch.cartesian_prod(axis, axis)).exp().reshape(nodes, nodes)
    return float(weight @ values.detach().double().numpy() @ weight) * reach**2


# ---- shapes ----


@pytest.mark.parametrize("name", SHAPES)
def test_the_true_density_integrates_to_one_and_points_follow_it(name):
    shape = SHAPES[name]
    assert gauss_legendre(shape.log_density, 1.3) == pytest.approx(1, abs=0.002)
    points = shape.sample(4000, seed=3)
    assert float(points.abs().max()) < 1.1
    right = float((points[:, 0] > 0.3).float().mean())
    grid = grid_points(100, 1.3)
    mass = shape.log_density(grid).exp() * (2.6 / 100) ** 2
    assert float(mass[grid[:, 0] > 0.3].sum()) == pytest.approx(right, abs=0.03)


def test_the_density_of_eight_gaussians_is_that_of_torch():
    shape = SHAPES["gaussians"]
    assert shape.modes is not None
    parts = Independent(Normal(shape.modes, NOISE), 1)
    reference = MixtureSameFamily(Categorical(torch.ones(8)), parts)
    points = shape.sample(50)
    torch.testing.assert_close(shape.log_density(points).float(), reference.log_prob(points))


def test_a_mode_is_reached_with_a_quarter_of_its_share():
    shape = SHAPES["gaussians"]
    near, far = shape.modes[:3].repeat(20, 1), torch.zeros(39, 2)
    assert modes_reached(torch.cat([near, far]), shape).tolist() == [True] * 3 + [False] * 5
    few = torch.cat([shape.modes[:1].repeat(97, 1), shape.modes[1:2].repeat(3, 1)])
    assert modes_reached(few, shape).tolist() == [True] + [False] * 7  # 3 of 100 < 1 / 32


def test_a_point_survives_its_way_as_an_image_and_a_wrong_name_is_refused():
    points = torch.tensor([[-1.0, 0.5], [0.25, 1.0]])
    assert torch.equal(as_points(as_images(points)), points)
    assert as_images(points).flatten().tolist() == [0, 0.75, 0.625, 1]
    with pytest.raises(GenerativeError, match=r"no shape 'cats'; expected moons, spirals"):
        shape_named("cats")


# ---- densities ----


@pytest.mark.parametrize("name", WITH_DENSITY)
def test_a_density_integrates_to_one(name):
    model = untrained(name)
    inside = {"autoregressive": 1.0, "energy": 1.0}
    reach = inside.get(name, 6.0 if name == "vae" else 9.0)
    by_other_rule = gauss_legendre(model.log_density, reach)
    assert by_other_rule == pytest.approx(1, abs=0.02)
    if name in inside:
        assert integral(model) == pytest.approx(1, abs=0.02)
        outside = model.log_density(torch.tensor([[1.2, 0.0]]))
        assert float(outside) == -math.inf


def test_gan_and_diffusion_have_no_density():
    for name in ("gan", "diffusion"):
        with pytest.raises(NotDefined, match="gives no likelihood"):
            untrained(name).log_density(torch.zeros(1, 2))


def test_the_flow_is_inverted_and_its_determinant_is_autograds():
    flow = untrained("flow")
    points = SHAPES["moons"].sample(6)
    noise, log_det = flow.to_noise(points)
    torch.testing.assert_close(flow.from_noise(noise), points, atol=1e-4, rtol=0)
    for point, value in zip(points, log_det, strict=True):
        jacobian = torch.autograd.functional.jacobian(lambda x: flow.to_noise(x[None])[0][0], point)
        assert float(jacobian.det().abs().log()) == pytest.approx(value.item(), abs=1e-4)
    halfway = flow.from_noise(noise, 5)
    torch.testing.assert_close(
        back_through(list(flow.couplings)[:11], halfway), points, atol=1e-4, rtol=0
    )
    torch.testing.assert_close(flow.from_noise(noise, 0), noise)


def test_the_vaes_quadrature_agrees_with_importance_sampling():
    vae = untrained("vae")
    points = SHAPES["moons"].sample(10)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        sampled = vae.log_likelihood(as_images(points), samples=1000).nats
    torch.testing.assert_close(vae.log_density(points), sampled, atol=0.05, rtol=0)


def test_the_autoregressive_samples_follow_its_density():
    model = untrained("autoregressive")
    samples = as_points(model.sample(20_000, seed=0))
    grid = grid_points(64, 1.0)
    mass = (model.log_density(grid).exp() * (2 / 64) ** 2).reshape(64, 64)
    assert float(mass.sum()) == pytest.approx(1, abs=1e-4)
    expected = mass.reshape(8, 8, 8, 8).sum(dim=(1, 3)).detach().numpy()  # of 8 x 8 squares
    drawn, _, _ = np.histogram2d(*samples.T.numpy(), bins=8, range=[(-1, 1), (-1, 1)])
    assert np.abs(drawn / 20_000 - expected).max() < 0.005


# ---- pictures ----


def test_the_first_coordinate_goes_right_and_the_second_up():
    dot = drawing.draw_points(torch.tensor([[0.5, 0.8]]), side=100)
    bright = (dot.sum(dim=0) > 2.5).nonzero()
    assert bright.float().mean(dim=0).tolist() == pytest.approx([10, 75], abs=1)  # row, column
    hill = drawing.draw_density(
        lambda points: -(points - torch.tensor([0.5, 0.8])).square().sum(dim=1) * 50, side=100
    )
    row, column = divmod(int(hill.sum(dim=0).argmax()), 100)
    assert (row, column) == (pytest.approx(10, abs=2), pytest.approx(75, abs=2))
    assert drawing.lattice(3, reach=2.0, points=5).shape == (6, 5, 2)


# ---- trainings ----


@pytest.mark.slow
@pytest.mark.parametrize("shape", ["moons", "gaussians"])
@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_learns_a_shape_in_seconds(name, shape):
    family = FAMILIES[name]
    *_, last = train_planar(family, SHAPES[shape], threading.Event(), seconds=120)
    result = score(last.model, SHAPES[shape], has_density=family.has_density)
    assert result.strays < STRAYS[name]
    if family.has_density:
        assert -0.05 < result.kl < KL[name]
        assert result.integral == pytest.approx(1, abs=0.02)
    if shape == "gaussians":
        assert result.modes == 8


# A flow bends the plane and cannot tear it: bridges stay between the eight Gaussians.
STRAYS = {"vae": 0.5, "gan": 0.4, "diffusion": 0.3, "flow": 0.45, "autoregressive": 0.1, "energy": 0.4}  # fmt: skip
KL = {"vae": 0.9, "flow": 0.8, "autoregressive": 0.25, "energy": 0.8}


@pytest.mark.slow
def test_a_mode_collapse_is_provoked_and_cured():
    reached = {"provoked": [], "cured": []}
    for seed in (0, 1):  # how far it collapses depends on the seed, and on the processor's rounding
        counts = {"provoked": [], "cured": []}
        for one in collapse.provoke_and_cure(threading.Event(), seconds=120, seed=seed):
            counts[one.setting].append(int(one.modes.sum()))
        for setting, modes in counts.items():
            reached[setting] += modes[-5:]
    assert statistics.mean(reached["provoked"]) < 5.5
    assert statistics.mean(reached["cured"]) > 6.5


@pytest.mark.slow
def test_the_command_prints_a_row_for_each_family_and_writes_the_picture(tmp_path):
    file = tmp_path / "toy.png"
    arguments = ["toy", "moons", "--families", "autoregressive,gan", "--seconds", "2"]
    result = CliRunner().invoke(app, [*arguments, "--output", str(file)])
    assert result.exit_code == 0, result.output
    rows = {line.split()[0]: line.split() for line in result.output.splitlines() if line.strip()}
    assert float(rows["autoregressive"][5]) == pytest.approx(1, abs=0.02)
    assert rows["gan"][4:6] == ["–", "–"]
    assert file.is_file()
    wrong = CliRunner().invoke(app, ["toy", "cats"])
    assert (wrong.exit_code, "expected moons, spirals" in wrong.stderr) == (1, True)
