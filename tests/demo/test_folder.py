"""The demo's folder: its own, alone, and empty at each start."""

from __future__ import annotations

from pathlib import Path

import pytest

from fokusstrom.demo.folder import own_folder
from fokusstrom.domain.errors import ConfigError


def test_an_earlier_demo_is_cleared(tmp_path: Path) -> None:
    """A second start in the same folder begins anew."""
    with own_folder(tmp_path / "demo") as folder:
        (folder / "kafka").mkdir()
        (folder / "kafka" / "data").write_text("old")
        (folder / "facts.parquet").write_text("old")
    with own_folder(tmp_path / "demo") as folder:
        assert [one for one in folder.iterdir() if one.is_dir()] == []
        assert not (folder / "facts.parquet").exists()


def test_what_is_not_a_demos_is_never_cleared(tmp_path: Path) -> None:
    """A folder that holds something else is refused, and left as it is."""
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(ConfigError, match="name another folder with --data"), own_folder(tmp_path):
        pass
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_two_demos_do_not_share_a_folder(tmp_path: Path) -> None:
    """While a demo runs in a folder, another one there is refused."""
    with (
        own_folder(tmp_path / "demo"),
        pytest.raises(ConfigError, match="another demo runs"),
        own_folder(tmp_path / "demo"),
    ):
        pass


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """What can't be a folder is refused with what to do."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="name another folder with --data"), own_folder(tmp_path / "file"):
        pass
