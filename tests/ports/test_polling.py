from collections.abc import Iterator

from bench.ports.polling import settles


def test_it_asks_until_yes_and_never_more_often_than_told() -> None:
    answers: Iterator[bool] = iter([False, False, True, True])
    assert settles(lambda: next(answers), polls=3, pause_s=0)
    assert list(answers) == [True]
    answers = iter([False, False, True])
    assert not settles(lambda: next(answers), polls=2, pause_s=0)
    assert list(answers) == [True]
