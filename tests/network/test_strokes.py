import numpy as np

from stages.network.augmentation import Augmentation
from stages.network.strokes import ONE, SEVEN, add_strokes
from tests.helpers import mnist_5k

IMAGES, LABELS = mnist_5k.load()


def drawn(fraction: float, seed: int = 1) -> np.ndarray:
    images: np.ndarray = IMAGES.copy()
    add_strokes(images, LABELS, fraction, np.random.default_rng(seed))
    return images


def test_strokes_are_added_to_a_part_of_the_ones_and_sevens_alone() -> None:
    changed = (drawn(0.3) != IMAGES).any(axis=(1, 2))
    for label in (ONE, SEVEN):
        assert 0.2 < changed[label == LABELS].mean() < 0.4
    assert not changed[~np.isin(LABELS, (ONE, SEVEN))].any()


def test_nothing_is_erased_and_the_pen_is_the_images_own() -> None:
    is_one, half = LABELS == ONE, IMAGES // 2
    images = drawn(1)
    assert (images >= IMAGES).all()
    assert (images.max(axis=(1, 2)) == IMAGES.max(axis=(1, 2))).all()
    faint = half.copy()
    add_strokes(faint, LABELS, 1, np.random.default_rng(1))
    assert (faint.max(axis=(1, 2)) == half.max(axis=(1, 2))).all()
    # A flag and a foot have less ink than the stroke, more with a wider pen.
    added = images[is_one].sum(axis=(1, 2), dtype=float) - IMAGES[is_one].sum(axis=(1, 2))
    ink = IMAGES[is_one].sum(axis=(1, 2), dtype=float)
    assert 0.15 < np.mean(added / ink) < 0.6
    assert np.corrcoef(added, ink)[0, 1] > 0.15


def test_flags_are_above_and_to_the_left_and_feet_below() -> None:
    is_one = LABELS == ONE
    added = drawn(1)[is_one].astype(int) - IMAGES[is_one]
    upper = added[:, :14].sum(axis=(0, 1))
    assert upper[:14].sum() > 2 * upper[14:].sum()
    has_foot = added[:, 17:].sum(axis=(1, 2)) > 500
    assert 0.35 < has_foot.mean() < 0.65


def test_images_without_ink_stay_as_they_are() -> None:
    empty = np.zeros((20, 28, 28), np.uint8)
    add_strokes(empty, np.repeat([ONE, SEVEN], 10), 1, np.random.default_rng(1))
    assert not empty.any()


def test_without_flags_no_random_number_is_drawn_for_them() -> None:
    augmentation, some = Augmentation(shift=1), IMAGES[:64]
    without, with_labels = (
        augmentation.apply(some.copy(), np.random.default_rng(1), labels)
        for labels in (None, LABELS[:64])
    )
    np.testing.assert_array_equal(without, with_labels)
