"""Readers of files, given files that are mutated at random.

Each file must be read correctly, or refused with one of the project's errors, in less than a second
of processor time and 64 MiB more than its size. A picture is decoded whole: Pillow's limit of 89
million pixels decides its memory.
"""

import gzip
import hashlib
import io
import os
import random
import re
import resource
import shutil
import struct
import tempfile
import time
from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from PIL import Image, ImageDraw
from safetensors.numpy import load as load_tensors

from stages import ProjectError
from stages.cli.errors import UserError
from stages.cli.parameters import PARAMETERS, check_params
from stages.cli.params_file import read_yaml
from stages.datasets import arrays, idx, pictures
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, write_manifest
from stages.experiments import study_spec
from stages.experiments.revisions import Revision
from stages.network import checkpoint_file, model_file
from stages.network.ensemble import Ensemble
from stages.network.mlp import MLP
from stages.network.training import EpochMetrics, TrainingState
from tests.helpers.commands import DVC, ROOT, run
from tests.helpers.project import commit, set_git_user
from tests.torture.outcome import Outcome

REFUSALS = (ProjectError, UserError)
MAX_SECONDS = 1.0

# Values at which sizes overflow or memory runs out.
NUMBERS = [0, 1, 2, 9, 127, 128, 255, 256, 2**15, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**63, 2**64]
TEXTS = [b"NaN", b"Infinity", b"-1", b"1e999", b"null", b"true", b"[]", b"{}", b'""', b"9" * 30]
TEXTS += [
    b"!!int x",
    b"2024-13-45",
    b".inf",
    b"0x" + b"f" * 4000,
    b"&a [*a]",
    b"*a",
    b"- ",
    b"\xc2\x9b",
]
TEXTS += [b"[" * 2000, b"O", b"|V9", b"<f8", b"True", b"..", b"/etc/passwd", b"\x00", b"\xff\xfe"]


@dataclass
class Target:
    """A reader, and the files that it is given.

    Attributes
    ----------
    name
        Name of the format.
    seeds
        Content of small, valid files.
    read
        Reads a file. Raises one of `REFUSALS`, or `AssertionError` if the result is wrong.
    wraps
        Ways to turn mutated bytes into a file: unchanged, or repaired to pass the first checks.
    max_bytes
        Memory that it may take, beside the size of the file.
    share
        How many files it is given, for each that the others are given.
    """

    name: str
    seeds: list[bytes]
    read: Callable[[Path], None]
    wraps: list[Callable[[bytes], bytes]]
    max_bytes: int = 64 << 20
    share: float = 1.0


def mutated(target: Target, rng: random.Random) -> bytes:
    """Mutate a seed."""
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
    matches = list(re.finditer(rb"\d+|\"[^\"]*\"|'[^']*'|\w+", data))
    if matches:
        match = rng.choice(matches)
        new = rng.choice(TEXTS) if rng.random() < 0.5 else str(rng.choice(NUMBERS)).encode()
        data[match.start() : match.end()] = new


def _set_text_of_same_length(data: bytearray, target: Target, rng: random.Random) -> None:
    all_matches = re.finditer(rb"[\d.]+|\"[^\"]*\"|\w+", data)
    matches = [match for match in all_matches if len(match[0]) < 40]
    if matches:
        match = rng.choice(matches)
        new = rng.choice([*TEXTS, *(str(number).encode() for number in NUMBERS)])
        size = len(match[0])
        data[match.start() : match.end()] = new[:size].ljust(size)


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


def unchanged(data: bytes) -> bytes:
    return data


# IDX


def read_idx(path: Path) -> None:
    npy = path.with_name("target.npy")
    idx.convert_to_npy(path, npy)
    array = np.load(npy, allow_pickle=False)
    content = path.read_bytes()
    if content[:2] == b"\x1f\x8b":
        content = gzip.decompress(content)
    n_dimensions = content[3]
    dtype = np.dtype(idx.ELEMENT_TYPES[content[2]]).newbyteorder(">")
    shape = struct.unpack_from(f">{n_dimensions}I", content, 4)
    expected = np.frombuffer(content, dtype, offset=4 + 4 * n_dimensions).reshape(shape)
    assert array.shape == expected.shape
    assert array.tobytes() == expected.astype(array.dtype).tobytes()


