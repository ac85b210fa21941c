"""The harness stays small, however long a campaign is: it shares the machine with the builds that it measures."""

import os
import subprocess
import sys
from pathlib import Path

MOST_KIB = 150_000_000 // 1024


def test_a_campaign_of_1000_trials_and_its_tables_stay_under_150_mb(tmp_path: Path) -> None:
    program = (sys.executable, "-m", "tests.app.thousand_trials", str(tmp_path))
    home = Path(__file__).parent.parent
    done = subprocess.run(program, cwd=home, env=os.environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout.splitlines()[-1]) < MOST_KIB
