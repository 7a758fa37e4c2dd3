import io
import math
from pathlib import Path

import pytest

from stages.reporting import tables
from stages.reporting.errors import ReportingError

COLUMNS = ("epoch", "loss")


def test_numbers_are_read_as_they_were_written(tmp_path: Path) -> None:
    tables.write(
        tmp_path / "t.csv", COLUMNS, [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": None}]
    )
    columns = tables.read(tmp_path / "t.csv", COLUMNS)
    assert columns["epoch"].tolist() == [1, 2]
    assert columns["loss"][0] == 0.5
    assert math.isnan(columns["loss"][1])


def test_table_without_rows(tmp_path: Path) -> None:
    tables.write(tmp_path / "t.csv", COLUMNS, [])
    columns = tables.read(tmp_path / "t.csv", COLUMNS)
    assert {name: len(values) for name, values in columns.items()} == {"epoch": 0, "loss": 0}


@pytest.mark.parametrize(
    "content", ["", "a,b\n1,2\n", "epoch,loss\n1\n", "epoch,loss\n1,x\n", "epoch,loss\n1,2,3\n"]
)
def test_other_tables_are_refused_by_name(content: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(ReportingError, match=r"t\.csv: not a table of epoch, loss"):
        tables.read(tmp_path / "t.csv", COLUMNS)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "a,b\n1,2\n",
        "index,actual,predicted,confidence\n0,1,1\n",
        "index,actual,predicted,confidence\n0,1,1,sure\n",
    ],
)
def test_other_predictions_are_refused_by_name(content: str) -> None:
    with pytest.raises(ReportingError, match=r"^p\.csv of main: not a table of index, actual"):
        tables.parse(io.StringIO(content), "p.csv of main", tables.PREDICTIONS)


def test_names_of_classes_are_text_and_predictions_without_rows_are_none() -> None:
    header = ",".join(tables.PREDICTIONS)
    read = tables.parse(io.StringIO(f"{header}\n0,1,01,0.5\n"), "p.csv", tables.PREDICTIONS)
    predictions = tables.to_predictions(read)
    assert predictions is not None
    assert (predictions.actual[0], predictions.predicted[0]) == ("1", "01")
    assert predictions.accuracy == 0
    empty = tables.parse(io.StringIO(f"{header}\n"), "p.csv", tables.PREDICTIONS)
    assert tables.to_predictions(empty) is None
