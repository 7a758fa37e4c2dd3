"""Gather a dataset of your own: pictures, or arrays of many formats -> data/own/NAME."""

from functools import partial
from pathlib import Path

import click

from stages.cli.command import StageCommand
from stages.cli.errors import UserError
from stages.cli.paths import DOWNLOADS, OWN_DATASETS
from stages.cli.terminal import echo
from stages.cli.types import DatasetName
from stages.runtime.files import require_writable


@click.command("gather", cls=StageCommand, in_pipeline=False, example="my-letters --name letters")
@click.argument("source", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--name", required=True, help="Name of the dataset, for `dataset:` in params.yaml.")
@click.option(
    "--test-fraction",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    default=0.2,
    help="The fraction of each class that is for testing, if there is no test set.",
)
@click.option(
    "--by-writer",
    is_flag=True,
    help="Pictures are in SOURCE/CLASS/WRITER: all by a writer are for training, or for testing.",
)
@click.option("--transpose", is_flag=True, help="For arrays: exchange rows and columns (EMNIST).")
@click.option(
    "--class-names",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="For arrays: text file with a label and its name in each line (EMNIST's mapping).",
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

    SOURCE is a folder of pictures as `stages.predict` reads them, in one subfolder per class or
    with the class at the front of their names; or arrays: IDX files, .npy, .npz or CSV, for
    training and perhaps for testing; or a zip or tar archive of any of these.
    """
    from stages.datasets import array_files, own, picture_folder
    from stages.datasets.catalogue import find
    from stages.datasets.content import PICTURE
    from stages.datasets.fetch import obtain
    from stages.datasets.findings import findings
    from stages.datasets.source_files import choose_data, open_sources

    origin = " ".join([*map(str, source), *(["with", base] if base else [])])
    if problem := own.name_problem(name, origin, OWN_DATASETS):
        raise UserError(f"--name: {problem}")
    require_writable(OWN_DATASETS / name)
    base_dataset = find(base, OWN_DATASETS) if base else None
    on_left_out = partial(echo, err=True)
    with open_sources(source) as found:
        files = [file for file in found if not (class_names and class_names.samefile(file.path))]
        data = choose_data(files, on_left_out)
        if data[0].kind.name == PICTURE:
            if transpose or class_names:
                raise UserError("--transpose and --class-names are for arrays, not for pictures")
            digit_size = base_dataset.digit_size if base_dataset else picture_folder.DIGIT_SIZE
            gathered = picture_folder.gather(
                data, digit_size, test_fraction, by_writer, on_left_out
            )
        elif by_writer:
            raise UserError("--by-writer is for pictures in SOURCE/CLASS/WRITER")
        else:
            gathered = array_files.gather(data, transpose, class_names, test_fraction, echo)
    if base and base_dataset:
        own.require_compatible(gathered, base, base_dataset)
        folder = DOWNLOADS / base
        for line in obtain(base, OWN_DATASETS, folder, mirror):
            echo(line)
        gathered = own.add_training_images(gathered, base_dataset, folder)
    own.write(gathered, origin, OWN_DATASETS / name)
    for finding in findings(*gathered[:4], gathered.classes):
        echo(f"Warning: {finding}", err=True)
    echo(
        f"{OWN_DATASETS / name}: {len(gathered.train_images):,} training and"
        f" {len(gathered.test_images):,} test images of {len(gathered.classes)} classes:"
        f" {', '.join(gathered.classes)}"
    )
    echo(f"to train on it: dvc exp run -S dataset={name}")


if __name__ == "__main__":
    gather()
