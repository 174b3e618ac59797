"""How the figures are shown: a table of Markdown, a summary against the goals, a picture (SVG)."""

import math
from collections import namedtuple
from html import escape

COLUMNS = "row", "ctgrad", "PyTorch", "ratio", "others", "limit", "distance"


class Summary(namedtuple("Summary", "mean worst worst_row goal_mean goal_worst missed")):
    """Geometric mean and least of the ratios; `missed`: how many rows are below the suite's goal of the worst, or their own."""

    def __new__(cls, rows, goal_mean, goal_worst):
        ratios = [(r["ratio"], r["name"]) for r in rows if r["ratio"]]
        worst, name = min(ratios, default=(None, None))
        mean = math.exp(sum(math.log(r) for r, _ in ratios) / len(ratios)) if ratios else None
        missed = sum(1 for r in rows if r["ratio"] and r["ratio"] < (r["goal"] or goal_worst or 0))
        return super().__new__(cls, mean, worst, name, goal_mean, goal_worst, missed)


def seconds(t):
    for unit, size in (("s", 1), ("ms", 1e-3), ("us", 1e-6)):
        if t >= size:
            return f"{t / size:.3g} {unit}"
    return f"{t * 1e9:.3g} ns"


def number(x, otherwise="-"):
    return otherwise if x is None else f"{x:.2f}" if x < 9.95 else f"{x:.0f}"


def show_row(r, header):
    if header:
        print("| " + " | ".join(COLUMNS) + " |\n|---|--:|--:|--:|--:|--:|--:|")
    ratio = number(r["ratio"]) + (f" (goal {r['goal']:g})" if r["goal"] else "")
    others = ", ".join(f"{name} {seconds(t)}" for name, t in r["seconds"].items() if name not in ("ctgrad", "torch"))
    limit = f"{seconds(r['limit'])} {r['binds']}" if r["limit"] else "-"
    torch = seconds(r["seconds"]["torch"]) if "torch" in r["seconds"] else "-"
    faster = f" {r['faster']:.2f}x its older time |" if "faster" in r else ""
    print(f"| {r['name']} | {seconds(r['seconds']['ctgrad'])} | {torch} | {ratio} | {others or '-'} | {limit} | {number(r['distance'])} |{faster}", flush=True)


def show_summary(summary):
    print("\n## Summary\n\n| suite | geometric mean | goal | worst | goal | worst row | rows below |\n|---|--:|--:|--:|--:|---|--:|")
    for name, s in summary.items():
        print(f"| {name} | {number(s['mean'])} | {s['goal_mean'] or '-'} | {number(s['worst'])} | {s['goal_worst'] or '-'} | {s['worst_row'] or '-'} | {s['missed']} |")


# ---- the picture: a line a row, ratio to PyTorch on a logarithmic axis ----
LEFT, WIDTH, LINE, TOP = 300, 620, 15, 70


def svg(result):
    rows = [(suite, r) for suite, of_suite in result["suites"].items() for r in of_suite if r["ratio"]]
    low = min([0.5] + [r["ratio"] for _, r in rows]) * 0.9
    high = max([10.0] + [r["ratio"] for _, r in rows]) * 1.3

    def x(ratio):
        return LEFT + WIDTH * math.log(ratio / low) / math.log(high / low)

    height = TOP + LINE * (len(rows) + 2 * len(result["suites"])) + 20
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 80}" height="{height}" font-family="sans-serif" font-size="11">',
           '<rect width="100%" height="100%" fill="white"/>',
           f'<text x="10" y="22" font-size="15">PyTorch\'s time / ctgrad\'s, {result["machine"]["threads"]} thread(s), {escape(result["machine"]["simd"])}</text>',
           '<text x="10" y="40">right of 1: ctgrad is faster; dashed: the goal of the worst row, or of the row</text>']
    for power in range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1):
        for tick in (10.0**power, 3 * 10.0**power):
            if low <= tick <= high:
                colour = "#444" if tick == 1 else "#ddd"
                out.append(f'<line x1="{x(tick):.1f}" x2="{x(tick):.1f}" y1="{TOP - 12}" y2="{height - 10}" stroke="{colour}"/>')
                out.append(f'<text x="{x(tick):.1f}" y="{TOP - 16}" text-anchor="middle">{tick:g}</text>')
    y = TOP
    for suite, of_suite in result["suites"].items():
        s = result["summary"][suite]
        y += LINE
        out.append(f'<text x="10" y="{y + 10}" font-weight="bold">{escape(suite)}: geometric mean {number(s["mean"])}, worst {number(s["worst"])}</text>')
        for r in of_suite:
            if r["ratio"]:
                y += LINE
                out.extend(bar(r, y, x, r["goal"] or s["goal_worst"]))
        y += LINE
    return "\n".join([*out, "</svg>", ""])


def bar(r, y, x, goal):
    ratio, start = r["ratio"], x(1)
    colour = "#2a7" if ratio >= (goal or 1) else "#e90" if ratio >= 1 else "#c33"
    yield f'<text x="{LEFT - 8}" y="{y + 10}" text-anchor="end">{escape(r["name"])}</text>'
    yield f'<rect x="{min(start, x(ratio)):.1f}" y="{y + 2}" width="{abs(x(ratio) - start):.1f}" height="{LINE - 4}" fill="{colour}"/>'
    yield f'<text x="{max(start, x(ratio)) + 4:.1f}" y="{y + 11}">{number(ratio)}</text>'
    if goal:
        yield f'<line x1="{x(goal):.1f}" x2="{x(goal):.1f}" y1="{y + 1}" y2="{y + LINE - 1}" stroke="#000" stroke-dasharray="2,1"/>'
