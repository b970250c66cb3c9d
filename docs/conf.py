"""Configuration of Sphinx; ``docs/website.py`` prepares the pages and calls it."""

from __future__ import annotations

from importlib.metadata import version as version_of
from typing import Any

from pygments.lexers.data import JsonLexer
from pygments.lexers.special import TextLexer

project = "transformer-programs"
author = "the authors of transformer-programs"
release = version = version_of("transformer-programs")
extensions = ["myst_parser"]
myst_heading_anchors = 6
suppress_warnings: list[str] = []
exclude_patterns: list[str] = []
highlight_language = "none"
html_theme = "furo"
html_title = "transformer-programs"
html_copy_source = False
html_show_copyright = False
html_show_sourcelink = False
html_theme_options = {
    "light_css_variables": {
        "color-brand-primary": "#0072b2",
        "color-brand-content": "#0072b2",
    },
    "dark_css_variables": {
        "color-brand-primary": "#56b4e9",
        "color-brand-content": "#56b4e9",
    },
}


def setup(app: Any) -> None:
    """Tell Pygments of the formats of data files, which it has no rules for."""
    app.add_lexer("jsonl", JsonLexer)
    for name in ("csv", "tsv", "conll", "fasta"):
        app.add_lexer(name, TextLexer)
