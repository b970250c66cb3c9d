"""What all tests share."""

from __future__ import annotations

import pytest
import torch
from hypothesis import HealthCheck, settings

from transformer_programs.learn import learner as learners
from transformer_programs.tasks import registry

torch.set_num_threads(1)

settings.register_profile(
    "default",
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("default")


@pytest.fixture(autouse=True)
def _little_effort(monkeypatch: pytest.MonkeyPatch) -> None:
    """What tests learn is made shorter by few trials."""
    monkeypatch.setattr(learners, "EFFORT", 10_000_000)


@pytest.fixture(autouse=True)
def _register(monkeypatch: pytest.MonkeyPatch) -> None:
    """What files of tasks register is forgotten, whatever test comes next."""
    monkeypatch.setattr(registry, "_register", dict(registry._register))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite tests/golden from what the package emits now",
    )
