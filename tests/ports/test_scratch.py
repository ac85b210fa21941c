import os
import subprocess
import sys
from pathlib import Path

from bench.ports.scratch import make_scratch


def test_what_a_killed_process_left_goes_and_the_rest_stays(tmp_path: Path) -> None:
    script = "import sys; from pathlib import Path; from bench.ports.scratch import make_scratch\n"
    script += "print(make_scratch('x-', Path(sys.argv[1])), flush=True); sys.stdin.read()"
    argv = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        theirs = Path(other.stdout.readline().strip())
        (theirs / "file").touch()
        first = make_scratch("x-", tmp_path)
        assert theirs.is_dir()
        other.kill()
        other.wait()
    others = [tmp_path / name for name in ("x-", "x-old", f"y-{other.pid}-a", f"x-{os.getppid()}-a")]
    for folder in others:
        folder.mkdir()
    second = make_scratch("x-", tmp_path)
    assert set(tmp_path.iterdir()) == {first, second, *others}
