"""How long statements take: Timer runs one, Measurement tells what was found, Compare sets several side by side."""

import dataclasses
import enum
import math
import statistics
import textwrap
import timeit

import ctgrad

__all__ = ["Compare", "Language", "Measurement", "TaskSpec", "Timer", "select_unit", "timer"]

timer = timeit.default_timer
_UNITS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1}
_NAMES = {"ns": "nanosecond", "us": "microsecond", "ms": "millisecond", "s": "second"}
_LEAST_SPREAD = 25e-9  # seconds: what the clock itself varies by


def select_unit(t):
    """(name, seconds) of the unit in which a time of ``t`` seconds is at least 1, or nanoseconds."""
    name = next((name for name, size in reversed(_UNITS.items()) if t >= size), "ns")
    return name, _UNITS[name]


class Language(enum.Enum):
    """What a statement is written in."""

    PYTHON = 0
    CPP = 1


@dataclasses.dataclass(frozen=True, repr=False)
class TaskSpec:
    """A statement and the names it is told apart by."""

    stmt: str
    setup: str
    global_setup: str = ""
    label: str | None = None
    sub_label: str | None = None
    description: str | None = None
    env: str | None = None
    num_threads: int = 1

    @property
    def title(self):
        """The label, or else the statement, and the sub-label."""
        if self.label is not None or "\n" not in self.stmt:
            return (self.label or self.stmt) + (f": {self.sub_label}" if self.sub_label else "")
        return f"stmt:{f' ({self.sub_label})' if self.sub_label else ''}\n{textwrap.indent(self.stmt, '  ')}"

    def setup_str(self):
        """The line or lines that tell the setup, if there is one."""
        if self.setup in ("", "pass"):
            return ""
        return f"setup:\n{textwrap.indent(self.setup, '  ')}" if "\n" in self.setup else f"setup: {self.setup}"

    def summarize(self):
        """Title, description and setup, a section each."""
        sections = [self.title, self.description or "", self.setup_str()]
        return "\n".join(f"{section}\n" if "\n" in section else section for section in sections if section)


