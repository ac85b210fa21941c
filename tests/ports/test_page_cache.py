from pathlib import Path

import msgspec
import pytest

from bench.errors import EngineError, UsageError
from bench.model.run import EngineKind
from bench.ports.fakes import fake_info
from bench.ports.page_cache import PageCache


def test_pages_and_inodes_are_dropped(tmp_path: Path) -> None:
    switch = tmp_path / "sys" / "vm" / "drop_caches"
    switch.parent.mkdir(parents=True)
    PageCache(fake_info(), user=0, proc_root=tmp_path).drop()
    assert switch.read_text() == "3"


def test_it_says_why_it_cannot(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="only root"):
        PageCache(fake_info(), user=1000, proc_root=tmp_path)
    far = msgspec.structs.replace(fake_info(EngineKind.HOST), endpoint="tcp://build.example:2375")
    with pytest.raises(UsageError, match="is not on this machine"):
        PageCache(far, user=0, proc_root=tmp_path)
    with pytest.raises(EngineError, match="drop_caches: No such file"):
        PageCache(fake_info(), user=0, proc_root=tmp_path).drop()
