"""The datasets: where to download their files, and the files' checksums."""

from typing import Literal, NamedTuple

TRAIN_IMAGES = "train-images-idx3-ubyte.gz"
TRAIN_LABELS = "train-labels-idx1-ubyte.gz"
TEST_IMAGES = "t10k-images-idx3-ubyte.gz"
TEST_LABELS = "t10k-labels-idx1-ubyte.gz"
FILES = (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES, TEST_LABELS)

DIGITS = ("0", "1", "2", "3", "4", "5", "6", "7", "8", "9")


class Checksum(NamedTuple):
    """Checksum of a gzipped file.

    A gzip header holds a date and a name, so mirrors can have different files with the same data.

    Attributes
    ----------
    algorithm
        Name of the hash function.
    of
        What is hashed: the uncompressed "content", or the "archive" as it was downloaded.
    hexdigest
        The hash.
    """

    algorithm: Literal["sha256", "md5"]
    of: Literal["content", "archive"]
    hexdigest: str


class Dataset(NamedTuple):
    """Labelled images of 28 x 28 pixels, as the four IDX files named in `FILES`.

    Attributes
    ----------
    classes
        Name of each class, in the order of the labels.
    digit_size
        Longest side, in pixels, of what an image shows.
    mirrors
        Base URLs of the files. Empty for a dataset that is made locally, see
        `stages.datasets.bundled`.
    checksums
        Checksum of each file, in the order of `FILES`.
    """

    classes: tuple[str, ...]
    digit_size: int
    mirrors: tuple[str, ...] = ()
    checksums: tuple[Checksum, ...] = ()


def _sha256_of_content(*hexdigests: str) -> tuple[Checksum, ...]:
    return tuple(Checksum("sha256", "content", hexdigest) for hexdigest in hexdigests)


def _md5_of_archive(*hexdigests: str) -> tuple[Checksum, ...]:
    return tuple(Checksum("md5", "archive", hexdigest) for hexdigest in hexdigests)


CATALOGUE = {
    "digits": Dataset(classes=DIGITS, digit_size=20),
    "mnist": Dataset(
        classes=DIGITS,
        digit_size=20,
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "https://raw.githubusercontent.com/fgnt/mnist/master/",
        ),
        checksums=_sha256_of_content(
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
        ),
    ),
    "fashion-mnist": Dataset(
        classes=(
            "T-shirt",
            "trousers",
            "pullover",
            "dress",
            "coat",
            "sandal",
            "shirt",
            "sneaker",
            "bag",
            "ankle boot",
        ),
        digit_size=28,
        mirrors=(
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        checksums=_md5_of_archive(
            "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
            "25c81989df183df01b3e8a0aad5dffbe",
            "bef4ecab320f06d8554ea6380940ec79",
            "bb300cfdad3c16e7a12a480ee83cd310",
        ),
    ),
    "kmnist": Dataset(
        # Sounds of the Kuzushiji characters, since few fonts for plots have the characters.
        classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        digit_size=28,
        mirrors=(
            "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        ),
        checksums=_md5_of_archive(
            "bdb82020997e1d708af4cf47b453dcf7",
            "e144d726b3acfaa3e44228e80efcd344",
            "5c965bf0a639b31b8f53240b1b52f4d7",
            "7320c461ea6c1c855c0b718fb2a4b134",
        ),
    ),
}
