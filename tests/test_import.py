"""What `import ctgrad` leaves for later, and when it comes."""

import subprocess
import sys

import pytest

PROGRAM = """
import ctgrad
later = [name for name in ctgrad.__all__ if name not in vars(ctgrad)]
print(len(later) > 30, "__getattr__" in vars(ctgrad), "ctgrad.nn" in __import__("sys").modules)
print({0})
print([name for name in later if name not in vars(ctgrad)], "__getattr__" in vars(ctgrad), set(ctgrad.__all__) <= set(dir(ctgrad)))
try:
    ctgrad.no_such_name
except AttributeError as error:
    print(error)
"""


def lines(statement):
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(statement)], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_nn_brings_all_that_was_left_and_names_are_remembered_from_then_on():
    for statement in ("__import__('ctgrad.nn') is ctgrad", "ctgrad.celu is ctgrad.nn.functional.celu", "callable(ctgrad.load)"):
        assert lines(statement) == ["True True False", "True", "[] False True", "module 'ctgrad' has no attribute 'no_such_name'"], statement


def test_a_run_without_a_seed_is_a_stream_of_its_own():
    program = "import ctgrad; print(ctgrad.initial_seed(), ctgrad.rand(4).tolist())"
    first, second = (subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout for _ in range(2))
    assert first != second


def printed(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_the_collector_is_left_as_it_was():
    assert printed("import gc, ctgrad; print(gc.isenabled())") == "True\n"
    assert printed("import gc; gc.disable(); import ctgrad; print(gc.isenabled())") == "False\n"


def test_ops_over_lists_come_when_asked_for_and_with_nn():
    asked = "import ctgrad as c; print('_foreach_add' in vars(c), c._foreach_add([c.ones(2)], 1), '_foreach_mul' in vars(c))"
    assert printed(asked) == "False (tensor([2., 2.]),) True\n"
    assert printed("import ctgrad as c, ctgrad.nn; print('_foreach_add' in vars(c))") == "True\n"
    assert printed("import ctgrad as c; print(hasattr(c, '_foreach_no'), c.debug.live()['tensors'] >= 0, c.backends.mkldnn.is_available())").startswith("False True")


def test_a_part_of_a_package_is_imported_once():
    asked = "from ctgrad.distributions.kl import _known; import ctgrad.distributions as D; print(D.kl_divergence.__globals__['_known'] is _known, ctgrad.distributions is D, D.kl is vars(D)['kl'])"
    for before in ("import ctgrad", "import ctgrad.nn", "import ctgrad; from ctgrad import distributions as E; E.mine = 3; print(E.Normal is E.normal.Normal, E.mine)"):
        assert printed(f"{before}; {asked}").splitlines()[-1] == "True True True", before
    assert printed("import ctgrad.nn; print('ctgrad.distributions' in __import__('sys').modules, 'Normal' in dir(ctgrad.distributions), ctgrad.distributions.Normal(0, 1))") == "False True Normal(loc: 0.0, scale: 1.0)\n"


def test_a_second_engine_is_refused_and_leaves_the_first_as_it_was():
    told = printed("""
import sys
import ctgrad
x = ctgrad.ones(2, requires_grad=True)
y = x * 2
kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("ctgrad")}
try:
    import ctgrad as other
except ImportError as e:
    print("more than once" in str(e))
sys.modules.update(kept)
y.sum().backward()
print(x.grad)
""")
    assert told == "True\ntensor([2., 2.])\n"


def test_a_subinterpreter_is_refused_and_leaves_the_main_one_as_it_was():
    pytest.importorskip("_xxsubinterpreters", reason="the module of subinterpreters has another name from Python 3.13 on")
    told = printed("""
import sys
import _xxsubinterpreters as interpreters
def other():
    i = interpreters.create()
    interpreters.run_string(i, f"import sys\\nsys.path[:] = {sys.path}\\ntry:\\n    import ctgrad\\nexcept ImportError as e:\\n    print('subinterpreter' in str(e), flush=True)")
    interpreters.destroy(i)
other()
import ctgrad
x = ctgrad.ones(2, requires_grad=True)
other()
(x * 2).sum().backward()
print(x.grad)
""")
    assert told == "True\nTrue\ntensor([2., 2.])\n"
