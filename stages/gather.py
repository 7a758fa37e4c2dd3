"""Gather a dataset of your own: a folder of pictures, or IDX files -> data/own/NAME."""

from functools import partial
from pathlib import Path

import click

from stages.cli.command import StageCommand
from stages.cli.errors import UserError
from stages.cli.paths import DOWNLOADS, OWN_DATASETS
from stages.cli.terminal import echo
from stages.cli.types import DatasetName


@click.command(
    "gather",
    cls=StageCommand,
    in_pipeline=False,
    example="my-letters --name letters",
)
@click.argument("source", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--name", required=True, help="Name of the dataset, for `dataset:` in params.yaml.")
@click.option(
    "--test-fraction",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.2,
    help="Of pictures: the fraction of each class that is for testing.",
)
@click.option(
    "--by-writer",
    is_flag=True,
    help="Of pictures in SOURCE/CLASS/WRITER: all by a writer are for training, or for testing.",
)
@click.option("--transpose", is_flag=True, help="Of IDX files: exchange rows and columns (EMNIST).")
@click.option(
    "--class-names",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Of IDX files: text file with a label and its name in each line (EMNIST's mapping).",
)
@click.option(
    "--with",
    "base",
    type=DatasetName(),
    help="Dataset whose training images are added to yours.",
)
@click.option(
    "--mirror",
    envvar="DATASET_MIRROR",
    show_envvar=True,
    help="Folder or URL with one folder per dataset, for --with.",
)
def gather(
    source: tuple[Path, ...],
    name: str,
    test_fraction: float,
    by_writer: bool,
    transpose: bool,
    class_names: Path | None,
    base: str | None,
    mirror: str | None,
) -> None:
    """Make a dataset of your own from SOURCE.

    SOURCE is a folder with one subfolder per class, full of pictures as `stages.predict` reads
    them; or four IDX files, or a folder of them: images and labels for training and for testing.
    """
    from stages.datasets import idx_files, own, picture_folder
    from stages.datasets.catalogue import find
    from stages.datasets.obtain import obtain

    origin = " ".join([*map(str, source), *(["with", base] if base else [])])
    if problem := own.name_problem(name, origin, OWN_DATASETS):
        raise UserError(f"--name: {problem}")
    entries = [path for given in source for path in own.list_entries(given)]
    has_folders = any(path.is_dir() for path in entries)
    if has_folders and (len(source) > 1 or transpose or class_names):
        raise UserError("a dataset of pictures is one folder, without --transpose or --class-names")
    if by_writer and not has_folders:
        raise UserError("--by-writer is for pictures in SOURCE/CLASS/WRITER")
    base_dataset = find(base, OWN_DATASETS) if base else None
    if has_folders:
        digit_size = base_dataset.digit_size if base_dataset else picture_folder.DIGIT_SIZE
        gathered = picture_folder.gather(
            source[0], digit_size, test_fraction, by_writer, partial(echo, err=True)
        )
    else:
        files = [path for path in entries if path != class_names]
        gathered = idx_files.gather(files, transpose, class_names, echo)
    if base and base_dataset:
        own.require_compatible(gathered, base, base_dataset)
        folder = DOWNLOADS / base
        for line in obtain(base, OWN_DATASETS, folder, mirror):
            echo(line)
        gathered = own.add_training_images(gathered, base_dataset, folder)
    own.write(gathered, origin, OWN_DATASETS / name)
    echo(
        f"{OWN_DATASETS / name}: {len(gathered.train_images):,} training and"
        f" {len(gathered.test_images):,} test images of {len(gathered.classes)} classes:"
        f" {', '.join(gathered.classes)}"
    )
    echo(f"to train on it: dvc exp run -S dataset={name}")


if __name__ == "__main__":
    gather()
