"""Timer, Measurement and Compare, without PyTorch beside them."""

import pickle

import pytest

import ctgrad
from ctgrad.utils.benchmark import Compare, Measurement, TaskSpec, Timer


def measured(column, times, sub_label="x"):
    return Measurement(1, times, TaskSpec("f()", "pass", label="L", sub_label=sub_label, description=column))


def test_a_timer_runs_its_statement_and_gives_the_threads_back():
    calls, threads = [], ctgrad.get_num_threads()
    found = Timer("calls.append(torch.get_num_threads())", globals={"calls": calls}, num_threads=3).timeit(50)
    assert len(calls) == 50 + 2 and set(calls) == {3} and ctgrad.get_num_threads() == threads
    assert found.number_per_run == 50 and found.mean == found.median == found.raw_times[0] / 50
    with pytest.raises(ZeroDivisionError):
        Timer("1 / 0", num_threads=3).timeit(1)
    assert ctgrad.get_num_threads() == threads


def test_blocks_last_as_long_as_asked_and_are_told():
    told = []
    found = Timer("sum(range(100))").blocked_autorange(lambda number, seconds: told.append((number, seconds)), min_run_time=0.02)
    assert sum(found.raw_times) >= 0.02 and told == [(found.number_per_run, seconds) for seconds in found.raw_times]


def test_the_best_of_a_column_and_of_a_row_is_marked():
    results = [measured("a", [1e-3]), measured("a", [2e-3], "y"), measured("b", [3e-3]), measured("b", [1.5e-3], "y")]
    for rowwise, lines in ((False, [[True, False], [False, True]]), (True, [[True, False], [False, True]])):
        table = Compare(results)
        table.colorize(rowwise)
        rows = str(table).splitlines()[3:5]
        assert [["\033[92m" in cell for cell in row.split("|")[1:]] for row in rows] == lines
    slower = Compare([measured("a", [1e-3]), measured("b", [2e-3])])
    slower.colorize(rowwise=True)
    assert str(slower).count("\033[92m") == 1


def test_a_measurement_is_kept_in_a_pickle():
    one = measured("a", [1.0, 2.0])
    again = pickle.loads(pickle.dumps(one))
    assert again == one and again.title == "L: x" and "Median: 1.50 s" in repr(again)


@pytest.mark.parametrize("ask", [lambda: Timer("x", language="c++"), lambda: Timer("1").collect_callgrind()])
def test_what_is_not_offered_says_so(ask):
    with pytest.raises(NotImplementedError):
        ask()


def test_swapping_refuses_results_of_recorded_ops():
    leaf = ctgrad.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"only leaves.*detach"):
        ctgrad.utils.swap_tensors(leaf * 2, leaf)
