"""All families by name, each with a config and a recipe for each data set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from generative.checks import check_config
from generative.errors import GenerativeError
from generative.model import GenerativeModel


@dataclass(frozen=True, slots=True)
class Family:
    """The classes of a family, and its configs and training recipes for each data set.

    `configs` and `recipes` map a data set's name to arguments of the config class and of
    `generative.train.Recipe`. `notebook` is the file in `notebooks/` that has a training of the family
    written out, "" where there is none.
    """

    name: str
    title: str
    module: str
    class_name: str
    configs: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    recipes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    notebook: str = ""

    @property
    def model(self) -> type[GenerativeModel]:
        """The model's class."""
        return getattr(import_module(self.module), self.class_name)

    @property
    def config(self) -> Any:
        """The class of its frozen config."""
        return getattr(import_module(self.module), f"{self.class_name}Config")

    def config_for(self, dataset: str, **changes: Any) -> Any:
        """The config for a data set, with some values changed.

        Raises:
            GenerativeError: a change names no field of the config, or a value is out of bounds.
        """
        try:
            config = self.config(**{**self.configs.get(dataset, {}), **changes})
        except TypeError as error:
            fields = ", ".join(self.config.__dataclass_fields__)
            raise GenerativeError(
                f"The family {self.name} cannot be set up with {changes}: its fields are {fields}."
            ) from error
        except ValueError as error:
            raise GenerativeError(f"The family {self.name} cannot be set up: {error}") from error
        check_config(config, self.name)
        return config

    def build(self, config: Any) -> GenerativeModel:
        """An untrained model."""
        return self.model(config)


FAMILIES = {
    each.name: each
    for each in (
        Family(
            "autoencoder",
            "Autoencoder",
            "generative.autoencoder",
            "Autoencoder",
            configs={
                "mnist": {},
                "digits": {"image_size": 8, "latent": 8, "network": "mlp", "width": 128},
            },
            recipes={
                "mnist": {"epochs": 15, "batch": 128, "rate": 2e-3, "precision": "bfloat16"},
                "digits": {"epochs": 120, "batch": 64, "rate": 2e-3},
            },
            notebook="02_AE_MNIST.ipynb",
        ),
        Family(
            "vae",
            "Variational autoencoder",
            "generative.vae",
            "VAE",
            configs={
                "mnist": {"warm_up": 4000},
                "digits": {"image_size": 8, "latent": 8, "hidden": 128},
            },
            recipes={
                "mnist": {"epochs": 100, "batch": 128, "rate": 1e-3},
                "digits": {"epochs": 120, "batch": 64, "rate": 2e-3},
            },
            notebook="03_VAE_MNIST.ipynb",
        ),
        Family(
            "autoregressive",
            "Autoregressive model (gated PixelCNN)",
            "generative.autoregressive",
            "Autoregressive",
            configs={
                "mnist": {},
                "digits": {"image_size": 8, "channels": 16, "layers": 4, "first_kernel": 5},
            },
            recipes={
                "mnist": {
                    "epochs": 12,
                    "batch": 32,
                    "rate": 2e-3,
                    "averaging": 0.999,
                    "minutes": 28,
                    "precision": "bfloat16",
                },
                "digits": {"epochs": 60, "batch": 64, "rate": 3e-3},
            },
            notebook="07_autoregressive_MNIST.ipynb",
        ),
        Family(
            "gan",
            "Generative adversarial network",
            "generative.gan",
            "GAN",
            configs={
                "mnist": {"classes": 10},
                "digits": {"image_size": 8, "latent": 16, "channels": 32, "classes": 10},
            },
            recipes={
                "mnist": {
                    "epochs": 20,
                    "batch": 64,
                    "rate": 4e-4,
                    "averaging": 0.999,
                    "precision": "bfloat16",
                },
                "digits": {"epochs": 150, "batch": 64, "rate": 1e-3, "averaging": 0.99},
            },
            notebook="04_GAN_MNIST.ipynb",
        ),
        Family(
            "flow",
            "Normalising flow (RealNVP)",
            "generative.flow",
            "Flow",
            configs={
                "mnist": {},
                "digits": {
                    "image_size": 8,
                    "levels": 17,
                    "couplings": (6, 6),
                    "channels": (32, 48),
                },
            },
            recipes={
                "mnist": {
                    "epochs": 3,
                    "batch": 64,
                    "rate": 2e-3,
                    "averaging": 0.999,
                    "precision": "bfloat16",
                },
                "digits": {"epochs": 40, "batch": 64, "rate": 2e-3},
            },
            notebook="06_flow_MNIST.ipynb",
        ),
        Family(
            "diffusion",
            "Diffusion (DDPM)",
            "generative.diffusion",
            "Diffusion",
            configs={"mnist": {}, "digits": {"image_size": 8, "patch": 1, "channels": 32}},
            recipes={
                "mnist": {
                    "epochs": 7,
                    "batch": 64,
                    "rate": 1.5e-3,
                    "averaging": 0.999,
                    "precision": "bfloat16",
                },
                "digits": {"epochs": 45, "batch": 64, "rate": 3e-3, "averaging": 0.99},
            },
            notebook="05_diffusion_MNIST.ipynb",
        ),
        Family(
            "energy",
            "Energy-based model",
            "generative.energy",
            "Energy",
            configs={
                "mnist": {"walk": 20, "fresh": 0.1},
                "digits": {"image_size": 8, "walk": 20, "buffer": 1000},
            },
            recipes={
                "mnist": {
                    "epochs": 2,
                    "batch": 64,
                    "rate": 3e-4,
                    "averaging": 0.99,
                    "precision": "bfloat16",
                },
                "digits": {"epochs": 20, "batch": 64, "rate": 1e-3, "averaging": 0.99},
            },
            notebook="08_energy_MNIST.ipynb",
        ),
        Family(
            "classifier",
            "Classifier",
            "generative.classifier",
            "Classifier",
            configs={"mnist": {}, "digits": {"image_size": 8, "shift": 0}},
            recipes={
                "mnist": {"epochs": 6, "batch": 128, "rate": 2e-3, "precision": "bfloat16"},
                "digits": {"epochs": 40, "batch": 64, "rate": 2e-3},
            },
        ),
    )
}


def family(name: str) -> Family:
    """A family by name.

    Raises:
        GenerativeError: there is none of that name.
    """
    if name not in FAMILIES:
        raise GenerativeError(f"No family {name!r}; there are {', '.join(FAMILIES)}.")
    return FAMILIES[name]
