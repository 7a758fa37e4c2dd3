import numpy as np
import pytest

from stages.network import batches
from stages.network.augmentation import Augmentation


@pytest.fixture
def small_windows(monkeypatch):
    monkeypatch.setattr(batches, "WINDOW", 64)
    monkeypatch.setattr(batches, "PIECE", 8)


@pytest.mark.parametrize("count", [1, 63, 64, 65, 1000])
def test_every_image_comes_once_in_any_order(small_windows, count):
    windows = list(batches.shuffled(count, np.random.default_rng(1)))
    assert max(len(window) for window in windows) <= 64
    np.testing.assert_array_equal(np.sort(np.concatenate(windows)), np.arange(count))


def test_a_window_comes_from_all_over_the_file(small_windows):
    first = next(iter(batches.shuffled(1000, np.random.default_rng(1))))
    assert np.ptp(first) > 500
    assert np.abs(np.diff(first)).mean() > 100  # shuffled, not piece by piece


@pytest.mark.parametrize(("count", "size"), [(10, 3), (9, 3), (200, 7), (5, 50)])
def test_batches_hold_the_images_with_their_own_labels(small_windows, count, size):
    images = np.arange(count * 4).reshape(count, 2, 2) % 251
    labels = (np.arange(count) % 7).astype(np.uint8)
    seen = []
    for pixels, wished in batches.batches(
        images.astype(np.uint8), labels, size, *np.random.default_rng(1).spawn(2)
    ):
        assert len(pixels) == len(wished) <= size
        assert (pixels[:, -1] == 1).all()
        for row, label in zip(np.rint(pixels[:, :-1] * 255), wished, strict=True):
            (found,) = np.flatnonzero((images.reshape(count, 4) == row).all(axis=1))
            assert labels[found] == label
            seen.append(found)
    assert sorted(seen) == list(range(count))


@pytest.mark.parametrize(("count", "size"), [(10, 3), (200, 7), (5, 50)])
def test_what_follows_skipped_batches_is_the_same(small_windows, count, size):
    images = np.random.default_rng(1).integers(256, size=(count, 8, 8)).astype(np.uint8)
    labels = np.arange(count, dtype=np.uint8)

    def start(skip=0, state=None):
        order, bends = np.random.default_rng(1).spawn(2)
        if state:
            bends.bit_generator.state = state
        for pixels, wished in batches.batches(
            images, labels, size, order, bends, Augmentation(shift=2, elastic=1), skip
        ):
            yield pixels.tobytes(), wished.tolist(), bends.bit_generator.state

    whole = list(start())
    for skip in range(1, len(whole) + 1):
        assert list(start(skip, whole[skip - 1][2])) == whole[skip:]
