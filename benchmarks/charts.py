"""Results as bars in a terminal.

>>> print(bars({"ours": 400_000.0, "theirs": 100_000.0}, width=8))
  ours    ████████    400,000
  theirs  ██          100,000
"""

from __future__ import annotations

from collections.abc import Mapping

_EIGHTHS = " ▏▎▍▌▋▊▉"


def bars(values: Mapping[str, float], *, width: int = 50, form: str = ",.0f") -> str:
    """One line a value, its bar as long as the value is great; the greatest has the whole width."""
    names = max(map(len, values))
    greatest = max(values.values()) or 1.0
    shown = {name: format(value, form) for name, value in values.items()}
    numbers = max(map(len, shown.values()))
    return "\n".join(
        f"  {name:<{names}}  {_bar(value / greatest * width):<{width}}  {shown[name]:>{numbers}}"
        for name, value in values.items()
    )


def _bar(length: float) -> str:
    whole = int(length)
    return "█" * whole + _EIGHTHS[int((length - whole) * 8)].strip()
