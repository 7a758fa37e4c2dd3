from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from stages.network import batches
from stages.network.augmentation import Augmentation


@pytest.fixture
def small_buffer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "SHUFFLE_BUFFER", 64)
    monkeypatch.setattr(batches, "BLOCK", 8)


@pytest.mark.parametrize("n_images", [1, 63, 64, 65, 1000])
def test_every_index_comes_once(small_buffer: None, n_images: int) -> None:
    indices = list(batches.shuffled_batches(n_images, 7, np.random.default_rng(1)))
    assert {len(batch) for batch in indices[:-1]} <= {7}
    np.testing.assert_array_equal(np.sort(np.concatenate(indices)), np.arange(n_images))


def test_a_shuffle_buffer_is_filled_from_all_over_the_file(small_buffer: None) -> None:
    first = next(iter(batches.shuffled_batches(1000, 50, np.random.default_rng(1))))
    assert np.ptp(first) > 500
    assert np.abs(np.diff(first)).mean() > 100  # shuffled, not block by block


@pytest.mark.parametrize(("n_images", "batch_size"), [(10, 3), (9, 3), (200, 7), (5, 50)])
def test_batches_hold_the_images_with_their_own_labels(
    small_buffer: None, n_images: int, batch_size: int
) -> None:
    images = (np.arange(n_images * 4).reshape(n_images, 2, 2) % 251).astype(np.uint8)
    labels = (np.arange(n_images) % 7).astype(np.uint8)
    indices = []
    shuffle_rng, augmentation_rng = np.random.default_rng(1).spawn(2)
    for inputs, batch_labels in batches.iterate_batches(
        images, labels, batch_size, shuffle_rng, augmentation_rng
    ):
        for row, label in zip(np.rint(inputs * 255), batch_labels, strict=True):
            (index,) = np.flatnonzero((images.reshape(n_images, 4) == row).all(axis=1))
            assert labels[index] == label
            indices.append(index)
    assert sorted(indices) == list(range(n_images))


@pytest.mark.parametrize(("n_images", "batch_size"), [(10, 3), (200, 7), (5, 50)])
def test_batches_after_skipped_ones_are_the_same(
    small_buffer: None, n_images: int, batch_size: int
) -> None:
    images = np.random.default_rng(1).integers(256, size=(n_images, 8, 8)).astype(np.uint8)
    labels = np.arange(n_images, dtype=np.uint8)

    def iterate(skip: int = 0, state: Any = None) -> Iterator[tuple[bytes, list[int], Any]]:
        shuffle_rng, augmentation_rng = np.random.default_rng(1).spawn(2)
        if state:
            augmentation_rng.bit_generator.state = state
        augmentation = Augmentation(shift=2, elastic=1)
        for inputs, batch_labels in batches.iterate_batches(
            images, labels, batch_size, shuffle_rng, augmentation_rng, augmentation, skip
        ):
            yield inputs.tobytes(), batch_labels.tolist(), augmentation_rng.bit_generator.state

    whole = list(iterate())
    for skip in range(1, len(whole) + 1):
        assert list(iterate(skip, whole[skip - 1][2])) == whole[skip:]
