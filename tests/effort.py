"""How many examples a test tries: dear ones fewer, and under the soak profile all of them more."""

from __future__ import annotations

from hypothesis import settings


def one_in(dear: int) -> settings:
    """Settings for a test whose examples cost so many times as much as ordinary ones.

    Call it when the test is defined: the profile is chosen by then.
    """
    profile = settings.get_profile(settings.get_current_profile_name())
    return settings(max_examples=max(1, profile.max_examples // dear))


def seeds(few: int) -> range:
    """So many seeds for random histories, and a hundred times as many under the soak profile."""
    return range(few * 100 if settings.get_current_profile_name() == "soak" else few)
