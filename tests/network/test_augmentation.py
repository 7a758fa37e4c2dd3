from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage

from stages.network.augmentation import (
    GROUP_SIZE,
    Augmentation,
    bilinear_matrix,
    smooth_noise,
)

RNG = np.random.default_rng(1)
BLOB = np.zeros((28, 28), np.uint8)
BLOB[10:18, 11:17] = 200


def apply(augmentation: Augmentation, images: np.ndarray, seed: int = 1) -> np.ndarray:
    return augmentation.apply(images, np.random.default_rng(seed)).reshape(images.shape)


@pytest.mark.parametrize("shape", [(20, 28, 28), (3, 5, 9), (1, 300, 270)])
def test_without_augmentation_images_are_only_scaled(shape: tuple[int, int, int]) -> None:
    images = RNG.integers(256, size=shape).astype(np.uint8)
    np.testing.assert_allclose(apply(Augmentation(), images), images / 255, atol=1e-6)


def test_bilinear_matrix_interpolates_as_scipy_does() -> None:
    image = RNG.integers(256, size=(7, 9)).astype(np.uint8)
    rows, columns = (RNG.uniform(-2, 10, (1, 7, 9)).astype(np.float32) for _ in range(2))
    pixels = np.pad(image, 1).ravel().astype(np.float32)
    found = (bilinear_matrix(rows, columns) @ pixels).reshape(7, 9)
    expected = ndimage.map_coordinates(
        np.pad(image / 255, 12), [rows[0] + 12, columns[0] + 12], order=1
    )
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_images_of_a_group_are_transformed_alike_and_the_next_group_differently() -> None:
    transformed = apply(Augmentation(shift=3, elastic=1), np.stack([BLOB] * (2 * GROUP_SIZE + 5)))
    for start in (0, GROUP_SIZE, 2 * GROUP_SIZE):
        group = transformed[start : start + GROUP_SIZE]
        assert (group == group[0]).all()
    assert not np.allclose(transformed[0], transformed[GROUP_SIZE])


@pytest.mark.parametrize(
    ("augmentation", "measure", "limit"),
    [
        (Augmentation(shift=3), lambda image: ndimage.center_of_mass(image)[0] - 13.5, 3),
        (Augmentation(shift=3), lambda image: ndimage.center_of_mass(image)[1] - 13.5, 3),
        (
            Augmentation(scale=0.2),
            lambda image: np.sqrt(image.sum() / (BLOB / 255).sum()) - 1,
            0.25,
        ),
    ],
)
def test_transformations_are_drawn_up_to_the_limit_both_ways(
    augmentation: Augmentation, measure: Callable[[np.ndarray], float], limit: float
) -> None:
    images = np.stack([BLOB] * GROUP_SIZE * 240)
    found = np.array([measure(image) for image in apply(augmentation, images)[::GROUP_SIZE]])
    assert np.abs(found).max() <= limit + 0.05
    assert found.min() < -0.6 * limit
    assert found.max() > 0.6 * limit


def test_rotation_turns_by_at_most_the_angle() -> None:
    stroke = np.zeros((28, 28), np.uint8)
    stroke[13:15, 4:24] = 255
    angles = []
    for image in apply(Augmentation(rotation=20), np.stack([stroke] * GROUP_SIZE * 240))[
        ::GROUP_SIZE
    ]:
        rows, columns = np.nonzero(image > 0.3)
        angles.append(np.rad2deg(np.arctan(np.polyfit(columns, rows, 1)[0])))
    assert max(angles) < 21
    assert min(angles) > -21
    assert max(angles) > 12
    assert min(angles) < -12


def test_shear_moves_the_top_against_the_bottom() -> None:
    stroke = np.zeros((28, 28), np.uint8)
    stroke[4:24, 13:15] = 255
    slants = []
    for image in apply(Augmentation(shear=0.3), np.stack([stroke] * GROUP_SIZE * 60))[::GROUP_SIZE]:
        rows, columns = np.nonzero(image > 0.3)
        slants.append(np.polyfit(rows, columns, 1)[0])
    assert 0.2 < max(slants) < 0.31
    assert -0.31 < min(slants) < -0.2


def test_elastic_displacement_has_the_right_standard_deviation_and_is_smooth() -> None:
    rows, columns = Augmentation(elastic=1.6).source_coordinates(
        500, 28, 28, np.random.default_rng(1)
    )
    moved = rows - np.arange(28)[:, None]
    of_each = np.sqrt((moved**2).mean(axis=(1, 2)))
    assert of_each.min() < 0.1
    assert of_each.mean() == pytest.approx(0.8, rel=0.15)  # evenly from 0 to 1.6
    assert np.abs(columns - np.arange(28)).mean() == pytest.approx(np.abs(moved).mean(), rel=0.1)
    assert np.abs(np.diff(moved, axis=2)).mean() < 0.4
    noise = smooth_noise(4000, 28, 28, np.random.default_rng(1))
    # The same everywhere, at the edges too, and as smooth as white noise blurred by 4 pixels.
    assert noise.std(axis=0) == pytest.approx(np.ones((28, 28)), abs=0.08)
    assert (noise[:, 14, 10] * noise[:, 14, 18]).mean() == pytest.approx(np.exp(-1), abs=0.06)


def test_same_seed_transforms_alike() -> None:
    images = np.stack([BLOB] * 40)
    everything = Augmentation(1, 10, 0.1, 0.1, 1)
    assert apply(everything, images).tobytes() == apply(everything, images).tobytes()
    assert apply(everything, images).tobytes() != apply(everything, images, seed=2).tobytes()


def test_images_of_any_size_can_be_moved_beyond_their_edges() -> None:
    images = np.full((16, 300, 260), 255, np.uint8)
    moved = apply(Augmentation(shift=100, elastic=5), images)
    assert moved.min() == 0
    assert moved.max() <= 1.0001
