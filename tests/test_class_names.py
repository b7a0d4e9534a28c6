import ast
from collections import defaultdict
from pathlib import Path

import burnish

SOURCE = Path(burnish.__file__).parent


def class_names(source):
    """Where each class of the package is defined, by its name: private and nested ones as well."""
    found = defaultdict(list)
    for module in sorted(source.rglob("*.py")):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found[node.name].append(f"{module.relative_to(source)}:{node.lineno}")
    return found


def test_a_class_name_means_one_class_in_the_whole_package():
    names = class_names(SOURCE)
    assert len(names) > 100
    assert {name: places for name, places in names.items() if len(places) > 1} == {}
