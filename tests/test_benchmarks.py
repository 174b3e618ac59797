"""The benchmark command runs, and its JSON has the form that `--against` reads; nothing here looks at how long anything took."""

import json
import os
import pathlib
import subprocess
import sys
import xml.etree.ElementTree

import pytest

import ctgrad

BENCHMARK = pathlib.Path(__file__).parent.parent / "benchmarks" / "run.py"
pytestmark = pytest.mark.skipif(not BENCHMARK.exists(), reason="the benchmarks are not beside the tests")


def run(*words, where):
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(ctgrad.__file__).parent.parent)}
    done = subprocess.run([sys.executable, BENCHMARK, "--quick", "--suite", "overhead", *words], capture_output=True, text=True, env=environment, cwd=where)
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout


def test_quick_run(tmp_path):
    run("--json", "first.json", where=tmp_path)
    first = json.loads((tmp_path / "first.json").read_text())
    assert set(first) == {"machine", "suites", "summary"} and set(first["suites"]) == {"overhead"} == set(first["summary"])
    names = [row["name"] for row in first["suites"]["overhead"]]
    assert len(names) == len(set(names)) == 13
    for row in first["suites"]["overhead"]:
        assert row["seconds"]["ctgrad"] > 0 and row["limit"] > 0 and row["binds"] == "calls"
        assert row["distance"] == row["seconds"]["ctgrad"] / row["limit"]
        assert row["ratio"] == (row["seconds"]["torch"] / row["seconds"]["ctgrad"] if "torch" in row["seconds"] else None)
    printed = run("--against", "first.json", "--picture", "drawn.svg", "--json", "second.json", where=tmp_path)
    assert printed.count("x its older time") == 13
    assert all(row["faster"] > 0 for row in json.loads((tmp_path / "second.json").read_text())["suites"]["overhead"])
    drawn = xml.etree.ElementTree.parse(tmp_path / "drawn.svg").getroot()
    assert drawn.tag == "{http://www.w3.org/2000/svg}svg"
