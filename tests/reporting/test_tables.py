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
    columns = tables.read_numbers(tmp_path / "t.csv", COLUMNS)
    assert columns["epoch"] == [1, 2]
    assert columns["loss"][0] == 0.5
    assert math.isnan(columns["loss"][1])


def test_table_without_rows(tmp_path: Path) -> None:
    tables.write(tmp_path / "t.csv", COLUMNS, [])
    assert tables.read_numbers(tmp_path / "t.csv", COLUMNS) == {"epoch": [], "loss": []}


@pytest.mark.parametrize(
    "content", ["", "a,b\n1,2\n", "epoch,loss\n1\n", "epoch,loss\n1,x\n", "epoch,loss\n1,2,3\n"]
)
def test_other_tables_are_refused_by_name(content: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(ReportingError, match=r"t\.csv: not a table of epoch, loss"):
        tables.read_numbers(tmp_path / "t.csv", COLUMNS)


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
        tables.read_predictions(io.StringIO(content), "p.csv of main")
