import numpy as np
from scipy import ndimage
from sklearn.datasets import load_digits

from stages.datasets import arrays, bundled


def test_bundled_digits_have_mnists_form(tmp_path):
    bundled.write(tmp_path)
    for part, size in (("train", 1437), ("test", 360)):
        arrays.convert(tmp_path, tmp_path, part, classes=10)
        images, labels = arrays.load(tmp_path, part)
        assert images.shape == (size, 28, 28)
        # Never shuffled: the test part is the last digits in their own order.
        expected = load_digits().target[:1437] if part == "train" else load_digits().target[1437:]
        np.testing.assert_array_equal(labels, expected)
        for image in images:
            rows, columns = np.nonzero(image)
            assert np.ptp(rows) < 20
            assert np.ptp(columns) < 20
            # Half a pixel is as near as whole pixels come, but for ink at the box's edge.
            assert np.abs(np.array(ndimage.center_of_mass(image)) - 13.5).max() < 1.5
        assert 0.12 < images.mean() / 255 < 0.16  # MNIST's own is 0.13
