"""Discriminative against generative, on cars in front of a station: is the beige one a taxi?

Each car has a use y, taxi or private, and a colour x. Three things are compared:

- `joint`: p(y) and p(x|y) by counting 200 cars, p(y|x) by Bayes' rule, all in closed form.
- `discriminative`: a network that learns p(y|x), and only that, from pictures of cars.
- `mixture`: p(x, y) = p(y) p(x|y) over pictures, a mixture of one Gaussian for each colour.

The pictures come from `drawing`. A taxi looks like any other car of its colour: only the colour
tells the use, so that a model of pictures can be compared with the table.
"""

from __future__ import annotations

import numpy as np
import torch

from generative.cars.discriminative import Discriminative, train_discriminative
from generative.cars.drawing import SIZE, Cars, board_mask, draw_car, sample_cars
from generative.cars.joint import COLOURS, COUNTS, USES, Joint, joint_from_counts
from generative.cars.mixture import Generative, fit_generative

__all__ = [
    "COLOURS",
    "COUNTS",
    "SIZE",
    "USES",
    "Cars",
    "Discriminative",
    "Generative",
    "Joint",
    "board_mask",
    "draw_car",
    "fit_generative",
    "joint_from_counts",
    "sample_cars",
    "taxi_share",
    "train_discriminative",
]


def taxi_share(
    model: Discriminative | Generative, colour: str, *, count: int = 50, seed: int = 1000
) -> float:
    """The mean of p(taxi|x) over newly drawn cars of a colour; in the table p(taxi|colour)."""
    generator = np.random.default_rng(seed)
    pictures = torch.stack(
        [draw_car(colour, seed=generator, size=model.shape[1]) for _ in range(count)]
    )
    return float(model.posterior(pictures)[:, USES.index("taxi")].mean())
