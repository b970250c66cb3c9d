"""Text, data and code as parts of a page, of which nothing is markup by itself."""

from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from collections.abc import Iterable, Sequence


def escaped(text: object) -> str:
    """Return a text that is no markup, in elements and in quoted attributes."""
    return html.escape(str(text))


def listed(texts: Iterable[object], tag: str = "li") -> str:
    """Return texts as elements."""
    return "".join(f"<{tag}>{escaped(text)}</{tag}>" for text in texts)


def table(head: Sequence[str], rows: Iterable[Sequence[str]], caption: str = "") -> str:
    """Return a table whose first column names its rows.

    Args:
        head: The names of the columns, as text.
        rows: Cells, as markup.
        caption: What it shows, as text.
    """
    top = "".join(f'<th scope="col">{escaped(text)}</th>' for text in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>'
        + "".join(f"<td>{cell}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    title = f"<caption>{escaped(caption)}</caption>" if caption else ""
    return (
        '<div class="scroll" tabindex="0" role="region" '
        f'aria-label="{escaped(caption or " and ".join(head))}">'
        f"<table>{title}<thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def in_script(code: str) -> str:
    """Return code that neither ends the script that it stands in nor begins a comment.

    Both can only stand in texts and comments, where a backslash changes nothing.
    """
    return re.sub(r"<(?=/script)", r"<\\", code, flags=re.IGNORECASE).replace(
        "<!--", "<\\!--"
    )


def as_data(value: object) -> str:
    """Return plain data as JSON for an element of a page."""
    text = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def source_hash(text: str) -> str:
    """Return the source of a content policy that allows exactly this text."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
