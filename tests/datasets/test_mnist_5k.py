from pathlib import Path

import numpy as np

from stages.datasets import idx
from stages.datasets.catalogue import FILES, TRAIN_IMAGES, TRAIN_LABELS
from tests.helpers import mnist_5k
from tests.helpers.commands import ROOT, stage


def test_mnist_5k_needs_no_network_and_a_damaged_copy_is_replaced(tmp_path: Path) -> None:
    # A mirror that has nothing, and a proxy that nobody answers: neither is asked.
    (tmp_path / "params.yaml").write_text((ROOT / "params.yaml").read_text(encoding="utf-8"))
    (tmp_path / TRAIN_IMAGES).write_bytes(b"damaged")
    args = ("--dataset", "mnist-5k", "--out", tmp_path)
    said = stage(
        "download",
        *args,
        cwd=tmp_path,
        DATASET_MIRROR=str(tmp_path),
        https_proxy="http://127.0.0.1:9",
    ).stdout
    assert said.count("mnist-5k") == len(FILES)
    for name in FILES:
        assert (tmp_path / name).read_bytes() == (mnist_5k.FOLDER / name).read_bytes()
    assert stage("download", *args, cwd=tmp_path).stdout.count("already there") == len(FILES)


def test_its_files_state_source_and_licence_and_hold_no_time_and_no_name() -> None:
    text = (mnist_5k.FOLDER / "README.md").read_text(encoding="utf-8")
    assert "CC BY-SA 3.0" in text
    assert "http://yann.lecun.com/exdb/mnist/" in text
    for name in FILES:
        header = (mnist_5k.FOLDER / name).read_bytes()[:8]
        assert header == b"\x1f\x8b\x08" + bytes(5)  # no flags, the time 0


def test_it_is_the_first_500_of_each_class_in_the_order_of_mnist(mirror: Path) -> None:
    labels = idx.read(mirror / "mnist" / TRAIN_LABELS)
    first = np.sort(np.concatenate([np.flatnonzero(labels == label)[:500] for label in range(10)]))
    images = idx.read(mirror / "mnist" / TRAIN_IMAGES)
    np.testing.assert_array_equal(mnist_5k.load()[0], images[first])
    np.testing.assert_array_equal(mnist_5k.load()[1], labels[first])
    assert len(idx.read(mnist_5k.FOLDER / TRAIN_LABELS)) == 4000
