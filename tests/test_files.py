import pytest

from stages.files import written_beside


def test_file_appears_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "file"
    with written_beside(path) as beside:
        beside.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert [path] == list(path.parent.iterdir())


def test_failure_leaves_what_was_there(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def fail_halfway() -> None:
        with written_beside(path) as beside:
            beside.write_text("half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert path.read_text() == "old"
    assert [path] == list(tmp_path.iterdir())
