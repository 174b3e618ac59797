"""What ops a block runs, how often, and how long each takes by itself: own times of ops, and blocks named by record_function.

Every op that passes the dispatcher is an event, views too, forward and backward, named "aten::" and the name it has in ctgrad; ops made of
others are seen as these. Shapes, memory and
stacks are not recorded: the options that ask for them are taken and change nothing.
"""

import enum
import functools
import json
import time

from ctgrad import _C

__all__ = ["EventList", "ProfilerAction", "ProfilerActivity", "profile", "record_function", "schedule"]


class ProfilerActivity(enum.Enum):
    """Where the time is spent: here always on the CPU."""

    CPU = 0
    XPU = 1
    MTIA = 2
    CUDA = 3
    HPU = 4
    PrivateUse1 = 5


class ProfilerAction(enum.Enum):
    """What a schedule says of a step."""

    NONE = 0
    WARMUP = 1
    RECORD = 2
    RECORD_AND_SAVE = 3


_ACTIVE: list[list] = []  # the lists of rows of the profiles that record now, the innermost last


class record_function:
    """A named block, or each call of a function that this decorates: an event of its own in the profile that is taken."""

    def __init__(self, name, args=None):
        self.name = name

    def __enter__(self):
        self._began = time.perf_counter_ns()
        return self

    def __exit__(self, *error):
        if _ACTIVE:
            _ACTIVE[-1].append((self.name, self._began, time.perf_counter_ns(), True))

    def __call__(self, function):
        """The function, each call of which is such a block."""
        @functools.wraps(function)
        def named(*args, **kwargs):
            with record_function(self.name):
                return function(*args, **kwargs)
        return named


class _Event:
    """Calls of one name: how many, microseconds in all, and without the events inside."""

    def __init__(self, key, count, total, own):
        self.key = self.name = key
        self.count, self.cpu_time_total, self.self_cpu_time_total = count, total, own

    @property
    def cpu_time(self):
        """Microseconds a call."""
        return self.cpu_time_total / self.count

    def __repr__(self):
        return (f"<FunctionEventAvg key={self.key} self_cpu_time={_shown(self.self_cpu_time_total)} cpu_time={_shown(self.cpu_time)} "
                f"count={self.count}>")


def _shown(us):
    return f"{us / 1e6:.3f}s" if us >= 1e6 else f"{us / 1e3:.3f}ms" if us >= 1e3 else f"{us:.3f}us"


_SORTED_BY = ("cpu_time", "cpu_time_total", "self_cpu_time_total", "count")


class EventList(list):
    """Events, and their table."""

    @property
    def self_cpu_time_total(self):
        """Microseconds in all events."""
        return sum(event.self_cpu_time_total for event in self)

    def table(self, sort_by=None, row_limit=100, max_src_column_width=75, max_name_column_width=55, max_shapes_column_width=80, header=None,
              top_level_events_only=False, time_unit=None):
        """Lines of at most ``row_limit`` events, the greatest first. NotImplementedError for an order by what is not recorded."""
        if sort_by is not None and sort_by not in _SORTED_BY:
            raise NotImplementedError(f"table(sort_by={sort_by!r}): only times on the CPU and counts are recorded; one of {', '.join(_SORTED_BY)}")
        events = list(self) if sort_by is None else sorted(self, key=lambda event: getattr(event, sort_by), reverse=True)
        events = events[:row_limit] if row_limit >= 0 else events
        own, everything = self.self_cpu_time_total, max((event.cpu_time_total for event in self), default=0)
        whole = max(own, everything) or 1
        rows = [("Name", "Self CPU %", "Self CPU", "CPU total %", "CPU total", "CPU time avg", "# of Calls")]
        for event in events:
            name = event.key if len(event.key) <= max_name_column_width else event.key[:max_name_column_width - 3] + "..."
            rows.append((name, f"{100 * event.self_cpu_time_total / whole:.2f}%", _shown(event.self_cpu_time_total),
                         f"{100 * event.cpu_time_total / whole:.2f}%", _shown(event.cpu_time_total), _shown(event.cpu_time), str(event.count)))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        rule = "  ".join("-" * (width + 2) for width in widths)
        lines = ["  ".join(text.rjust(width + 2) for text, width in zip(row, widths, strict=True)) for row in rows]
        return "\n".join([*([header] if header else []), rule, lines[0], rule, *lines[1:], rule, f"Self CPU time total: {_shown(own)}", ""])

    def __str__(self):
        return self.table()


