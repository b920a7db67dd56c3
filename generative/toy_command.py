"""The commands `katheder generative toy` and `collapse`; the models are in `generative.toy`."""

from __future__ import annotations

import sys
import threading
from collections import deque
from pathlib import Path
from typing import Annotated

import typer

from generative.options import SeedOption


def toy(
    shape: Annotated[str, typer.Argument(help="moons, spirals, rings or gaussians.")] = "moons",
    families: Annotated[
        str, typer.Option(help="Separated by commas, as in vae,flow (default: all six).")
    ] = "",
    seconds: Annotated[
        float, typer.Option(min=1, max=600, help="The longest training of a family.")
    ] = 20.0,
    output: Annotated[Path, typer.Option(help="The picture to write.")] = Path("toy.png"),
    seed: SeedOption = 0,
) -> None:
    """Train all families on points in the plane; samples and densities side by side."""
    import torch

    from generative.pictures import save_grid
    from generative.toy import drawing
    from generative.toy.models import FAMILIES, Planar
    from generative.toy.shapes import as_points, shape_named
    from generative.toy.training import planar_family, score, train_planar

    target = shape_named(shape)
    selected = [planar_family(name.strip()) for name in families.split(",") if name.strip()]
    samples = [drawing.draw_points(target.sample(1000, seed=seed))]
    densities = [drawing.draw_density(target.log_density)]
    print(f"{target.title}, seed {seed}; above: data and samples, below: densities")
    print(f"{'family':<16}{'epochs':>7}{'seconds':>9}{'strays':>8}{'KL in nats':>12}{'integral':>10}"
          + (f"{'modes':>7}" if target.modes is not None else ""))  # fmt: skip
    for family in selected or FAMILIES.values():
        print(f"{family.name} …", file=sys.stderr, flush=True)
        events = train_planar(family, target, threading.Event(), seconds=seconds, seed=seed)
        last = deque(events, maxlen=1).pop()
        assert isinstance(last.model, Planar)
        assert last.preview is not None
        result = score(last.model, target, has_density=family.has_density, seed=seed)
        kl, total = (
            "–" if value is None else f"{value:.3f}" for value in (result.kl, result.integral)
        )
        print(
            f"{family.name:<16}{last.epoch.number:>7}{last.epoch.seconds:>9.1f}"
            f"{result.strays:>8.1%}{kl:>12}{total:>10}"
            + ("" if result.modes is None else f"{result.modes:>7}"),
            flush=True,
        )
        samples.append(drawing.draw_points(as_points(last.preview)))
        densities.append(
            drawing.draw_density(last.model.log_density)
            if family.has_density
            else torch.zeros_like(samples[0])
        )
    print(save_grid(torch.stack(samples + densities), len(samples), output, scale=1))


def collapse(
    output: Annotated[Path, typer.Option(help="The picture to write.")] = Path("collapse.png"),
    seconds: Annotated[
        float, typer.Option(min=1, max=600, help="The longest training under each setting.")
    ] = 20.0,
    seed: SeedOption = 0,
) -> None:
    """Provoke a GAN's mode collapse on eight Gaussians, and cure it; modes are counted."""
    import torch

    from generative.pictures import save_grid
    from generative.toy.collapse import SETTINGS, Reached, provoke_and_cure
    from generative.toy.drawing import draw_points

    last: dict[str, Reached] = {}
    for reached in provoke_and_cure(threading.Event(), seconds=seconds, seed=seed):
        last[reached.setting] = reached
    for name, reached in last.items():
        changes = ", ".join(f"{key} {value}" for key, value in SETTINGS[name].changes.items())
        print(
            f"{name:<10} {changes}: {int(reached.modes.sum())} of {len(reached.modes)} modes "
            f"after {reached.epoch} epochs"
        )
    panels = torch.stack([draw_points(reached.samples) for reached in last.values()])
    print(save_grid(panels, len(panels), output, scale=1))
