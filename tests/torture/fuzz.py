"""Readers of files against inputs that are mutated at random.

Each input must be read right, or refused with the project's own error, in under a second and within
64 MiB over its size; a picture, which is decoded whole, within what Pillow's limit of 89 million
pixels comes to.
"""

import gzip
import hashlib
import io
import random
import re
import resource
import struct
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from PIL import Image, ImageDraw
from safetensors.numpy import load as load_tensors

from stages.datasets import arrays, idx
from stages.datasets import pictures as picture
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.errors import DatasetError
from stages.datasets.manifest import create_manifest, write_manifest
from stages.network import checkpoint_file as checkpoint
from stages.network import model_file
from stages.network.ensemble import Ensemble
from stages.network.errors import NetworkError
from stages.network.mlp import MLP
from stages.network.training import EpochMetrics, TrainingState
from stages.reporting.errors import ReportingError
from tests.torture.outcome import Outcome

REFUSALS = (DatasetError, NetworkError, ReportingError)
MOST_SECONDS = 1.0

# Where a reader that counts, multiplies or allocates may go wrong.
NUMBERS = [0, 1, 2, 9, 127, 128, 255, 256, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64]
TEXTS = [b"NaN", b"Infinity", b"-1", b"1e999", b"null", b"true", b"[]", b"{}", b'""', b"9" * 30]
TEXTS += [b"[" * 2000, b"O", b"|V9", b"<f8", b"True", b"..", b"/etc/passwd", b"\x00", b"\xff\xfe"]


@dataclass
class Target:
    """A reader, and what it is tried with.

    Attributes
    ----------
    name
        Name of the format.
    seeds
        Right files, small ones.
    read
        Reads a file. Raises one of `REFUSALS`, or `AssertionError` if it was read wrong.
    wraps
        Ways to make a file of mutated bytes: as they are, and such as pass the first checks.
    most_bytes
        Memory that it may take over the size of the file.
    """

    name: str
    seeds: list[bytes]
    read: Callable[[Path], None]
    wraps: list[Callable[[bytes], bytes]]
    most_bytes: int = 64 << 20


def mutated(target: Target, rng: random.Random) -> bytes:
    """Make an input of a seed."""
    data = bytearray(rng.choice(target.seeds))
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
        rng.choice(MUTATIONS)(data, target, rng)
    return rng.choice(target.wraps)(bytes(data))


def _flip(data: bytearray, target: Target, rng: random.Random) -> None:
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)


def _set_number(data: bytearray, target: Target, rng: random.Random) -> None:
    form = rng.choice((">B", ">H", "<H", ">I", "<I", "<Q"))
    size = struct.calcsize(form)
    at = rng.randrange(max(1, min(len(data), 40) if rng.random() < 0.7 else len(data)))
    data[at : at + size] = struct.pack(form, rng.choice(NUMBERS) % 256**size)


def _set_text(data: bytearray, target: Target, rng: random.Random) -> None:
    found = list(re.finditer(rb"\d+|\"[^\"]*\"|'[^']*'|\w+", data))
    if found:
        place = rng.choice(found)
        new = rng.choice(TEXTS) if rng.random() < 0.5 else str(rng.choice(NUMBERS)).encode()
        data[place.start() : place.end()] = new


def _set_text_of_same_length(data: bytearray, target: Target, rng: random.Random) -> None:
    found = [place for place in re.finditer(rb"[\d.]+|\"[^\"]*\"|\w+", data) if len(place[0]) < 40]
    if found:
        place = rng.choice(found)
        new = rng.choice([*TEXTS, *(str(number).encode() for number in NUMBERS)])
        size = len(place[0])
        data[place.start() : place.end()] = new[:size].ljust(size)


def _cut(data: bytearray, target: Target, rng: random.Random) -> None:
    del data[rng.randrange(len(data) + 1) :]


