"""The command `katheder generative cars`; the models are in `generative.cars`."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from generative.options import SeedOption


def cars(
    output: Annotated[Path, typer.Option(help="The picture to write.")] = Path("cars.png"),
    seed: SeedOption = 0,
    count: Annotated[int, typer.Option(min=500, help="Number of training pictures.")] = 2000,
    pseudo_count: Annotated[
        float, typer.Option(min=0, help="Added to each count; above 0, red taxis are possible.")
    ] = 0.0,
) -> None:
    """Is the beige car a taxi? A discriminative and a generative model of drawn cars."""
    import torch

    from generative.cars import (
        COLOURS,
        COUNTS,
        USES,
        board_mask,
        draw_car,
        fit_generative,
        joint_from_counts,
        sample_cars,
        taxi_share,
        train_discriminative,
    )
    from generative.pictures import save_grid

    joint = joint_from_counts(pseudo_count=pseudo_count)
    training_cars = sample_cars(count, seed=seed, joint=joint)
    discriminative = train_discriminative(training_cars, seed=seed)
    generative = fit_generative(training_cars)
    print(f"{'counted':<24}" + "".join(f"{name:>9}" for name in (*COLOURS, "sum")))
    for use, counted in zip(USES, COUNTS, strict=True):
        print(f"{use:<24}" + "".join(f"{number:>9}" for number in (*counted, counted.sum())))

    def row(name: str, values: Iterable[float]) -> None:
        print(f"{name:<24}" + "".join(f"{value:>9.3f}" for value in values))

    queue = (0.8, 0.2)
    print(f"\np(taxi|colour), models trained on {count} pictures, seed {seed}")
    row("exact", joint.posterior[0])
    row("discriminative", (taxi_share(discriminative, colour) for colour in COLOURS))
    row("generative", (taxi_share(generative, colour) for colour in COLOURS))
    print(f"where p(taxi) is {queue[0]}; p(x|y) stays, and nothing is trained again")
    row("exact", joint.with_prior(queue).posterior[0])
    reweighted = discriminative.with_prior(queue)
    row("discriminative", (taxi_share(reweighted, colour) for colour in COLOURS))
    row("generative", (taxi_share(generative.with_prior(queue), colour) for colour in COLOURS))

    crowd = sample_cars(2000, seed=seed + 2, joint=joint.with_prior(queue)).pictures
    guess = float(discriminative.estimate_prior(crowd)[0])
    print(
        f"p(taxi) of 2000 unlabelled pictures from there, by the discriminative model: {guess:.2f}"
    )

    usual = generative.log_likelihood(sample_cars(200, seed=seed + 1, joint=joint).pictures)
    green, empty, beige = (draw_car(colour, seed=seed) for colour in ("green", None, "beige"))
    print(
        f"\n{'p(taxi|picture)':<24}{'discriminative':>15}{'generative':>12}{'ln p(x) in nats':>18}"
    )
    print(f"{'200 usual cars':<24}{'':>27}{f'{usual.min():.0f} to {usual.max():.0f}':>18}")
    for name, picture in (("a green car", green), ("no car", empty)):
        one, other = (float(m.posterior(picture[None])[0, 0]) for m in (discriminative, generative))
        nats = float(generative.log_likelihood(picture[None]))
        print(f"{name:<24}{one:>15.3f}{other:>12.3f}{nats:>18.0f}")
    share = float(generative.posterior(beige[None], board_mask())[0, 0])
    print(f"{'a car behind a board':<24}{'not defined':>15}{share:>12.3f}"
          f"   which is p(taxi) = {generative.joint.prior[0]:.3f}")  # fmt: skip
    cars_shown = torch.stack([draw_car(colour, seed=seed) for colour in COLOURS] + [green, empty])
    sheet = torch.cat([cars_shown, generative.sample(18, seed=seed).pictures])
    print(
        f"\n6 cars drawn by the program, then 18 sampled from the generative model: {save_grid(sheet, 6, output, scale=5)}"
    )
