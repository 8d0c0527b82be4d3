import signal

import pytest

from abnormal.training.interrupt import catching_signals


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_signal_is_noted_with_the_exit_code_of_shells(number, code):
    with catching_signals() as interrupt:
        assert interrupt.signal == 0
        signal.raise_signal(number)
        assert (interrupt.signal, interrupt.exit_code) == (number, code)


def test_a_second_ctrl_c_acts_at_once():
    with catching_signals():
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_afterwards_signals_do_what_they_did():
    before = signal.getsignal(signal.SIGTERM)
    with catching_signals():
        assert signal.getsignal(signal.SIGTERM) != before

    assert signal.getsignal(signal.SIGTERM) == before


def test_a_signal_that_comes_while_hosts_agree_is_for_the_next_time():
    others = iter([0, signal.SIGTERM])

    def agree(mine):
        agreed = max(mine, next(others))
        if not agreed:
            signal.raise_signal(signal.SIGINT)
        return agreed

    with catching_signals(agree) as interrupt:
        assert not interrupt.poll()
        assert interrupt.signal == signal.SIGINT
        assert interrupt.poll()
        assert interrupt.signal == signal.SIGTERM  # what all have agreed on
