"""What can go wrong, by what to do next; every error of the project is one of these three.

FokusstromError
├── ConfigError   stop: the operator must change something; lists all problems at once
├── Rejected      dead-letter the input and carry on: the sender must change something
└── Unavailable   wait and try the same again: something outside is away
"""

from __future__ import annotations

from collections.abc import Sequence


class FokusstromError(Exception):
    """Base of the tree above; never raised itself."""


class ConfigError(FokusstromError):
    """Stop: what was configured or given cannot work, and here is everything to change."""

    def __init__(self, *problems: str) -> None:
        """Take every problem found, so that one run shows all of them."""
        self.problems: Sequence[str] = problems
        super().__init__("\n".join(problems))


class Rejected(FokusstromError):  # noqa: N818 - a fact is rejected; "RejectedError" would not be the field's word
    """Dead-letter and carry on: this input breaks a rule of the specification (section 1, "Refused").

    `reason` is a code of `domain.refusals.Reason`; `field` the field at fault or None; `hint` says what
    to change. None of them ever holds a value of the input.
    """

    def __init__(self, reason: str, field: str | None, hint: str) -> None:
        """Say why, where and what to change."""
        self.reason = reason
        self.field = field
        self.hint = hint
        super().__init__(f"{reason}{f' in {field}' if field else ''}: {hint}")


class Unavailable(FokusstromError):  # noqa: N818 - a state of something outside, not a fault of ours
    """Wait: something outside is away; the same input is tried again afterwards."""
