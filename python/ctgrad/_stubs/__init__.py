"""The type stubs `_C.pyi`, `return_types.pyi` and `__init__.pyi`: text made from what the modules offer.

`python -m ctgrad._stubs` writes them beside the modules. Ops are told by the signatures that the binder parses, with one
`@overload` for each way to call them; compositions by their annotations; the classes and functions that are no ops by
host.in. What none of them tells is shown with `Any`, so that nothing that exists is left out.
"""

import ast
import inspect
import keyword
import re
import sys
import types
from pathlib import Path

import ctgrad
from ctgrad import _C

__all__ = ["FILES", "engine", "package", "return_types"]

_HOST = Path(__file__).with_name("host.in")
_HEAD = "# Written by `python -m ctgrad._stubs`, not by hand.\n"
# Beside the names shown, ops take PyTorch's second ones: axis for dim, keepdims for keepdim, x2 for other.
_TYPES = {
    "Tensor": "Tensor", "Tensor[]": "Sequence[Tensor]", "Operand": "Tensor | _Number", "Scalar": "_Number", "Number": "_Number", "int": "_int", "index": "_int",
    "int[]": "Sequence[_int]", "int...": "Sequence[_int]", "int[N]": "_int | Sequence[_int]", "float": "_float", "bool": "_bool", "str": "str",
    "dtype": "_DType", "Generator": "Generator", "format": "memory_format", "object": "Any",
}
_HOST_TYPES = {"device": "_Device | None", "layout": "_LayoutType | None", "memory_format": "memory_format | None", "pin_memory": "_bool",
               "requires_grad": "_bool"}
_REFLECTED = {"add", "and", "div", "floordiv", "lshift", "matmul", "mod", "mul", "or", "pow", "rshift", "sub", "truediv", "xor"}


# ---- ops ------------------------------------------------------------------------------------------------------------


class _Param:
    """One parameter of a signature: its annotation, its default as Python text (None: required)."""

    def __init__(self, text, keyword_only):
        kind, _, rest = text.partition(" ")
        name, _, default = rest.partition("=")
        self.kind = re.sub(r"\[\d\]", "[N]", kind.rstrip("?"))
        self.name = "input" if name == "self" else name + "_" * keyword.iskeyword(name)
        self.default = default.replace("[", "(").replace("]", ")") + ".0" * (self.kind == "float" and default.isdigit()) or None
        if self.kind == "int[N]" and default.isdigit():  # one int stands for N of them
            count = int(re.search(r"\d", kind)[0])
            self.default = f"({', '.join([default] * count)}{',' * (count == 1)})"
        self.keyword_only = keyword_only
        optional = kind.endswith("?") or default in ("None", "[]")
        self.type = _HOST_TYPES[name] if kind == "host" else _TYPES.get(self.kind, "Any") + " | None" * optional

    def __str__(self):
        return f"{self.name}: {self.type}" + (f" = {self.default}" if self.default is not None else "")

    @property
    def may_come_apart(self):
        return self.kind in ("int...", "int[]", "int[N]", "Tensor...")


def _params(sig):
    """The parameters of "(Tensor self, int[1]? dim=None, *, dtype? dtype=None)"."""
    found, keyword_only = [], False
    for part in re.findall(r"(?:\[[^\]]*\]|'[^']*'|[^,\[])+", sig[1:-1]):
        if part.strip() == "*":
            keyword_only = True
        elif part.strip():
            found.append(_Param(part.strip(), keyword_only))
    return found


def _result(record, in_place, method):
    if in_place:
        return "Self" if method else "Tensor"
    if record["ret"]:
        return "return_types." + record["name"].partition(".")[0]
    many = record["n_out"] > 1 or record["flags"] & {"list", "multi_view"}
    return "tuple[Tensor, ...]" if many else "Tensor"


def _line(name, method, params, apart, result):
    """`def name(...) -> result: ...`; the parameter `apart` as *args."""
    shown, star = ["self"] if method else [], False
    for param in params:
        if param is apart:
            shown.append(f"*{param.name}: {'Tensor' if param.kind == 'Tensor...' else '_int'}")
            star = True
            continue
        if param.keyword_only and not star:
            shown.append("*")
            star = True
        shown.append(str(param))
    return f"def {name}({', '.join(shown)}) -> {result}: ..."


