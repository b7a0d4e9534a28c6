"""The sizes at which the house style says: stop and think."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median, quantiles

import burnish

SOURCE = Path(burnish.__file__).parent
MODULES = {str(path.relative_to(SOURCE)): path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py")}

Function = ast.FunctionDef | ast.AsyncFunctionDef
OPENS_BLOCK = (ast.If, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith, ast.Try, ast.Match)
BOUNDARIES = ("cli", "engine", "server")


def functions() -> Iterator[tuple[str, Function]]:
    """Every function and method of the package, with its place."""
    for name, source in MODULES.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, Function):
                yield f"{name}:{node.lineno} {node.name}", node


FUNCTIONS = dict(functions())


def lines_of(function: Function) -> int:
    """Lines from ``def`` to the end, the docstring not counted."""
    first = function.body[0]
    is_documented = ast.get_docstring(function) is not None
    documentation = (first.end_lineno or 0) - first.lineno + 1 if is_documented else 0
    return (function.end_lineno or 0) - function.lineno + 1 - documentation


def parameters_of(function: Function) -> int:
    taken = function.args
    named = [one.arg for one in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs)]
    return len(named) - (named[:1] in (["self"], ["cls"])) + bool(taken.vararg) + bool(taken.kwarg)


def nesting_of(node: ast.AST) -> int:
    """How many blocks stand in one another at the deepest place; an ``elif`` is as deep as its ``if``."""
    depths = [0]
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (Function, ast.ClassDef)):  # which is counted by itself
            continue
        is_elif = isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]
        depths.append(nesting_of(child) + (isinstance(child, OPENS_BLOCK) and not is_elif))
    return max(depths)


def usual_and_long(sizes: dict[str, int]) -> tuple[float, float]:
    """The median and the 90th percentile."""
    return median(sizes.values()), quantiles(sizes.values(), n=10)[-1]


def above(limit: int, sizes: dict[str, int]) -> dict[str, int]:
    return {place: size for place, size in sizes.items() if size > limit}


def test_functions_are_short():
    sizes = {place: lines_of(function) for place, function in FUNCTIONS.items()}
    usual, long = usual_and_long(sizes)
    assert usual <= 8
    assert long <= 25
    assert above(50, sizes) == {}


def test_modules_are_read_in_one_sitting():
    sizes = {name: len(source.splitlines()) for name, source in MODULES.items()}
    usual, long = usual_and_long(sizes)
    assert usual <= 150
    assert long <= 300
    assert above(400, sizes) == {}


def test_functions_take_few_parameters():
    sizes = {place: parameters_of(function) for place, function in FUNCTIONS.items()}
    _, many = usual_and_long(sizes)
    assert many <= 4
    assert above(8, sizes) == {}


def test_blocks_are_not_nested_deeply():
    sizes = {place: nesting_of(function) for place, function in FUNCTIONS.items()}
    _, deep = usual_and_long(sizes)
    assert deep <= 2
    assert above(3, sizes) == {}


def test_unknown_errors_are_caught_only_where_a_process_must_outlive_them():
    # One for each process, loop, request (of HTTP 1 and 2), record of a batch and stream.
    broad = Counter(
        name.split("/")[0]
        for name, source in MODULES.items()
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ExceptHandler) and node.type and "Exception" in ast.unparse(node.type).split()
    )
    assert set(broad) <= set(BOUNDARIES)
    assert broad.total() <= 11