def idx_seeds() -> list[bytes]:
    return [
        struct.pack(">BBBBIII", 0, 0, 8, 3, 2, 3, 4) + bytes(range(24)),
        struct.pack(">BBBBI", 0, 0, 8, 1, 10) + bytes(range(10)),
        struct.pack(">BBBBII", 0, 0, 14, 2, 2, 2) + struct.pack(">4d", 0, 1, -1, 1e300),
        struct.pack(">BBBB", 0, 0, 11, 0) + b"\1\2",
        # Compresses to a small fraction of its size.
        struct.pack(">BBBBI", 0, 0, 8, 1, 5000) + bytes(5000),
    ]


def gzipped(data: bytes) -> bytes:
    return gzip.compress(data, 1, mtime=0)


# Arrays


def read_npy(path: Path) -> None:
    # It is read as the images of a dataset with three valid labels.
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


def with_valid_length(data: bytes) -> bytes:
    """Set the length of a .npy header to its actual length, if it has an end."""
    end = data.find(b"\n") + 1
    return data[:8] + struct.pack("<H", max(0, end - 10) % 65536) + data[10:] if end else data


# Models and checkpoints


def network() -> MLP:
    return MLP.random((4, 3, 2), "relu", "cross_entropy", np.random.default_rng(1))


def read_model(path: Path) -> None:
    model = model_file.load(path)
    rows, columns = model.image_shape
    assert rows * columns == model.ensemble.networks[0].sizes[0]
    for loaded in model.ensemble.networks:
        assert loaded.sizes[-1] == len(model.classes)
        assert all(np.isfinite(layer.weights).all() for layer in loaded.layers)
    copy_path = path.with_name("copy")
    model_file.save(model, copy_path)
    tensors, copies = load_tensors(path.read_bytes()), load_tensors(copy_path.read_bytes())
    assert tensors.keys() == copies.keys()
    assert all(tensors[name].tobytes() == copies[name].tobytes() for name in tensors)


def model_seeds() -> list[bytes]:
    seeds = []
    with tempfile.TemporaryDirectory() as folder:
        for ensemble_size in (1, 2):
            ensemble = Ensemble([network() for _ in range(ensemble_size)])
            path = Path(folder) / "model"
            model_file.save(model_file.Model(ensemble, (2, 2), ("a", "b"), "ab", 2), path)
            seeds.append(path.read_bytes())
    return seeds


def with_valid_header_length(data: bytes) -> bytes:
    """Set the length of a safetensors header to the end of its JSON, approximately."""
    end = data.rfind(b"}}") + 2
    return struct.pack("<Q", max(0, end - 8)) + data[8:] if end > 8 else data


KEY = "ab" * 32


def read_checkpoint(path: Path) -> None:
    restored = network()
    state = checkpoint_file.from_file(path, restored, KEY)
    assert checkpoint_file.to_bytes(restored, state, KEY)
    assert all(np.isfinite(layer.weights).all() for layer in restored.layers)


def checkpoint_seeds() -> list[bytes]:
    trained = network()
    state = TrainingState(
        velocities=[np.ones_like(layer.weights) for layer in trained.layers],
        epochs=[
            EpochMetrics(1, 0.1, 2.0, 0.5, 0.5, None, None),
            EpochMetrics(2, 0.05, 1.0, 0.75, 0.75, 0.5, 0.75),
        ],
        samples_seen=32,
        loss_sum=12.5,
        n_correct=7,
        augmentation_rng=np.random.default_rng(1),
    )
    return [checkpoint_file.to_bytes(trained, state, KEY)]


def with_valid_digest(data: bytes) -> bytes:
    """Give altered bytes a valid digest, as a forger would."""
    return hashlib.sha256(data[32:]).digest() + data[32:]


def with_valid_digest_and_header_length(data: bytes) -> bytes:
    return with_valid_digest(data[:32] + with_valid_header_length(data[32:]))


def read_picture(path: Path) -> None:
    image = pictures.read(path, 20)
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


# YAML, and names of revisions


def read_params_file(path: Path) -> None:
    values = check_params(read_yaml(path))
    assert all(key in PARAMETERS for key in values)


def read_study(path: Path) -> None:
    with chdir(path.parent):  # the parameters that it does not name are those of params.yaml
        spec = study_spec.read(path)
    assert spec.variants
    assert spec.baseline in [variant.name for variant in spec.variants]


def read_revision(path: Path) -> None:
    """Take the content as the name of a revision of the repository in the same folder."""
    with chdir(path.parent):
        Revision(os.fsdecode(path.read_bytes()))


