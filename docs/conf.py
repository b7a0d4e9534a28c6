"""How the documentation is built: `make docs`. Warnings are errors."""

import re
from importlib.metadata import version as version_of
from pathlib import Path

project, author = "Burnish", "the Burnish contributors"
release = version_of("burnish")
extensions = ["myst_parser", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = "Burnish"
myst_heading_anchors = 3
myst_links_external_new_tab = False
exclude_patterns = ["_build"]
# Names in single backticks, as our docstrings have them, are code.
default_role = "code"
autodoc_typehints = "description"
autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
autodoc_preserve_defaults = True
suppress_warnings = ["ref.python"]


def write_reference(folder: Path) -> None:
    """The pages that are made of the code: the commands, and the public names."""
    import burnish
    from burnish import evaluation
    from burnish.cli.app import app

    folder.mkdir(exist_ok=True)
    commands = app.generate_docs(output_format="markdown", include_hidden=False)
    commands = commands.replace("# burnish\n", "# Commands\n", 1)
    # Cyclopts puts the command before a usage of our own, which begins with it.
    commands = re.sub(r"^(burnish (.+)) \2 ", r"\1 ", commands, flags=re.MULTILINE)
    (folder / "commands.md").write_text(commands, encoding="utf-8")
    text = "# Python\n"
    for module, what in (
        (burnish, "From documents to a model that answers."),
        (evaluation, "Asking models, measuring them, reports."),
    ):
        entries = "".join(_entry(name, getattr(module, name)) for name in module.__all__)
        text += f"\n## `{module.__name__}`\n\n{what}\n\n```{{eval-rst}}\n{entries}```\n"
    (folder / "python.md").write_text(text, encoding="utf-8")


def _entry(name: str, thing: object) -> str:
    kind = "class" if isinstance(thing, type) else "function"
    members = "   :members:\n" if kind == "class" else ""
    return f".. auto{kind}:: {thing.__module__}.{name}\n{members}\n"


write_reference(Path(__file__).parent / "reference")
