import pytest
from tables import for_each


def test_every_row_that_fails_is_named_and_the_others_run():
    ran = []

    @for_each([1, 2, 3, 4], [("a", "b")])
    def is_odd(number, first, second):
        ran.append((number, first, second))
        assert number % 2, "even"

    with pytest.raises(AssertionError) as failure:
        is_odd()
    told = str(failure.value).splitlines()
    assert told[0] == "2 of 4 rows fail:"
    assert [line[:16] for line in told if line.startswith("(")] == ["(2, 'a', 'b'): A", "(4, 'a', 'b'): A"]
    assert ran == [(number, "a", "b") for number in (1, 2, 3, 4)]


def test_an_empty_table_and_any_other_error_fail():
    with pytest.raises(AssertionError, match="the table is empty"):
        for_each([])(lambda row: None)()
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        for_each([0])(lambda row: 1 / row)()