def revision_seeds() -> list[bytes]:
    return [b"HEAD", b"main", b"HEAD~0", b"HEAD^{commit}", b"workspace", b"main@{0}"]


def make_repository(folder: Path) -> None:
    """Commit params.yaml to a repository for Git and DVC."""
    run("git", "init", "--quiet", "--initial-branch", "main", cwd=folder)
    set_git_user(folder)
    run(DVC, "init", "--quiet", cwd=folder)
    commit(folder, "Parameters")


def targets() -> list[Target]:
    """Return all readers."""
    params = (ROOT / "params.yaml").read_bytes()
    study = (ROOT / "study" / "diary.yaml").read_bytes()
    studies = [study, study[: study.index(b"claims:")]]
    return [
        Target("params.yaml", [params], read_params_file, [unchanged], share=0.2),
        Target("study", studies, read_study, [unchanged], share=0.2),
        Target("revision", revision_seeds(), read_revision, [unchanged], share=0.002),
        Target("IDX", idx_seeds(), read_idx, [unchanged, gzipped], share=10),
        Target("npy", npy_seeds(), read_npy, [unchanged, with_valid_length]),
        Target("model", model_seeds(), read_model, [unchanged, with_valid_header_length]),
        Target("checkpoint", checkpoint_seeds(), read_checkpoint,
               [unchanged, with_valid_digest, with_valid_digest_and_header_length]),
        Target("picture", picture_seeds(), read_picture, [unchanged],
               max_bytes=512 << 20),
    ]  # fmt: skip


class Trial:
    """Gives files to a reader, in an empty folder, and counts those that were read and refused."""

    def __init__(self, target: Target, folder: Path) -> None:
        self.n_read = 0
        self.n_refused = 0
        self._target = target
        self._path = folder / "input"
        np.save(folder / "train_labels.npy", np.zeros(3, np.uint8))
        shutil.copy(ROOT / "params.yaml", folder)
        if target.name == "revision":
            make_repository(folder)

    def failure(self, content: bytes) -> str | None:
        """Let the reader read a file, and return a message if it failed."""
        self._path.write_bytes(content)
        before, start = _peak_bytes(), time.process_time()
        try:
            self._target.read(self._path)
            self.n_read += 1
        except REFUSALS as error:
            self.n_refused += 1
            names = (str(self._path.parent), "params.yaml", "revision", "commit")
            if not any(name in str(error) for name in names):
                return f"the error does not name the file: {error}"
        except AssertionError as error:
            return f"wrong result: {error}"
        except Exception as error:
            return f"{type(error).__name__}: {error}"
        seconds, grown = time.process_time() - start, _peak_bytes() - before
        if seconds > MAX_SECONDS:
            return f"took {seconds:.2f} s"
        if grown > self._target.max_bytes + len(content):
            return f"took {grown >> 20} MiB"
        return None


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def torture(target: Target, count: int, seed: int = 1) -> Outcome:
    """Give a reader `count` mutated files; those that it fails on are saved in `fuzzed/`."""
    rng = random.Random(seed)
    outcome = Outcome(f"mutated files for {target.name}")
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as name:
        trial = Trial(target, Path(name))
        for content in target.seeds:
            assert trial.failure(content) is None, target.name
        for _ in range(count):
            content = mutated(target, rng)
            failure = trial.failure(content)
            outcome.add(f"{target.name}: {failure}: {content[:300]!r}" if failure else None)
            if failure:
                path = Path("fuzzed") / f"{target.name}-{hashlib.sha256(content).hexdigest()[:8]}"
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(content)
    outcome.notes.append(f"{target.name}: {trial.n_read:,} read, {trial.n_refused:,} refused")
    return outcome


@click.command()
@click.option(
    "--count", default=100_000, help="Mutated files for each reader; fewer for slow ones."
)
@click.option("--seed", default=1, help="Random seed of the mutations.")
def main(count: int, seed: int) -> None:
    """Give mutated files to every reader."""
    outcomes = [torture(target, int(count * min(target.share, 1)), seed) for target in targets()]
    click.echo("| trials | number | passed | failed |\n|---|---|---|---|")
    click.echo("\n".join(outcome.row() for outcome in outcomes))
    click.echo("\n".join(text for outcome in outcomes for text in outcome.notes + outcome.failures))
    raise SystemExit(any(outcome.failures for outcome in outcomes))


if __name__ == "__main__":
    main()