class profile:
    """``with profile() as prof:`` records the ops of the block; ``prof.key_averages().table(sort_by="self_cpu_time_total")`` tells them.

    With a ``schedule``, ``step()`` ends a step and ``on_trace_ready(prof)`` is called after the last of each recorded row of steps.
    """

    def __init__(self, activities=None, *, schedule=None, on_trace_ready=None, record_shapes=False, profile_memory=False, with_stack=False,
                 with_flops=False, with_modules=False, experimental_config=None, execution_trace_observer=None, acc_events=False, use_cuda=None,
                 custom_trace_id_callback=None, enabled=True, use_cpu=True, use_kineto=False, use_device=None):
        if isinstance(activities, bool):  # the older class takes `enabled` first
            enabled = activities
        self._schedule, self._ready, self._enabled = schedule, on_trace_ready, enabled
        self._rows, self._before = [], None
        self.step_num, self._action = 0, ProfilerAction.NONE

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *error):
        self.stop()

    def start(self):
        """Begin to record, or the first step of the schedule."""
        self._become(self._schedule(0) if self._schedule else ProfilerAction.RECORD)

    def stop(self):
        """End what is recorded."""
        saves = self._action in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)
        self._become(ProfilerAction.NONE)
        if saves and self._ready:
            self._ready(self)

    def step(self):
        """The next step of the schedule."""
        self.step_num += 1
        if self._schedule is None:
            return
        saves = self._action is ProfilerAction.RECORD_AND_SAVE
        if saves:
            self._become(ProfilerAction.NONE)
            if self._ready:
                self._ready(self)
        self._become(self._schedule(self.step_num))

    def _become(self, action):
        recorded, self._action = self._before is not None, action
        records = self._enabled and action in (ProfilerAction.RECORD, ProfilerAction.RECORD_AND_SAVE)
        if records and not recorded:
            self._rows = []
            self._before = (_C._timed(self._rows),)
            _ACTIVE.append(self._rows)
        elif recorded and not records:
            _C._timed(self._before[0])
            _ACTIVE[:] = [rows for rows in _ACTIVE if rows is not self._rows]
            self._before = None

    def events(self):
        """Every event by itself, in the order of their beginnings."""
        return EventList(_Event(name, 1, (ended - began) / 1000, own / 1000) for name, began, ended, own in self._told())

    def key_averages(self, group_by_input_shape=False, group_by_stack_n=0, group_by_overload_name=False):
        """The events of each name together. NotImplementedError for other groups: shapes and stacks are not recorded."""
        if group_by_input_shape or group_by_stack_n:
            raise NotImplementedError("key_averages(): shapes and stacks are not recorded, events are grouped by name")
        found = {}
        for name, began, ended, own in self._told():
            event = found.setdefault(name, _Event(name, 0, 0, 0))
            event.count += 1
            event.cpu_time_total += (ended - began) / 1000
            event.self_cpu_time_total += own / 1000
        return EventList(found.values())

    def table(self, sort_by=None, row_limit=100, **more):
        """``key_averages().table``."""
        return self.key_averages().table(sort_by, row_limit, **more)

    def _told(self):
        """[name, began, ended, nanoseconds without what ran inside]"""
        rows = sorted(([row[0] if len(row) > 3 else f"aten::{row[0]}", row[1], row[2], row[2] - row[1]] for row in self._rows),
                      key=lambda row: (row[1], -row[2]))
        around = []
        for row in rows:
            while around and around[-1][2] < row[2]:
                around.pop()
            if around:
                around[-1][3] -= row[2] - row[1]
            around.append(row)
        return rows

    def export_chrome_trace(self, path):
        """The events as a trace that chrome://tracing reads."""
        events = [{"ph": "X", "cat": "cpu_op", "name": name, "pid": 0, "tid": 0, "ts": began / 1000, "dur": (ended - began) / 1000}
                  for name, began, ended, _ in self._told()]
        with open(path, "w") as file:
            json.dump({"schemaVersion": 1, "traceEvents": events}, file)


def schedule(*, wait, warmup, active, repeat=0, skip_first=0, skip_first_wait=0):
    """What to do at each step: after ``skip_first`` steps, ``wait`` idle ones, ``warmup`` and ``active`` recorded ones, ``repeat`` times (0: on and on)."""
    if min(wait, warmup, repeat, skip_first, skip_first_wait) < 0 or active <= 0:
        raise AssertionError("Invalid profiler schedule arguments")

    def action(step):
        step -= skip_first
        if skip_first_wait:
            step += wait
        length = wait + warmup + active
        if step < 0 or (repeat and step // length >= repeat):
            return ProfilerAction.NONE
        at = step % length - wait
        if at < warmup:
            return ProfilerAction.NONE if at < 0 else ProfilerAction.WARMUP
        return ProfilerAction.RECORD_AND_SAVE if at == warmup + active - 1 else ProfilerAction.RECORD

    return action
