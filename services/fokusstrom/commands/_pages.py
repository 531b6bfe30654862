"""Pages of their own that commands write, in Danish and English: what all of them share.

They look as the monitor's: the design system's style sheet and fonts are put beside them.
"""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import jinja2

from fokusstrom.monitor.words import Language, Texts

_PAGES = {Language.DANISH: ("Dansk", "index.html"), Language.ENGLISH: ("English", "index.en.html")}
"""The name of each language, and its page's file."""


def write(out: Path, html: Callable[[Language], str]) -> list[Path]:
    """Write the page in each language, and what it needs to look right; return the pages' files."""
    with resources.as_file(resources.files("fokusstrom.monitor").joinpath("static")) as static:
        shutil.copytree(static, out / "static", dirs_exist_ok=True)
    written = []
    for language, (_, name) in _PAGES.items():
        file = out / name
        file.write_text(html(language), encoding="utf-8")
        written.append(file)
    return written


def texts(folder: str) -> Texts:
    """Return a page's own texts, from its folder beside this module."""
    read: Texts = tomllib.loads(resources.files(__package__).joinpath(folder, "words.toml").read_text("utf-8"))
    return read


def template(folder: str, name: str) -> jinja2.Template:
    """Return a page's template, from its folder beside this module; it extends `page_of_its_own.html`."""
    folders = [jinja2.PackageLoader("fokusstrom.commands", one) for one in (folder, "page")]
    templates = jinja2.Environment(
        loader=jinja2.ChoiceLoader([*folders, jinja2.PackageLoader("fokusstrom.monitor")]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals["languages"] = [(language, name, file) for language, (name, file) in _PAGES.items()]
    return templates.get_template(name)
