"""Outputs of a pipeline that ran again, compared with those recorded."""

from pathlib import Path

import pytest

from stages.comparison.reproduction import differences, recorded_outputs
from stages.comparison.revisions import md5

HISTORY = b"epoch,loss\n1,0.123456\n2,0.0612345\n"
OUTPUTS = {
    "history.csv": HISTORY,
    "metrics.json": b'{"accuracy": 0.9689}',
    "predictions.csv": b"index,predicted\n0,trouser\n",
}


def write(folder: Path, **changed: bytes | None) -> None:
    for name, content in OUTPUTS.items():
        new = changed.get(name.replace(".", "_"), content)
        if new is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(new)


def lock(folder: Path) -> None:
    """Record the outputs, and a model that Git does not track."""
    outs = [f"    - path: {name}\n      md5: {md5(content)}\n" for name, content in OUTPUTS.items()]
    outs.append(f"    - path: model\n      md5: {md5(b'weights')}\n")
    (folder / "dvc.lock").write_text(f"stages:\n  train:\n    outs:\n{''.join(outs)}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path)
    lock(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("changed", "text", "is_rounding"),
    [
        ({"history_csv": HISTORY.replace(b"123456", b"123457")}, "by up to 1e-06 in 1 of 2", True),
        ({"history_csv": HISTORY.replace(b"0.1234", b"0.1235")}, "loss differs by up to", False),
        ({"history_csv": HISTORY[:-12]}, "2 rows were recorded, 1 written", False),
        ({"history_csv": HISTORY.replace(b"loss", b"cost")}, "loss differs in 2 of 2 rows", False),
        ({"history_csv": HISTORY.replace(b"0.123456", b"nan")}, "differs in 1 of 2 rows", False),
        ({"history_csv": b"\xff"}, "2 rows were recorded, 0 written", False),
        ({"metrics_json": b'{"accuracy": 0.968901}'}, "accuracy differs by up to 1e-06", True),
        ({"metrics_json": b'{"accuracy": 0.9699}'}, "accuracy differs by up to 0.001", False),
        ({"predictions_csv": b"index,predicted\n0,coat\n"}, "predicted differs in 1 of 1", False),
        ({"metrics_json": b'{"accuracy":0.9689}'}, "has other bytes", True),
        ({"metrics_json": None}, "was not written", False),
    ],
)
def test_what_differs_is_told_and_rounding_is_told_apart(
    folder: Path, changed: dict[str, bytes | None], text: str, is_rounding: bool
) -> None:
    recorded = recorded_outputs(folder)
    write(folder, **changed)
    (folder / "model").write_bytes(b"weights")
    found = [each for each in differences(recorded, folder).values() if each]
    assert len(found) == 1
    assert text in found[0][0].text
    assert all(difference.is_rounding for difference in found[0]) == is_rounding


def test_outputs_that_are_the_same_have_no_differences(folder: Path) -> None:
    recorded = recorded_outputs(folder)
    (folder / "model").write_bytes(b"weights")
    assert differences(recorded, folder) == {name: [] for name in (*OUTPUTS, "model")}


def test_other_bytes_of_a_file_without_figures_are_told(folder: Path) -> None:
    recorded = recorded_outputs(folder)
    (folder / "model").write_bytes(b"other weights")
    (difference,) = differences(recorded, folder)["model"]
    assert difference == ("has other bytes", True)


def test_a_table_that_was_edited_by_hand_is_found(folder: Path) -> None:
    write(folder, history_csv=HISTORY.replace(b"0.06", b"0.05"))
    recorded = recorded_outputs(folder)
    write(folder)
    edited, figure = differences(recorded, folder)["history.csv"]
    assert edited.text == "was edited after it was recorded in dvc.lock"
    assert figure.text == "loss differs by up to 0.01 in 1 of 2 rows"
