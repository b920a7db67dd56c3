"""Discriminative against generative, on cars in front of a station: is the beige one a taxi?

Each car has a use y, taxi or private, and a colour x. Three things are held side by side:

- `Joint`: p(y) and p(x|y) by counting 200 cars, p(y|x) by Bayes' rule, all in closed form.
- `Discriminative`: a network that sees pictures of cars and learns p(y|x) from them, only that.
- `Generative`: p(x, y) = p(y) p(x|y) over pictures, a mixture of one Gaussian for each colour.

The pictures are drawn here. A taxi looks like any other car of its colour: the colour is all that
tells of the use, so a model of pictures can be held against the table.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn
from torch.distributions import LowRankMultivariateNormal
from torch.nn import functional as F

from generative.errors import NotDefined
from generative.model import seeded

USES = ("taxi", "private")
COLOURS = ("white", "beige", "red", "black")
COUNTS = np.array([[6, 36, 0, 8], [54, 4, 38, 54]])  # (uses, colours): 50 taxis, 150 private cars

SIZE = 16  # height of a picture; it is half as wide again
_PAINT = {
    "white": (235, 236, 232),
    "beige": (214, 186, 128),
    "red": (186, 34, 30),
    "black": (32, 32, 36),
    "green": (30, 150, 62),  # which no car of the table has
}


# ---- the table ----


@dataclass(frozen=True, slots=True, eq=False)
class Joint:
    """p(x, y) of a colour x and a use y, kept as the two factors p(y) p(x|y).

    `prior` is p(y), shape (uses,); `likelihood` is p(x|y), shape (uses, colours), each row
    summing to 1. Rows are in the order of USES, columns in that of COLOURS.
    """

    prior: np.ndarray
    likelihood: np.ndarray

    @property
    def joint(self) -> np.ndarray:
        """p(x, y) = p(y) p(x|y), (uses, colours), summing to 1."""
        return self.prior[:, None] * self.likelihood

    @property
    def evidence(self) -> np.ndarray:
        """p(x), (colours,): the joint summed over uses."""
        return self.joint.sum(axis=0)

    @property
    def posterior(self) -> np.ndarray:
        """p(y|x) = p(y) p(x|y) / p(x) by Bayes' rule, (uses, colours), each column summing to 1.

        Raises:
            NotDefined: some colour has p(x) = 0, and 0/0 is no probability.
        """
        evidence = self.evidence
        if not evidence.all():
            colour = COLOURS[int(evidence.argmin())]
            raise NotDefined(
                f"p(y|{colour}) is 0/0, since p({colour}) is 0: no such car was counted, or no use "
                "with a share in it is left in p(y). Give pseudo_count a value above 0, or another "
                "p(y)."
            )
        return self.joint / evidence

    def under(self, prior: Sequence[float]) -> Joint:
        """The same p(x|y) under another p(y), as where taxis queue.

        Args:
            prior: p(taxi) and p(private), which sum to 1.
        """
        changed = np.asarray(prior, dtype=float)
        if (
            changed.shape != (len(USES),)
            or (changed < 0).any()
            or not math.isclose(changed.sum(), 1)
        ):
            raise ValueError(
                f"p(y) wants {len(USES)} numbers of at least 0 that sum to 1, as in (0.25, 0.75), "
                f"got {list(prior)}"
            )
        return replace(self, prior=changed)


def by_counting(counts: np.ndarray = COUNTS, pseudo_count: float = 0.0) -> Joint:
    """p(y) and p(x|y) from how often each use and colour came together.

    With n the counts and a the pseudo-count, p(x, y) = (n(x, y) + a) / (n + 8 a) over the 8
    cells. a = 0 is maximum likelihood, under which what was never counted is impossible; a = 1
    is Laplace's add-one smoothing.

    Args:
        counts: (uses, colours), at least 0; the lecture's 200 cars by default.
        pseudo_count: Added to each cell.

    Raises:
        ValueError: counts of another shape, a negative number, or a use that was never counted,
            for which p(x|y) is 0/0.
    """
    cells = np.asarray(counts, dtype=float) + pseudo_count
    if cells.shape != (len(USES), len(COLOURS)):
        raise ValueError(f"counts want shape {(len(USES), len(COLOURS))}, got {cells.shape}")
    if pseudo_count < 0 or np.min(counts) < 0:
        raise ValueError(
            f"counts and pseudo_count want to be at least 0, got {np.min(counts)} and {pseudo_count}"
        )
    totals = cells.sum(axis=1)
    if not totals.all():
        use = USES[int(totals.argmin())]
        raise ValueError(
            f"p(colour|{use}) is 0/0, since no {use} car was counted; count more cars, or give "
            "pseudo_count a value above 0"
        )
    return Joint(totals / totals.sum(), cells / totals[:, None])


# ---- the pictures ----


@dataclass(frozen=True, slots=True)
class Cars:
    """Pictures (N, 3, height, width) in [0, 1] and, as int64 (N,), rows of COLOURS and USES."""

    pictures: Tensor
    colours: Tensor
    uses: Tensor

    @property
    def shape(self) -> tuple[int, int, int]:
        """Channels, height and width of a picture."""
        _, channels, height, width = self.pictures.shape
        return channels, height, width

    def counts(self) -> np.ndarray:
        """How many there are of each use and colour, (uses, colours)."""
        cells = self.uses * len(COLOURS) + self.colours
        return np.bincount(cells.numpy(), minlength=COUNTS.size).reshape(COUNTS.shape)


def draw(colour: str | None, *, seed: int | np.random.Generator = 0, size: int = SIZE) -> Tensor:
    """A picture of a car seen from the side, (3, size, 3 size / 2) in [0, 1].

    The use does not show. By the seed vary: where the car stands, by half a pixel at SIZE; the
    shade of its paint; the light on the whole scene; and the noise of the camera.

    Args:
        colour: One of COLOURS, or green, which none of the counted cars has; None leaves the
            road empty.
        seed: The same seed gives the same picture; a generator is drawn from as it stands.
        size: The height in pixels, even.
    """
    if colour is not None and colour not in _PAINT:
        raise ValueError(f"no paint {colour!r}; there are {', '.join(_PAINT)}, or None for no car")
    if size < 8 or size % 2:
        raise ValueError(f"size wants an even number of at least 8, got {size}")
    generator = np.random.default_rng(seed)
    left, top = generator.uniform(-0.03, 0.03, 2)  # of the picture's height
    shade, light = generator.normal(0, 0.03), generator.normal(1, 0.03)
    scale = 4  # drawn larger and then shrunk, so that edges are soft
    image = Image.new("RGB", (scale * size * 3 // 2, scale * size), (150, 176, 204))
    pencil = ImageDraw.Draw(image)
    high = scale * size
    pencil.rectangle((0, 0.68 * high, 1.5 * high, high), fill=(104, 102, 100))

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [((x + left) * high, (y + top) * high) for x, y in points]

    if colour is not None:
        red, green, blue = (round(min(255, max(0, part + 255 * shade))) for part in _PAINT[colour])
        body = (red, green, blue)
        pencil.polygon(at((0.42, 0.45), (0.56, 0.2), (0.98, 0.2), (1.12, 0.45)), fill=body)
        pencil.rounded_rectangle(at((0.18, 0.42), (1.32, 0.74)), radius=0.09 * high, fill=body)
        for window in (
            at((0.52, 0.43), (0.61, 0.26), (0.74, 0.26), (0.74, 0.43)),
            at((0.80, 0.43), (0.80, 0.26), (0.93, 0.26), (1.02, 0.43)),
        ):
            pencil.polygon(window, fill=(70, 88, 104))
        for middle in (0.44, 1.06):
            wheel = at((middle - 0.11, 0.63), (middle + 0.11, 0.85))
            pencil.ellipse(wheel, fill=(22, 22, 22))  # type: ignore[arg-type]  # two corners
    pixels = np.asarray(image.resize((size * 3 // 2, size), Image.Resampling.BOX)) / 255
    pixels = pixels * light + generator.normal(0, 0.02, pixels.shape)
    return torch.from_numpy(pixels.clip(0, 1)).float().permute(2, 0, 1)


def pictures(count: int, *, seed: int = 0, joint: Joint | None = None, size: int = SIZE) -> Cars:
    """Cars with their uses and colours drawn from a joint; the lecture's where none is given."""
    if count < 1:
        raise ValueError(f"count wants at least 1 car, got {count}")
    generator = np.random.default_rng(seed)
    cells = generator.choice(COUNTS.size, count, p=(joint or by_counting()).joint.ravel())
    uses, colours = np.divmod(cells, len(COLOURS))
    drawn = [draw(COLOURS[colour], seed=generator, size=size) for colour in colours]
    return Cars(torch.stack(drawn), torch.from_numpy(colours), torch.from_numpy(uses))


