"""Who the citizens of a chunk are, before anything happens to them."""

from __future__ import annotations

import numpy as np

from fokusstrom.simulation import calibration as like
from fokusstrom.simulation.days import Window
from fokusstrom.simulation.rows import NO_DAY, Rows, drawn, happens
from fokusstrom.simulation.settings import Rates
from fokusstrom.simulation.world import World


def citizens(rng: np.random.Generator, size: int, world: World, window: Window, rates: Rates) -> Rows:
    """One row a citizen: where they live, their fund, how they are met, the day of a new personal number."""
    municipality = drawn(rng, world.inhabitants, size)
    seldom = happens(rng, like.SELDOM_MET * world.meets_seldom[municipality], size)
    often = like.LATER_INTERVAL * np.exp(like.LATER_SPREAD * rng.standard_normal(size))
    gets_offers = like.GETS_OFFERS + like.OFFERS_VARY * world.gives_offers[municipality]
    renumbered = np.flatnonzero(happens(rng, rates.changed_numbers, size))
    changed_on = np.full(size, NO_DAY, np.int64)
    changed_on[renumbered] = rng.integers(window.first, window.last + 1, len(renumbered))
    return {
        "municipality": municipality,
        "fund": drawn(rng, world.members, size),
        "interval": np.where(seldom, like.SELDOM_INTERVAL, often),
        "gets_offers": happens(rng, gets_offers, size),
        "offer_interval": like.OFFER_INTERVAL * np.exp(like.OFFER_SPREAD * rng.standard_normal(size)),
        "works": happens(rng, like.WORKS, size),
        "changed_on": changed_on,
    }