def _record_lines(name, callable_name, record, method):
    """The ways to call one record. Ints and tensors come apart where nothing else is positional, as in the binder."""
    in_place = callable_name.endswith("_")
    params = _params(record["sig"])
    if method:
        params.remove(next(p for p in params if p.name == "input"))
    result = _result(record, in_place, method)
    if "out" in record["flags"] and not in_place and not method:
        kind = "Tensor" if record["n_out"] == 1 else "tuple[Tensor, ...]"
        params.append(_Param("Tensor? out=None", True))
        params[-1].type = kind + " | None"
    positional = [p for p in params if not p.keyword_only]
    apart = positional[0] if len(positional) == 1 and positional[0].may_come_apart else None
    lines = [] if apart and apart.kind == "Tensor..." else [_line(name, method, params, None, result)]
    return lines + ([_line(name, method, params, apart, result)] if apart else [])


def _op_lines(name, op, method):
    lines = [line for record in op.overloads if "old" not in record["flags"] for line in _record_lines(name, op.__name__, record, method)]
    lines = list(dict.fromkeys(lines))
    return lines if len(lines) == 1 else [text for line in lines for text in ("@overload", line)]


# ---- Python functions, and what only its name tells ----------------------------------------------------------------------------------


def _annotation(value):
    """An annotation of a Python function in the names of the stub."""
    text = "Any" if value is inspect.Parameter.empty else value if isinstance(value, str) else getattr(value, "__name__", str(value))
    text = re.sub(r"\b(?:ctgrad|builtins)\.(?=\w)", "", text)
    return re.sub(r"(?<![\w.])(int|float|bool|dtype|device|layout)\b", r"_\1", text).replace("_DTypeLike", "_DType")


def _default(value):
    return repr(value) if value is None or isinstance(value, (bool, int, float, str)) else "..."


def _python_line(name, function, drop_self):
    """The signature of a function that is written in Python, or `Any` for one that tells none."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return f"def {name}({'self, ' if drop_self else ''}*args: Any, **kwargs: Any) -> Any: ..."
    shown, star, only_placed = [], False, 0
    for i, param in enumerate(signature.parameters.values()):
        if param.kind is param.KEYWORD_ONLY and not star:
            shown.append("*")
        only_placed += param.kind is param.POSITIONAL_ONLY
        star |= param.kind in (param.KEYWORD_ONLY, param.VAR_POSITIONAL)
        prefix = "*" if param.kind is param.VAR_POSITIONAL else "**" if param.kind is param.VAR_KEYWORD else ""
        text = param.name if drop_self and i == 0 else f"{prefix}{param.name}: {_annotation(param.annotation)}"
        shown.append(text if param.default is param.empty else f"{text} = {_default(param.default)}")
    if only_placed:
        shown.insert(only_placed, "/")
    return f"def {name}({', '.join(shown)}) -> {_annotation(signature.return_annotation)}: ..."


def _operator_lines(name):
    """A slot of Tensor: Python's operators."""
    stem = name.strip("_")
    if stem in ("abs", "invert", "neg", "pos"):
        return [f"def {name}(self) -> Tensor: ..."]
    plain = stem[1:] if stem[:1] in ("i", "r") and stem[1:] in _REFLECTED else stem
    if plain not in _REFLECTED | {"ge", "gt", "le", "lt"}:
        return None
    other = "Tensor" if plain == "matmul" else "Tensor | _Number"
    in_place = stem[0] == "i" and stem != plain
    return [f"def {name}(self, value: {other}, /) -> {'Self' if in_place else 'Tensor'}: ..."]


