"""What tests of a worker share: even of few persons a whole fold takes several parts."""

from __future__ import annotations

import pytest

from fokusstrom.domain import parts


@pytest.fixture(autouse=True)
def few_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fold four persons at a time, where it is not a small batch."""
    monkeypatch.setattr(parts, "TOGETHER", 4)
