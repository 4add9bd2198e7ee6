"""The plugin under which a skipped test fails."""

import os
import subprocess
import sys

import pytest

from chatapp.launch.configuration import CHECKOUT


@pytest.fixture
def run_pytest(tmp_path):
    """Run the source as a test file of its own, with the plugin. Returns the exit status and what pytest printed."""

    def run(source):
        (tmp_path / "test_it.py").write_text(source)
        command = [sys.executable, "-m", "pytest", "-p", "tests.support.no_skips", "-p", "no:django", "-rA"]
        environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
        finished = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120
        )
        return finished.returncode, finished.stdout

    return run


class TestNoSkips:
    @pytest.mark.parametrize(
        "source",
        [
            "import pytest\ndef test_it(): pytest.skip('no server')",
            "import pytest\n@pytest.mark.skip(reason='later')\ndef test_it(): pass",
            "import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass",
        ],
    )
    def test_fails_a_test_that_skips_itself(self, run_pytest, source):
        status, output = run_pytest(source)

        assert status != 0
        assert "skipped itself" in output

    def test_passes_a_test_that_runs_and_one_that_is_known_to_fail(self, run_pytest):
        source = "import pytest\ndef test_it(): pass\n@pytest.mark.xfail\ndef test_bug(): assert False"

        status, output = run_pytest(source)

        assert status == 0
        assert "1 passed, 1 xfailed" in output
