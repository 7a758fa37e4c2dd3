import io
import math

import pytest

from stages.reporting import tables
from stages.reporting.errors import ReportingError

COLUMNS = ("epoch", "cost")


def test_numbers_come_back(tmp_path):
    tables.write(
        tmp_path / "t.csv", COLUMNS, [{"epoch": 1, "cost": 0.5}, {"epoch": 2, "cost": None}]
    )
    back = tables.read_numbers(tmp_path / "t.csv", COLUMNS)
    assert back["epoch"] == [1, 2]
    assert back["cost"][0] == 0.5
    assert math.isnan(back["cost"][1])


def test_table_without_rows(tmp_path):
    tables.write(tmp_path / "t.csv", COLUMNS, [])
    assert tables.read_numbers(tmp_path / "t.csv", COLUMNS) == {"epoch": [], "cost": []}


@pytest.mark.parametrize(
    "content", ["", "a,b\n1,2\n", "epoch,cost\n1\n", "epoch,cost\n1,x\n", "epoch,cost\n1,2,3\n"]
)
def test_other_tables_are_refused_by_name(content, tmp_path):
    (tmp_path / "t.csv").write_text(content)
    with pytest.raises(ReportingError, match=r"t\.csv: not a table of epoch, cost"):
        tables.read_numbers(tmp_path / "t.csv", COLUMNS)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "a,b\n1,2\n",
        "index,actual,predicted,confidence\n",
        "index,actual,predicted,confidence\n0,1,1\n",
        "index,actual,predicted,confidence\n0,1,1,sure\n",
    ],
)
def test_other_predictions_are_refused_by_name(content):
    with pytest.raises(ReportingError, match=r"^p\.csv of main: not a table of index, actual"):
        tables.read_predictions(io.StringIO(content), "p.csv of main")
