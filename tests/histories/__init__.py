"""Histories of facts to hold implementations against each other: random ones, shrinking ones, bad lines."""

from tests.histories.bad_lines import BadLine, bad_lines
from tests.histories.strategies import histories
from tests.histories.telling import random_history, random_through

__all__ = ["BadLine", "bad_lines", "histories", "random_history", "random_through"]
