import json

import pytest

from benchmarks.figures import Figure, ratios, rounded
from benchmarks.processor import TICK, Used, parsed
from benchmarks.rounds import interleave
from benchmarks.table import number, summary, table


def test_median_and_spread_of_runs():
    figure = Figure("drain.ratio", "ratio", [0.9, 0.1, 0.5, 0.3, 0.7])
    assert figure.median == 0.5
    # the quartiles are 0.3 and 0.7
    assert figure.spread == pytest.approx(0.4)


def test_one_run_has_no_spread_and_an_outlier_hardly_any_influence():
    assert Figure("a", "ms", [3.0]).spread == 0
    quiet = Figure("a", "ms", [10, 10, 11, 11, 12])
    noisy = Figure("a", "ms", [10, 10, 11, 11, 900])
    assert (quiet.median, quiet.spread) == (noisy.median, noisy.spread) == (11, 1)


@pytest.mark.parametrize(
    "goal, value, met",
    [
        ((">=", 0.4), 0.4, True),
        ((">=", 0.4), 0.39, False),
        (("<=", 5), 5, True),
        (("<=", 5), 5.1, False),
        (("<", 1), 1, False),
        (("<", 1), 0.99, True),
        (None, 7, None),
    ],
)
def test_goal_is_met(goal, value, met):
    assert Figure("a", "ms", [value], goal).met is met


def test_line_of_json():
    line = Figure("due.claim", "ms", [4.0, 5.00012345, 6.0], ("<=", 5)).line()
    assert "\n" not in line
    assert json.loads(line) == {
        "name": "due.claim",
        "host": "records_rest",
        "value": 5.0,
        "unit": "ms",
        "goal": "<= 5",
        "met": False,
        "runs": 3,
        "spread": 1.0,
    }
    bare = json.loads(Figure("get.with.wall", "ms", [1]).line())
    assert bare["goal"] is None and bare["met"] is None


def test_ratios_are_made_run_by_run():
    figure = ratios("get.ratio", [2, 9, 6], [1, 3, 3])
    assert figure.values == [2, 3, 2] and figure.median == 2


def test_a_run_without_a_divisor_does_not_count():
    assert ratios("get.ratio", [2, 9], [0, 3]).values == [3]


def test_rounding_keeps_four_digits():
    assert [rounded(value) for value in (123456.0, 0.00123456, 0)] == [123500.0, 0.001235, 0]


def test_numbers_of_the_table_have_no_exponent():
    assert [number(value) for value in (0, 0.0234, 1.234, 12.34, 4126.4)] == ["0", "0.023", "1.23", "12.3", "4126"]


def test_table_shows_a_missed_goal_and_parts_the_groups():
    figures = [
        Figure("drain.ratio", "ratio", [0.02, 0.03, 0.03], (">=", 0.4)),
        Figure("drain.drain.rate", "events/s", [114.0]),
        Figure("due.claim", "ms", [0.7], ("<=", 5)),
    ]
    lines = table(figures).splitlines()
    assert lines[0].split() == ["figure", "median", "spread", "unit", "goal", "met", "runs"]
    assert lines[2].split() == ["drain.ratio", "0.030", "0.005", "ratio", ">=", "0.4", "MISSED", "3"]
    assert lines[3].split() == ["drain.drain.rate", "114", "0", "events/s", "-", "-", "1"]
    assert lines[4] == ""
    assert lines[5].split() == ["due.claim", "0.700", "0", "ms", "<=", "5", "met", "1"]
    # the columns of numbers end below one another
    assert lines[2].index(" 0.030") + 6 == lines[5].index(" 0.700") + 6
    assert summary(figures) == "1 of 2 goals are met. Missed: drain.ratio."


def test_sides_are_measured_in_turn_after_a_warm_up():
    order = []

    def measuring(name):
        def measure():
            order.append(name)
            return len(order)

        return measure

    found = interleave({"a": measuring("a"), "b": measuring("b")}, 3)
    assert "".join(order) == "ab" + "ababab"
    # the first of each is dropped
    assert found == {"a": [3, 5, 7], "b": [4, 6, 8]}


def test_processor_time_of_a_process_and_of_its_children_that_ended():
    fields = "S 41 1 1 0 -1 4194560 1 1 0 0 100 20 30 4 20 0 1 0 12345"
    parent, used = parsed("42 (a name) with) " + fields)
    assert parent == 41
    assert used == Used(130 / TICK, 24 / TICK)
    assert used.since(Used(30 / TICK, 4 / TICK)) == (pytest.approx(100 / TICK), pytest.approx(20 / TICK))
