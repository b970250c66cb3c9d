from __future__ import annotations

import builtins
import keyword

from transformer_programs.codegen.names import function_names


def test_plain_names_are_kept() -> None:
    assert function_names(["a", "head_1"], frozenset()) == {
        "a": "a",
        "head_1": "head_1",
    }


def test_reserved_names_get_underscores() -> None:
    names = function_names(
        ["class", "list", "match", "run", "free"], frozenset({"run"})
    )
    assert names == {
        "class": "class_",
        "list": "list_",
        "match": "match_",
        "run": "run_",
        "free": "free",
    }


def test_safe_names_do_not_collide() -> None:
    assert function_names(["list", "list_", "list__"], frozenset()) == {
        "list": "list_",
        "list_": "list__",
        "list__": "list___",
    }
    assert function_names(["list_", "list"], frozenset()) == {
        "list_": "list_",
        "list": "list__",
    }


def test_no_keyword_and_no_builtin_is_used() -> None:
    forbidden = [*keyword.kwlist, *keyword.softkwlist, *dir(builtins)]
    names = function_names(dict.fromkeys(forbidden), frozenset())
    assert not set(names.values()) & set(forbidden)
    assert len(set(names.values())) == len(names)
