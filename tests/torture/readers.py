"""The project's readers of files, and valid files of each format."""

import gzip
import hashlib
import io
import struct
import tempfile
from contextlib import chdir
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from safetensors.numpy import load as load_tensors

from stages.classifier import model_file
from stages.cli.parameters import PARAMETERS, check_params
from stages.datasets import arrays, idx
from stages.datasets.catalogue import CATALOGUE
from stages.datasets.manifest import create_manifest, write_manifest
from stages.network.ensemble import Ensemble
from stages.network.mlp import MLP
from stages.network.optimisers import SGD
from stages.pictures import reader as pictures
from stages.runtime.yaml_file import read_yaml
from stages.studies import specification as study_spec
from stages.training import checkpoint_file
from stages.training.loop import EpochMetrics, TrainingState
from tests.helpers.commands import ROOT
from tests.torture.mutations import Target, unchanged

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
    write_manifest(create_manifest(path.parent, "mnist-5k", CATALOGUE["mnist-5k"]), path.parent)
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
        optimiser_state=SGD(trained, momentum=0.9).state,
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


# YAML


def read_params_file(path: Path) -> None:
    values = check_params(read_yaml(path))
    assert all(key in PARAMETERS for key in values)


def read_study(path: Path) -> None:
    with chdir(path.parent):  # the parameters that it does not name are those of params.yaml
        spec = study_spec.read(path)
    names = {variant.name for variant in spec.variants}
    assert len(names) == len(spec.variants)
    assert all(names.issuperset(group.variants) for pair in spec.comparisons for group in pair)


def targets() -> list[Target]:
    """Return the readers of files."""
    params = (ROOT / "params.yaml").read_bytes()
    study = (ROOT / "study" / "diary.yaml").read_bytes()
    grid = b"seeds: 5\ntrain: {epochs: 3}\ngrid: {train.hidden: [[16], [8, 4]]}\n"
    studies = [study, study[: study.index(b"claims:")], grid]
    return [
        Target("params.yaml", [params], read_params_file, [unchanged],
               share=0.2, names=("params.yaml: ", "input: ")),
        Target("study", studies, read_study, [unchanged], share=0.2),
        Target("IDX", idx_seeds(), read_idx, [unchanged, gzipped], share=10),
        Target("npy", npy_seeds(), read_npy, [unchanged, with_valid_length]),
        Target("model", model_seeds(), read_model, [unchanged, with_valid_header_length]),
        Target("checkpoint", checkpoint_seeds(), read_checkpoint,
               [unchanged, with_valid_digest, with_valid_digest_and_header_length]),
        Target("picture", picture_seeds(), read_picture, [unchanged],
               max_bytes=512 << 20),
    ]  # fmt: skip
