"""How seldom Python looks for cycles among objects, where work makes very many that form none."""

from __future__ import annotations

import gc


def collect_rarely(objects: int = 500_000) -> None:
    """From now on look for cycles only after so many new objects, and never among those that there are.

    A batch is a hundred thousand objects that live for a moment and form no cycles, a release a million that stay:
    looking for cycles among them at each seven hundred new ones costs more than the work itself.
    """
    gc.freeze()
    gc.set_threshold(objects)
