import os
import signal

import pytest

from bench.ports.signals import endings_interrupt


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_request_to_end_is_an_interrupt_and_the_old_handler_comes_back(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with pytest.raises(KeyboardInterrupt), endings_interrupt():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before
