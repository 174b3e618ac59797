"""Timer, Measurement and Compare, without PyTorch beside them."""

import json
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


def averages(profile):
    return {event.key: event for event in profile.key_averages()}


def test_a_profile_counts_ops_and_takes_the_inner_from_the_outer_time():
    x = ctgrad.ones(50, 60, requires_grad=True)
    with ctgrad.profiler.profile() as found:
        with ctgrad.profiler.record_function("forward"):
            y = (x.exp() + x.exp()).sum()
        y.backward()
    x.exp()
    seen = averages(found)
    assert seen["aten::exp"].count == 2 and seen["aten::sum"].count == 1 and seen["forward"].count == 1
    inside = [event for event in found.events() if event.key in ("aten::exp", "aten::add", "aten::sum")][:4]
    block = seen["forward"]
    assert block.self_cpu_time_total == pytest.approx(block.cpu_time_total - sum(event.cpu_time_total for event in inside), abs=1e-6)
    assert 0 < block.self_cpu_time_total < block.cpu_time_total and seen["aten::exp"].cpu_time == seen["aten::exp"].cpu_time_total / 2
    table = found.key_averages().table(sort_by="count", row_limit=1)
    assert "aten::exp" in table and "forward" not in table and "Self CPU time total" in table


def test_profiles_nest_and_end_with_their_blocks():
    x = ctgrad.ones(3)
    with ctgrad.profiler.profile() as outer:
        x.exp()
        with ctgrad.autograd.profiler.profile() as inner, ctgrad.debug.profile() as steps:
            x.cos()
        x.exp()
    assert averages(outer).keys() == {"aten::exp"} and averages(inner).keys() == {"aten::cos"} and [row[0] for row in steps.rows] == ["cos"]
    with pytest.raises(ValueError), ctgrad.profiler.profile() as failed:
        raise ValueError
    x.exp()
    assert not failed.events() and not ctgrad.profiler._ACTIVE


def test_a_schedule_records_some_steps(tmp_path):
    x, told = ctgrad.ones(3), []
    plan = ctgrad.profiler.schedule(wait=1, warmup=1, active=2, repeat=2, skip_first=1)

    def ready(profile):
        told.append((profile.step_num, averages(profile)["aten::exp"].count))
        profile.export_chrome_trace(tmp_path / "trace.json")

    with ctgrad.profiler.profile(schedule=plan, on_trace_ready=ready) as profile:
        for _ in range(12):
            x.exp()
            profile.step()
    assert told == [(5, 2), (9, 2)]
    events = json.loads((tmp_path / "trace.json").read_text())["traceEvents"]
    assert [event["name"] for event in events] == ["aten::exp"] * 2 and events[0]["ts"] < events[1]["ts"]


def test_a_decorated_function_is_a_block_each_call():
    @ctgrad.profiler.record_function("step")
    def double(x):
        return x * 2

    with ctgrad.profiler.profile() as found:
        double(ctgrad.ones(2))
        double(ctgrad.ones(2))
    assert averages(found)["step"].count == 2 and averages(found)["aten::mul"].count == 2


def test_what_a_profile_does_not_record_it_refuses():
    with ctgrad.profiler.profile() as found:
        ctgrad.ones(2).exp()
    with pytest.raises(NotImplementedError, match="self_cpu_time_total"):
        found.key_averages().table(sort_by="cuda_time_total")
    with pytest.raises(NotImplementedError, match="by name"):
        found.key_averages(group_by_input_shape=True)