def screen(size: int = SIZE) -> Tensor:
    """Where a board in front of the car would hide it: bool, (size, 3 size / 2), True is hidden."""
    hidden = torch.zeros(size, size * 3 // 2, dtype=torch.bool)
    hidden[round(0.1 * size) : round(0.95 * size), round(0.1 * size) : round(1.4 * size)] = True
    return hidden


def _check_shape(seen: Tensor, shape: tuple[int, int, int]) -> None:
    if seen.shape[1:] != shape:
        raise ValueError(
            f"pictures want the shape of those trained on, (N, {', '.join(map(str, shape))}), got "
            f"{tuple(seen.shape)}"
        )


# ---- the discriminative model ----


class Discriminative(nn.Module):
    """p(y|x) of the use given the picture, by a network with one hidden layer; no p(x) is in it.

    What takes more than p(y|x) raises NotDefined and says why.
    """

    middle: Tensor  # the mean training picture, taken away from what is seen

    def __init__(self, shape: tuple[int, int, int], hidden: int = 32) -> None:
        super().__init__()
        self.shape = shape
        self.register_buffer("middle", torch.zeros(shape))
        self.network = nn.Sequential(
            nn.Flatten(),
            nn.Linear(math.prod(shape), hidden),
            nn.ReLU(),
            nn.Linear(hidden, len(USES)),
        )

    def forward(self, seen: Tensor) -> Tensor:
        """Logits of the uses, (N, uses), from pictures (N, 3, height, width)."""
        _check_shape(seen, self.shape)
        return self.network(2 * (seen - self.middle))

    @torch.no_grad()
    def posterior(self, seen: Tensor, hidden: Tensor | None = None) -> Tensor:
        """p(y|x) of each picture, (N, uses).

        Raises:
            NotDefined: part of the picture is hidden.
        """
        if hidden is not None and bool(hidden.any()):
            raise NotDefined(
                "The discriminative model cannot leave out hidden pixels: p(y|seen) is a sum over "
                "what may be hidden, weighted by p(x), and it has no p(x). Ask the generative one."
            )
        return self(seen).softmax(dim=1)

    def sample(self, count: int, *, seed: int = 0, use: str | None = None) -> Cars:
        """Cannot be done: raises NotDefined."""
        raise NotDefined(
            "The discriminative model cannot draw pictures: it has p(y|x), from which neither "
            "p(x) nor p(x|y) follows. Ask the generative one."
        )

    def log_likelihood(self, seen: Tensor) -> Tensor:
        """Cannot be done: raises NotDefined."""
        raise NotDefined(
            "The discriminative model cannot tell how usual a picture is: p(y|x) sums to 1 for "
            "every picture, however strange, and it has no p(x). Ask the generative one."
        )

    def under(self, prior: Sequence[float]) -> Discriminative:
        """Cannot be done: raises NotDefined."""
        raise NotDefined(
            "The discriminative model has no p(y) that could be changed: the share of taxis among "
            "the training pictures is baked into its weights. Train it anew where taxis are more "
            "frequent, or ask the generative one."
        )


def train_discriminative(cars: Cars, *, seed: int = 0, epochs: int = 12) -> Discriminative:
    """Fit p(y|x) by minimising the cross-entropy, -ln p(y|x) meaned over the cars.

    It sees pictures and uses; of colours it is not told. All randomness comes from the seed.
    """
    if len(cars.uses.unique()) < len(USES):
        raise ValueError("cars want both uses among them, got only one; draw more pictures")
    with seeded(seed):
        model = Discriminative(cars.shape)
        model.middle = cars.pictures.mean(dim=0)
        optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.1)
        batch = 50
        steps = epochs * -(-len(cars.uses) // batch)
        falling = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for _ in range(epochs):
            for rows in torch.randperm(len(cars.uses)).split(batch):
                loss = F.cross_entropy(model(cars.pictures[rows]), cars.uses[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                falling.step()
    return model.eval()


# ---- the generative model ----


@dataclass(frozen=True, slots=True, eq=False)
class Generative:
    """p(x, y) = p(y) p(x|y) of a picture x and a use y: first the use, then a picture that suits it.

    p(x|y) = sum_c p(c|y) N(x; mean_c, W W' + noise I) over the colours c. `joint` holds p(y) and
    p(c|y); `means` is (colours, pixels), `directions` W is (pixels, directions), shared by all
    colours as `noise`, a variance, is. Densities are of pixels as real numbers, so that ln p may
    be above 0. `shape` is that of a picture.
    """

    joint: Joint
    means: Tensor
    directions: Tensor
    noise: float
    shape: tuple[int, int, int]

    def log_joint(self, seen: Tensor, hidden: Tensor | None = None) -> Tensor:
        """ln p(x, y) for each picture and use, (N, uses), in nats.

        Args:
            seen: (N, 3, height, width).
            hidden: Bool, (height, width): pixels that were not seen. They are integrated out,
                which for a Gaussian means leaving out their rows.
        """
        _check_shape(seen, self.shape)
        kept = torch.ones(self.shape, dtype=torch.bool)
        if hidden is not None:
            kept = kept & ~hidden
        kept = kept.flatten()
        log_picture = torch.zeros(len(seen), len(COLOURS), dtype=torch.double)  # ln p(x|c)
        if kept.any():  # a Gaussian of no pixels has density 1
            noise = torch.full((int(kept.sum()),), self.noise, dtype=torch.double)
            gaussians = LowRankMultivariateNormal(self.means[:, kept], self.directions[kept], noise)
            log_picture = gaussians.log_prob(seen.double().flatten(1)[:, None, kept])
        log_cells = torch.from_numpy(self.joint.joint).log()  # ln p(c, y), -inf for an empty cell
        return (log_picture[:, None] + log_cells).logsumexp(dim=2)

    def log_likelihood(self, seen: Tensor) -> Tensor:
        """ln p(x) = ln sum_y p(x, y), exact, (N,), in nats; larger is more usual."""
        return self.log_joint(seen).logsumexp(dim=1)

    def posterior(self, seen: Tensor, hidden: Tensor | None = None) -> Tensor:
        """p(y|x) = p(x, y) / p(x) by Bayes' rule, (N, uses); of the pixels not hidden, if some are."""
        return self.log_joint(seen, hidden).softmax(dim=1)

    def sample(self, count: int, *, seed: int = 0, use: str | None = None) -> Cars:
        """Draw a use, or take the one that is given, then a colour, then a picture, cut to [0, 1]."""
        if count < 1:
            raise ValueError(f"count wants at least 1 picture, got {count}")
        if use is not None and use not in USES:
            raise ValueError(f"no use {use!r}; there are {' and '.join(USES)}")
        given = self.joint if use is None else self.joint.under([float(use == y) for y in USES])
        with seeded(seed):
            cells = torch.from_numpy(given.joint).flatten().multinomial(count, replacement=True)
            uses, colours = cells // len(COLOURS), cells % len(COLOURS)
            along = torch.randn(count, self.directions.shape[1], dtype=torch.double)
            pixels = self.means[colours] + along @ self.directions.T
            pixels = pixels + math.sqrt(self.noise) * torch.randn_like(pixels)
        return Cars(pixels.clamp(0, 1).float().reshape(count, *self.shape), colours, uses)

    def under(self, prior: Sequence[float]) -> Generative:
        """The same model of pictures under another p(y), with nothing trained again."""
        return replace(self, joint=self.joint.under(prior))


def fit_generative(cars: Cars, *, pseudo_count: float = 0.0, directions: int = 6) -> Generative:
    """Fit p(x, y) = p(y) sum_c p(c|y) p(x|c) in closed form; the colours were noted, as were the uses.

    p(y) and p(c|y) come by counting. The Gaussians share a covariance, which is that of
    probabilistic principal components on what is left of the pictures when the mean of their
    colour is taken away (Tipping and Bishop, 1999, equations 8 and 9). A pixel of whose variance
    colour explains less than a tenth has one mean for all colours: it has nothing to say about
    colour, and the chance differences of a thousand such pixels would add up to a voice.

    Args:
        cars: With every colour among them.
        pseudo_count: As for `by_counting`.
        directions: In which pictures of one colour vary together, such as place and light.
    """
    present = np.bincount(cars.colours.numpy(), minlength=len(COLOURS))
    if not present.all():
        colour = COLOURS[int(present.argmin())]
        raise ValueError(f"cars want every colour among them, got no {colour} one; draw more")
    pixels = cars.pictures.double().flatten(1)
    overall = pixels.mean(dim=0)
    means = torch.stack([pixels[cars.colours == c].mean(dim=0) for c in range(len(COLOURS))])
    explained = (means[cars.colours] - overall).square().mean(dim=0) / pixels.var(dim=0)
    means = torch.where(explained < 0.1, overall, means)
    left = pixels - means[cars.colours]
    values, vectors = torch.linalg.eigh(left.T @ left / len(left))  # ascending
    noise = float(values[:-directions].mean())
    scales = (values[-directions:] - noise).sqrt()
    return Generative(
        by_counting(cars.counts(), pseudo_count),
        means,
        vectors[:, -directions:] * scales,
        noise,
        cars.shape,
    )


# ---- side by side ----


def taxi_share(
    model: Discriminative | Generative, colour: str, *, count: int = 50, seed: int = 1000
) -> float:
    """p(taxi|x), meaned over newly drawn cars of a colour: what the table calls p(taxi|colour)."""
    generator = np.random.default_rng(seed)
    seen = torch.stack([draw(colour, seed=generator, size=model.shape[1]) for _ in range(count)])
    return float(model.posterior(seen)[:, USES.index("taxi")].mean())
