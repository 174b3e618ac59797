"""Every suite against PyTorch, and NumPy and JAX where they are installed and have the op: one process, one thread, rounds interleaved, least times.

    python benchmarks/run.py [--suite NAME ...] [--quick] [--double] [--json FILE] [--against OLDER.json] [--picture FILE.svg] [--scripts DIR]

The limit of a row is the longest of: its bytes at the bandwidth of a copy of as many bytes, its multiply-adds at the rate of the fastest product
that any library makes here, its calls from the interpreter at the cost of one operator on two objects of C. distance = ctgrad's time / limit.
CTGRAD_NUM_THREADS=2 measures all libraries with two threads.
"""

import argparse
import json
import sys

import breadth
import draws
import elementwise
import matmul
import overhead
import scripts
import tied
import timing
import training
from report import Summary, show_row, show_summary, svg

SUITES = {  # name: (rows, goal of the geometric mean, goal of the worst)
    "overhead": (overhead.rows, 30, 10),
    "elementwise": (elementwise.rows, 3, 1.0),
    "matmul": (matmul.rows, 1.4, 0.97),
    "training": (training.rows, 3, 1.3),
    "random": (draws.rows, 3, 1.2),
    "tied": (tied.rows, None, None),
    "breadth": (breadth.rows, None, None),
    "scripts": (scripts.rows, None, None),
}


def arguments(argv):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--suite", action="append", choices=SUITES, help="only this one; may be repeated")
    parser.add_argument("--quick", action="store_true", help="few rounds of the small rows: to see that everything runs")
    parser.add_argument("--double", action="store_true", help="products in float64")
    parser.add_argument("--json", metavar="FILE", help="write the figures there")
    parser.add_argument("--against", metavar="OLDER.json", help="add how many times faster ctgrad is than in that file")
    parser.add_argument("--picture", metavar="FILE.svg", help="draw the ratios there")
    parser.add_argument("--scripts", metavar="DIR", help="folder of the published scripts; without it they are no rows")
    return parser.parse_args(argv)


def run_suite(name, options, older):
    """The figures of a suite's rows; each is printed when it is there."""
    rows = SUITES[name][0]
    effort = timing.QUICK if options.quick else timing.FULL
    if name == "scripts":
        effort = timing.Effort(3, 0.0, 600)
    measured = []
    print(f"\n## {name}\n", flush=True)
    for row in rows(options.quick, "float64") if options.double and name == "matmul" else rows(options.quick):
        figures = timing.measure(row, effort)
        before = older.get((name, row.name))
        if before:
            figures["faster"] = before["seconds"]["ctgrad"] / figures["seconds"]["ctgrad"]
        show_row(figures, header=not measured)
        measured.append(figures)
    return measured


def machine():
    versions = {name: module.__version__ for name in ("ctgrad", "torch", "numpy", "jax") if (module := timing.optional(name))}
    return {"threads": int(timing.THREADS), "simd": timing.ctgrad._C._simd(), "versions": versions, "python": sys.version.split()[0],
            "copy_bytes_per_second": {str(1 << p): timing.bandwidth(1 << p) for p in (16, 20, 24, 27)},
            "multiply_adds_per_second": timing.peak(), "call_seconds": timing.call_seconds()}


def main(argv):
    options = arguments(argv)
    scripts.place = options.scripts
    older = {}
    if options.against:
        with open(options.against) as f:
            older = {(suite, row["name"]): row for suite, rows in json.load(f)["suites"].items() for row in rows}
    result = {"machine": machine(), "suites": {}, "summary": {}}
    print(json.dumps(result["machine"]))
    for name in options.suite or SUITES:
        rows = run_suite(name, options, older)
        if rows:
            result["suites"][name] = rows
            result["summary"][name] = Summary(rows, *SUITES[name][1:])._asdict()
    show_summary(result["summary"])
    if options.json:
        with open(options.json, "w") as f:
            json.dump(result, f, indent=1)
    if options.picture:
        with open(options.picture, "w") as f:
            f.write(svg(result))


if __name__ == "__main__":
    main(sys.argv[1:])