@dataclasses.dataclass(repr=False)
class Measurement:
    """Times of a statement: ``raw_times`` in seconds, of ``number_per_run`` runs each."""

    number_per_run: int
    raw_times: list[float]
    task_spec: TaskSpec
    metadata: dict | None = None

    def __getattr__(self, name):
        """What the statement is told apart by."""
        if name.startswith("_") or name not in {*TaskSpec.__dataclass_fields__, "title", "setup_str"}:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return getattr(self.task_spec, name)

    @property
    def times(self):
        """Seconds a run, one for each measurement."""
        return [t / self.number_per_run for t in self.raw_times]

    @property
    def mean(self):
        """Seconds a run, on average."""
        return sum(self.times) / len(self.raw_times)

    @property
    def median(self):
        """Seconds a run, in the middle."""
        return statistics.median(self.times)

    def _quarters(self):
        """The times that a quarter of the measurements, and three quarters, stayed below."""
        ordered = sorted(self.times)
        low, high = (ordered[math.floor(at)] + (at % 1) * (ordered[math.ceil(at)] - ordered[math.floor(at)])
                     for at in ((len(ordered) - 1) * 0.25, (len(ordered) - 1) * 0.75))
        return low, high

    @property
    def iqr(self):
        """Seconds between the first and the third quarter."""
        low, high = self._quarters()
        return high - low

    @property
    def significant_figures(self):
        """How many digits of the median the spread of the middle half leaves, 1 to 4."""
        n = len(self.raw_times)
        middle = sorted(self.times)[n // 4:math.ceil(3 * n / 4)]
        spread = statistics.pstdev(middle)
        doubt = max(1.645 * spread / math.sqrt(len(middle)), _LEAST_SPREAD)
        return min(max(math.floor(math.log10(self.median / doubt)), 1), 4)

    def meets_confidence(self, threshold=0.1):
        """Whether the middle half lies within ``threshold`` of the median."""
        return self.iqr / self.median < threshold

    @property
    def has_warnings(self):
        """Whether the times vary by more than a tenth."""
        return not self.meets_confidence()

    @property
    def as_row_name(self):
        """What a table calls this."""
        return self.sub_label or self.stmt or "[Unknown]"

    def __repr__(self):
        n, (unit, scale), (low, high) = len(self.raw_times), select_unit(self.median), self._quarters()
        lines = [super().__repr__(), self.task_spec.summarize(), f"  {'Median: ' if n > 1 else ''}{self.median / scale:.2f} {unit}"]
        if n >= 4:
            lines.append(f"  IQR:    {self.iqr / scale:.2f} {unit} ({low / scale:.2f} to {high / scale:.2f})")
        lines.append(f"  {n} measurement{'s' if n > 1 else ''}, {self.number_per_run} runs {'per measurement,' if n > 1 else ','} "
                     f"{self.num_threads} thread{'s' if self.num_threads > 1 else ''}")
        if self.has_warnings:
            lines.append(f"  WARNING: the middle half of the times spreads over {self.iqr / self.median:.0%} of the median: other work disturbed this.")
        return "\n".join(lines)

    @staticmethod
    def merge(measurements):
        """One measurement for each task, which need not have run equally often."""
        tasks = {}
        for one in measurements:
            tasks.setdefault(one.task_spec, []).append(one)
        return [Measurement(1, [t for one in of_task for t in one.times], task) for task, of_task in tasks.items()]


class Timer:
    """Runs ``stmt`` as ``timeit.Timer`` does, after ``setup``, on ``num_threads`` threads, and tells times by the run.

    ``globals`` are the names the statement sees; ``torch`` and ``ctgrad`` are seen by every one. NotImplementedError for another
    language than Python.
    """

    def __init__(self, stmt="pass", setup="pass", global_setup="", timer=timer, globals=None, label=None, sub_label=None, description=None,
                 env=None, num_threads=1, language=Language.PYTHON):
        if not isinstance(stmt, str):
            raise ValueError("Currently only a `str` stmt is supported.")
        if language not in (Language.PYTHON, "py", "python"):
            raise NotImplementedError("Timer: statements in C++: there is no C++ side here, write the statement in Python")
        if global_setup:
            raise ValueError(f"global_setup is C++ only, got {global_setup!r}: `setup` runs before a statement in Python")
        seen = {"torch": ctgrad, "ctgrad": ctgrad, **(globals or {})}
        stmt, setup = (textwrap.dedent(text).strip() if "\n" in text else text for text in (stmt, setup))
        self._timer = timeit.Timer(stmt, setup, timer, seen)
        self._task_spec = TaskSpec(stmt, setup, "", label, sub_label, description, env, num_threads)

    def _timeit(self, number):
        """Seconds of ``number`` runs; never 0, which a clock with coarse steps may say."""
        return max(self._timer.timeit(number), 1e-9)

    def _measured(self, number, times):
        return Measurement(number, times, self._task_spec)

    def _on_threads(self, work):
        before = ctgrad.get_num_threads()
        ctgrad.set_num_threads(self._task_spec.num_threads)
        try:
            return work()
        finally:
            ctgrad.set_num_threads(before)

    def timeit(self, number=1000000):
        """A Measurement with one time, of ``number`` runs; a hundredth as many run before it."""
        def work():
            self._timeit(max(number // 100, 2))
            return self._measured(number, [self._timeit(number)])

        return self._on_threads(work)

    def repeat(self, repeat=-1, number=-1):
        """NotImplementedError: `blocked_autorange` repeats."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    def autorange(self, callback=None):
        """NotImplementedError: `blocked_autorange` finds the number of runs."""
        raise NotImplementedError("See `Timer.blocked_autorange.`")

    def _runs_in_a_block(self, min_run_time):
        """As many runs as make the call itself, and the clock, not count."""
        call = statistics.median(self._timeit(0) for _ in range(5))
        number = 1
        while True:
            taken = self._timeit(number)
            if (call / taken <= 1e-4 and taken >= min_run_time / 1000) or taken > min_run_time:
                return number
            number *= 10

    def _blocks(self, number, enough, callback):
        times = []
        while not enough(times):
            times.append(self._timeit(number))
            if callback:
                callback(number, times[-1])
        return self._measured(number, times)

    def blocked_autorange(self, callback=None, min_run_time=0.2):
        """A Measurement of many blocks of runs, which take ``min_run_time`` seconds together; ``callback(number, seconds)`` after each."""
        return self._on_threads(lambda: self._blocks(self._runs_in_a_block(min_run_time), lambda times: sum(times) >= min_run_time, callback))

    def adaptive_autorange(self, threshold=0.1, *, min_run_time=0.01, max_run_time=10.0, callback=None):
        """As ``blocked_autorange``, until the middle half lies within ``threshold`` of the median or ``max_run_time`` seconds are over."""
        def work():
            number = self._runs_in_a_block(0.05)

            def enough(times):
                total = sum(times)
                return total >= max_run_time or (len(times) > 3 and total >= min_run_time and self._measured(number, times).meets_confidence(threshold))

            return self._blocks(number, enough, callback)

        return self._on_threads(work)

    def collect_callgrind(self, *args, **kwargs):
        """NotImplementedError."""
        raise NotImplementedError("Timer.collect_callgrind: instructions are not counted here; run the script under `valgrind --tool=callgrind`")


class _Column:
    """The numbers under one description, in a unit."""

    def __init__(self, cells, scale, trimmed):
        self.cells = [None if cell is None else cell.median / scale for cell in cells]
        self.digits = [0 if cell is None or not trimmed else cell.significant_figures for cell in cells]
        whole = [max(math.ceil(math.log10(max(value, 1))), 1) for value in self.cells if value is not None]
        figures = [max(digits - max(math.ceil(math.log10(value)), 1), 0) for value, digits in zip(self.cells, self.digits, strict=True) if value is not None]
        self.decimals = min(figures) if trimmed else 1
        self.width = max(whole) + self.decimals + (self.decimals > 0)
        self.best = min(value for value in self.cells if value is not None)

    def text(self, row):
        value, digits = self.cells[row], self.digits[row]
        if value is None:
            return " " * self.width
        if digits:
            value = float(f"{value:.{digits - 1}e}")
        return f"{value:>{self.width}.{self.decimals}f}"


class Compare:
    """Tables of Measurements: one for each label, a row for each sub-label and number of threads, a column for each description."""

    def __init__(self, results):
        self._results = []
        self._trimmed = self._colored = False
        self.extend_results(results)

    def extend_results(self, results):
        """More of them. ValueError for what is no Measurement."""
        results = list(results)
        for one in results:
            if not isinstance(one, Measurement):
                raise ValueError(f"Expected an instance of `Measurement`, got {type(one)} instead.")
        self._results += results

    def trim_significant_figures(self):
        """Tables show the digits that the spread of the times leaves."""
        self._trimmed = True

    def colorize(self, rowwise=False):
        """Tables mark the best time of each column, or row."""
        self._colored = "row" if rowwise else "column"

    def highlight_warnings(self):
        """Nothing: the measurements tell themselves how far they spread."""

    def print(self):
        """Print the tables."""
        print(self)

    def __str__(self):
        labels = {}
        for one in Measurement.merge(self._results):
            labels.setdefault(one.label, []).append(one)
        return "\n".join(self._table(label, results) for label, results in labels.items())

    def _table(self, label, results):
        def row_of(one):
            return one.num_threads, one.env, one.as_row_name

        unit, scale = select_unit(min(one.median for one in results))
        rows = sorted({row_of(one): None for one in results}, key=lambda row: row[0])
        heads = list({one.description: None for one in results})
        found = {(row_of(one), one.description): one for one in results}
        columns = [_Column([found.get((row, head)) for row in rows], scale, self._trimmed) for head in heads]
        names = [" " * 6 + (f"({env}) " if env is not None else "") + name for _, env, name in rows]
        first = max(map(len, names))
        widths = [max(len(head or ""), column.width) for head, column in zip(heads, columns, strict=True)]
        head = "  |  ".join([" " * first, *((text or "").center(width) for text, width in zip(heads, widths, strict=True))])
        lines = [f"[{f' {label or results[0].stmt} '.center(len(head) - 2, '-')}]", head]
        for at, (row, name) in enumerate(zip(rows, names, strict=True)):
            if at == 0 or rows[at - 1][0] != row[0]:
                lines.append(f"{row[0]} threads: ".ljust(len(head), "-"))
            lines.append("  |  ".join([name.ljust(first), *self._cells(columns, widths, at)]))
        return "\n".join([*lines, "", f"Times are in {_NAMES[unit]}s ({unit}).", ""])

    def _cells(self, columns, widths, at):
        """The texts of a row; where a time is the best of those it is compared with, it is written boldly in green."""
        best = min((column.cells[at] for column in columns if column.cells[at] is not None), default=None)
        for column, width in zip(columns, widths, strict=True):
            text = column.text(at).center(width)
            marked = self._colored and column.cells[at] is not None and column.cells[at] == (best if self._colored == "row" else column.best)
            yield f"\033[92m\033[1m{text}\033[0m\033[0m" if marked else text