def _delete(data: bytearray, target: Target, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    del data[at : at + rng.randrange(20)]


def _repeat(data: bytearray, target: Target, rng: random.Random) -> None:
    start = rng.randrange(len(data) + 1)
    piece = data[start : start + rng.randrange(200)]
    at = rng.randrange(len(data) + 1)
    data[at:at] = piece * rng.choice((1, 1, 2, 50))


def _insert(data: bytearray, target: Target, rng: random.Random) -> None:
    at = rng.randrange(len(data) + 1)
    data[at:at] = rng.randbytes(rng.randrange(1, 20))


def _splice(data: bytearray, target: Target, rng: random.Random) -> None:
    other = rng.choice(target.seeds)
    data[rng.randrange(len(data) + 1) :] = other[rng.randrange(len(other) + 1) :]


def _noise(data: bytearray, target: Target, rng: random.Random) -> None:
    data[:] = rng.randbytes(rng.randrange(300))


MUTATIONS = [
    _flip,
    _set_number,
    _set_text,
    _set_text_of_same_length,
    _cut,
    _delete,
    _repeat,
    _insert,
    _splice,
]
MUTATIONS = MUTATIONS * 4 + [_noise]


def as_it_is(data: bytes) -> bytes:
    return data


# IDX


def read_idx(path: Path) -> None:
    npy = path.with_name("target.npy")
    idx.convert_to_npy(path, npy)
    found = np.load(npy, allow_pickle=False)
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    dimensions = content[3]
    dtype = np.dtype(idx.ELEMENT_TYPES[content[2]]).newbyteorder(">")
    shape = struct.unpack_from(f">{dimensions}I", content, 4)
    wished = np.frombuffer(content, dtype, offset=4 + 4 * dimensions).reshape(shape)
    assert found.shape == wished.shape
    assert found.tobytes() == wished.astype(found.dtype).tobytes()


def idx_seeds() -> list[bytes]:
    return [
        struct.pack(">BBBBIII", 0, 0, 8, 3, 2, 3, 4) + bytes(range(24)),
        struct.pack(">BBBBI", 0, 0, 8, 1, 10) + bytes(range(10)),
        struct.pack(">BBBBII", 0, 0, 14, 2, 2, 2) + struct.pack(">4d", 0, 1, -1, 1e300),
        struct.pack(">BBBB", 0, 0, 11, 0) + b"\1\2",
        # A small bomb, that its header owns up to.
        struct.pack(">BBBBI", 0, 0, 8, 1, 5000) + bytes(5000),
    ]


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


# Arrays


def read_npy(path: Path) -> None:
    # As the images of a dataset whose labels are right, if there are as many as there are images.
    (path.parent / "train_images.npy").write_bytes(path.read_bytes())
    write_manifest(create_manifest(path.parent, "digits", CATALOGUE["digits"]), path.parent)
    images, labels = arrays.load(path.parent, "train")
    assert images.dtype == np.uint8
    assert images.ndim == 3
    assert len(images) == len(labels) == 3
    content = path.read_bytes()
    assert images.tobytes() == content[content.index(b"\n") + 1 :]


def npy_seeds() -> list[bytes]:
    def saved(array: np.ndarray) -> bytes:
        file = io.BytesIO()
        np.save(file, array)
        return file.getvalue()

    return [
        saved(np.arange(36, dtype=np.uint8).reshape(3, 3, 4)),
        saved(np.zeros((3, 2), np.float64)),
        saved(np.asfortranarray(np.ones((3, 4, 5), np.uint8))),
    ]


def with_right_length(data: bytes) -> bytes:
    """Set the length of a .npy header to where it ends, if it ends."""
    end = data.find(b"\n") + 1
    return data[:8] + struct.pack("<H", max(0, end - 10) % 65536) + data[10:] if end else data


# Models and checkpoints


def network() -> MLP:
    return MLP.random((4, 3, 2), "relu", "cross_entropy", np.random.default_rng(1))


def read_model(path: Path) -> None:
    model = model_file.load(path)
    rows, columns = model.image_shape
    assert rows * columns == model.committee.networks[0].sizes[0]
    for member in model.committee.networks:
        assert member.sizes[-1] == len(model.classes)
        assert all(np.isfinite(layer.weights).all() for layer in member.layers)
    again = path.with_name("again")
    model_file.save(model, again)
    wished, found = load_tensors(path.read_bytes()), load_tensors(again.read_bytes())
    assert wished.keys() == found.keys()
    assert all(wished[name].tobytes() == found[name].tobytes() for name in wished)


def model_seeds() -> list[bytes]:
    seeds = []
    with tempfile.TemporaryDirectory() as folder:
        for members in (1, 2):
            committee = Ensemble([network() for _ in range(members)])
            path = Path(folder) / "model"
            model_file.save(model_file.Model(committee, (2, 2), ("a", "b")), path)
            seeds.append(path.read_bytes())
    return seeds


def with_right_header(data: bytes) -> bytes:
    """Set the length of a safetensors header to where its JSON ends, near enough."""
    end = data.rfind(b"}}") + 2
    return struct.pack("<Q", max(0, end - 8)) + data[8:] if end > 8 else data


KEY = "ab" * 32


def read_checkpoint(path: Path) -> None:
    restored = network()
    progress = checkpoint.from_file(path, restored, KEY)
    # Whatever is read can be gone on from.
    assert checkpoint.to_bytes(restored, progress, KEY)
    assert all(np.isfinite(layer.weights).all() for layer in restored.layers)


def checkpoint_seeds() -> list[bytes]:
    trained = network()
    progress = TrainingState(
        velocities=[np.ones_like(layer.weights) for layer in trained.layers],
        epochs=[
            EpochMetrics(1, 0.1, 2.0, 0.5, None, None),
            EpochMetrics(2, 0.05, 1.0, 0.75, 0.5, 0.75),
        ],
        seen=32,
        loss_sum=12.5,
        right=7,
        bends=np.random.default_rng(1),
    )
    return [checkpoint.to_bytes(trained, progress, KEY)]


def resealed(data: bytes) -> bytes:
    """Give altered bytes the right checksum, as only someone who means it would."""
    return hashlib.sha256(data[32:]).digest() + data[32:]


def resealed_with_right_header(data: bytes) -> bytes:
    return resealed(data[:32] + with_right_header(data[32:]))


def read_picture(path: Path) -> None:
    image = picture.read(path, 20)
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8
    assert image.any()


def picture_seeds() -> list[bytes]:
    page = Image.new("L", (40, 50), 230)
    ImageDraw.Draw(page).line([(12, 10), (28, 10), (18, 42)], fill=20, width=5)
    seeds = []
    for kind, mode in {"PNG": "RGBA", "JPEG": "RGB", "GIF": "P", "BMP": "RGB", "TIFF": "L",
                       "WEBP": "RGB", "PPM": "L"}.items():  # fmt: skip
        file = io.BytesIO()
        page.convert(mode).save(file, kind)
        seeds.append(file.getvalue())
    return seeds


def targets() -> list[Target]:
    """List every reader; a new one is one more line."""
    return [
        Target("IDX", idx_seeds(), read_idx, [as_it_is, gzipped]),
        Target("npy", npy_seeds(), read_npy, [as_it_is, with_right_length]),
        Target("model", model_seeds(), read_model, [as_it_is, with_right_header]),
        Target("checkpoint", checkpoint_seeds(), read_checkpoint,
               [as_it_is, resealed, resealed_with_right_header]),
        Target("picture", picture_seeds(), read_picture, [as_it_is],
               most_bytes=512 << 20),
    ]  # fmt: skip


class Trial:
    """Tries inputs on a reader, in a folder of its own."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.read = 0
        self.refused = 0
        self._target = target
        self._path = folder / "input"
        np.save(folder / "train_labels.npy", np.zeros(3, np.uint8))

    def fault(self, content: bytes) -> str | None:
        """Tell what went wrong with an input, if anything."""
        self._path.write_bytes(content)
        before, start = _peak_bytes(), time.process_time()
        try:
            self._target.read(self._path)
            self.read += 1
        except REFUSALS as error:
            self.refused += 1
            if str(self._path.parent) not in str(error):
                return f"refused without its name: {error}"
        except AssertionError as error:
            return f"read wrong: {error}"
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        seconds, grown = time.process_time() - start, _peak_bytes() - before
        if seconds > MOST_SECONDS:
            return f"took {seconds:.2f} s"
        if grown > self._target.most_bytes + len(content):
            return f"took {grown >> 20} MiB"
        return None


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def torture(target: Target, count: int, seed: int = 1) -> Outcome:
    """Try a number of mutated inputs; those that were lost are kept in a folder `fuzzed`."""
    rng = random.Random(seed)
    outcome = Outcome(f"mutated inputs for {target.name}")
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        trial = Trial(target, Path(name))
        for content in target.seeds:
            assert trial.fault(content) is None, target.name
        for _ in range(count):
            content = mutated(target, rng)
            fault = trial.fault(content)
            outcome.add(f"{target.name}: {fault}: {content[:300]!r}" if fault else None)
            if fault:
                kept = Path("fuzzed") / f"{target.name}-{hashlib.sha256(content).hexdigest()[:8]}"
                kept.parent.mkdir(exist_ok=True)
                kept.write_bytes(content)
    outcome.notes.append(f"{target.name}: {trial.read:,} read right, {trial.refused:,} refused")
    return outcome


@click.command()
@click.option("--count", default=100_000, help="Inputs for each reader.")
@click.option("--seed", default=1, help="Start of the randomness: another tries other inputs.")
def main(count: int, seed: int) -> None:
    """Try mutated inputs on every reader."""
    outcomes = [torture(target, count, seed) for target in targets()]
    click.echo("| what | tried | survived | lost |\n|---|---|---|---|")
    click.echo("\n".join(outcome.row() for outcome in outcomes))
    click.echo("\n".join(text for outcome in outcomes for text in outcome.notes + outcome.lost))
    raise SystemExit(any(outcome.lost for outcome in outcomes))


if __name__ == "__main__":
    main()
