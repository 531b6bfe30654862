"""The figures contract: what a cut's records hold and how they are summed, as a version.

It grows when slices of two versions can't be summed: a cut names it, a worker of another one publishes
nothing for that cut, and reporting makes a new cut when it differs from the newest mark's.
"""

from __future__ import annotations

FIGURES_CONTRACT = 1
COUNTRY = "DK"
"""The area of figures of the whole country; every other area is a municipality's code."""
