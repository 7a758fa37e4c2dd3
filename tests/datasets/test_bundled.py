from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from stages.datasets import arrays, bundled
from stages.datasets.catalogue import CATALOGUE
from tests.pictures.test_reader import distance_from_centre


def test_bundled_digits_have_mnists_format(tmp_path: Path) -> None:
    bundled.write(tmp_path)
    arrays.convert(tmp_path, tmp_path, "digits", CATALOGUE["digits"])
    target = load_digits().target
    # Never shuffled: the test set is the last digits in their original order.
    for split, expected in (("train", target[:1437]), ("test", target[1437:])):
        images, labels = arrays.load(tmp_path, split)  # type: ignore[arg-type]
        assert images.shape == (len(expected), 28, 28)
        np.testing.assert_array_equal(labels, expected)
        for image in images:
            rows, columns = np.nonzero(image)
            assert np.ptp(rows) < 20
            assert np.ptp(columns) < 20
        # Half a pixel is the best that whole pixels allow.
        assert max(distance_from_centre(image) for image in images) <= 0.5
        assert 0.12 < images.mean() / 255 < 0.16  # MNIST's mean is 0.13
