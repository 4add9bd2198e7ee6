import threading

import pytest

from inference.engines.compute_thread import ComputeThread


class TestComputeThread:
    def test_runs_everything_in_one_thread(self):
        thread, served = ComputeThread("t"), []

        names = [thread.call(threading.current_thread) for _ in range(2)]
        thread.serve(lambda: served.append(threading.current_thread()))
        thread.join()

        assert {*names, *served} == {names[0]}
        assert names[0] is not threading.current_thread()

    def test_raises_what_the_function_raised_and_goes_on(self):
        thread = ComputeThread("t")

        with pytest.raises(ZeroDivisionError):
            thread.call(lambda: 1 // 0)

        assert thread.call(lambda: 7) == 7
        thread.end()
        thread.join()

    def test_reports_a_fault_of_what_it_serves(self, monkeypatch):
        faults = []
        monkeypatch.setattr(threading, "excepthook", lambda fault: faults.append(fault.exc_type))
        thread = ComputeThread("t")

        thread.serve(lambda: print(1 // 0))
        thread.join()

        assert faults == [ZeroDivisionError]