def _member_lines(name, value):
    """A member of Tensor that host.in does not tell."""
    if isinstance(value, _C.Method):
        return _op_lines(name, value, method=True)
    if isinstance(value, types.FunctionType):
        return [_python_line(name, value, drop_self=True)]
    if isinstance(value, types.WrapperDescriptorType) or (isinstance(value, types.MethodDescriptorType) and _operator_lines(name)):
        return _operator_lines(name) or []
    if isinstance(value, (types.GetSetDescriptorType, property)):
        return ["@property", f"def {name}(self) -> Any: ..."]
    return [_python_line(name, value, drop_self=True)] if callable(value) else [f"{name}: Any"]


# ---- the files ------------------------------------------------------------------------------------------------------------------------------


def _told(tree):
    """Names that a class or module of host.in defines."""
    names = set()
    for node in tree.body:
        names.add(getattr(node, "name", None))
        names.update(target.id for target in [getattr(node, "target", None)] if target is not None)
        names.update((alias.asname or alias.name) for alias in getattr(node, "names", []))
    return names


_OF_NO_INTEREST = {"__dict__", "__doc__", "__module__", "__getattribute__", "__setattr__", "__repr__", "__reduce_ex__", "__weakref__", "__init_subclass__"}


def engine():
    """The text of _C.pyi."""
    host = _HOST.read_text()
    tree = ast.parse(host)
    told = _told(tree)
    of_tensor = _told(next(node for node in tree.body if getattr(node, "name", None) == "Tensor")) | _OF_NO_INTEREST
    lines = []
    for name, value in sorted(vars(_C.Tensor).items()):
        if name not in of_tensor:
            lines += ["    " + line for line in _member_lines(name, value)]
    lines.append("")
    for name, value in sorted(vars(_C).items()):
        if name in told or re.fullmatch(r"__\w+__", name):
            continue
        if isinstance(value, _C.Op):
            lines += _op_lines(name, value, method=False)
        elif isinstance(value, (_C.dtype, _C.layout, _C.memory_format, _C.tensortype)):
            lines.append(f"{name}: {type(value).__name__}")
        else:
            lines += [_python_line(name, value, drop_self=False)] if callable(value) else [f"{name}: Any"]
    return _HEAD + host + "\n".join(lines) + "\n"


def return_types():
    """The text of return_types.pyi: tuples whose members have names."""
    text = _HEAD + "from typing import Any, Final, final\n\nfrom _typeshed import structseq\n\nfrom ctgrad._C import Tensor\n"
    for name, cls in sorted(vars(ctgrad.return_types).items()):
        if isinstance(cls, type):
            fields = vars(cls)["__match_args__"]
            text += f"\n@final\nclass {name}(structseq[Any], tuple[{', '.join(['Tensor'] * len(fields))}]):\n"
            text += f"    __match_args__: Final = {fields}\n"
            text += "".join(f"    @property\n    def {field}(self) -> Tensor: ...\n" for field in fields)
    return text


def package():
    """The text of __init__.pyi: every public name, and where it comes from."""
    text = _HEAD + "import builtins\nfrom typing import Any\n\nfrom ctgrad import _C as _C\nfrom ctgrad._C import *\n"
    found = {}
    constants = made = ""
    for name, value in ((name, getattr(ctgrad, name)) for name in dir(ctgrad)):
        if name.startswith("_") or (name in vars(_C) and vars(_C)[name] is value):
            continue
        if value is None or isinstance(value, float):
            constants += f"{name}: {'None' if value is None else 'builtins.float'}\n"
            continue
        if value is None or isinstance(value, float):
            constants += f"{name}: {'None' if value is None else 'builtins.float'}\n"
            continue
        module = "ctgrad" if inspect.ismodule(value) else value.__module__
        if inspect.isfunction(value) and not hasattr(sys.modules[module], value.__name__):  # made by a decorator
            made += _python_line(name, value, drop_self=False) + "\n"
            continue
        source = value.__name__.rpartition(".")[2] if hasattr(value, "__name__") else name
        source = name if getattr(sys.modules[module], name, None) is value else source
        found.setdefault(module, []).append(f"{source} as {name}")
    for module, names in sorted(found.items()):
        text += f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")\n"
    return text + "\n" + made + constants + "__version__: str\n"


FILES = {"_C.pyi": engine, "return_types.pyi": return_types, "__init__.pyi": package}
