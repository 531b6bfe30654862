"""What every connector that asks over HTTP must pass besides: all that a server may answer instead of a page."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Generic, Protocol, TypeVar
from urllib.parse import urlsplit

import pytest
from starlette.applications import Starlette

from fokusstrom.domain.errors import Unavailable
from fokusstrom_connectors.interface import Step
from fokusstrom_connectors.runner.running import Runner
from fokusstrom_connectors.simulators.rest import Trouble
from fokusstrom_connectors.simulators.serving import served
from fokusstrom_connectors.simulators.tokens import Tokens
from tests.connectors import battery
from tests.connectors.battery import Battery, ids, run_once, run_until, runner
from tests.connectors.certificates import Certificates
from tests.connectors.outlets import MemoryOutlet
from tests.connectors.records import meeting

EXPECTED = {
    Trouble.TOO_MANY: "page: HTTP 429",
    Trouble.AWAY: "page: HTTP 503",
    Trouble.FAILS: "page: HTTP 500",
    Trouble.SLOW: "page: the source didn't answer",
    Trouble.HALF: "page: the answer broke off",
    Trouble.HTML: "page: answered text/html",
    Trouble.NO_JSON: "page: answered something that is no JSON",
    Trouble.ERROR_BODY: "page: answered HTTP 200 with an error",
    Trouble.NO_LIST: "page: no list of records",
}
"""What is said of each, and so which step is named."""


class WebRig(battery.Rig, Protocol):
    """A rig whose server speaks HTTP."""

    def trouble(self, *troubles: Trouble) -> None:
        """Let the next requests for a page go wrong."""

    def serve(self, certificate: Path | None) -> None:
        """Serve under a certificate from now on, at the same address."""

    def tokens_given(self) -> int:
        """How many tokens were fetched."""


class _Simulator(Protocol):
    """What is behind HTTP."""

    application: Starlette
    tokens: Tokens

    def trouble(self, *troubles: Trouble) -> None:
        """Let the next requests for a page go wrong."""


S = TypeVar("S", bound=_Simulator)


class Simulated(Generic[S]):
    """What of a `WebRig` is the same, whatever its simulator gives."""

    simulator: S

    def serve_in(self, stack: ExitStack) -> None:
        """Serve the simulator, without a certificate yet, until the stack ends."""
        self._serving = stack.enter_context(ExitStack())
        self.at = self._serving.enter_context(served(self.simulator.application))

    def serve(self, certificate: Path | None) -> None:
        """As `WebRig`."""
        port = 0 if self.at.startswith("http:") else urlsplit(self.at).port
        self._serving.close()
        self.at = self._serving.enter_context(
            served(self.simulator.application, certificate=certificate, port=port or 0)
        )

    def trouble(self, *troubles: Trouble) -> None:
        """As `WebRig`."""
        self.simulator.trouble(*troubles)

    def tokens_given(self) -> int:
        """As `WebRig`."""
        return self.simulator.tokens.given


def listen_to_failures(one: Runner, hear: Callable[[str], None]) -> None:
    """Hear of everything that the runner says it waits for."""
    failed = one._failed

    def heard(error: Unavailable) -> None:
        hear(str(error))
        failed(error)

    one._failed = heard  # type: ignore[method-assign]


class WebBattery(Battery):
    """The tests, beside those of every connector."""

    expected: Mapping[Trouble, str] = EXPECTED

    @pytest.mark.parametrize("trouble", EXPECTED, ids=lambda one: one.value)
    def test_trouble_is_named_and_overcome(self, rig: WebRig, trouble: Trouble) -> None:
        """The step is named, the request is made again, and everything arrives."""
        rig.add(*map(meeting, range(self.some(250))))
        outlet = MemoryOutlet()
        one = runner(rig.make(), outlet, mapping=rig.mapping)
        said: list[str] = []
        listen_to_failures(one, said.append)
        rig.on_page(1, lambda: rig.trouble(trouble))
        begun = time.monotonic()
        run_once(one, rig)
        assert set(outlet.ids) == set(ids(range(self.some(250))))
        assert [text for text in said if text.startswith(self.expected[trouble])], said
        if trouble in {Trouble.TOO_MANY, Trouble.AWAY}:
            assert time.monotonic() - begun >= 1.0, "Retry-After says how long the source wants quiet"

    def test_an_expired_token_is_fetched_anew(self, rig: WebRig) -> None:
        """A token that the source no longer takes is replaced, without losing the page or the connection."""
        rig.add(*map(meeting, range(self.some(250))))
        rig.on_page(1, lambda: rig.trouble(Trouble.EXPIRED))
        outlet = MemoryOutlet()
        one = runner(rig.make(), outlet, mapping=rig.mapping)
        run_once(one, rig)
        assert set(outlet.ids) == set(ids(range(self.some(250))))
        assert rig.tokens_given() == 2
        assert one.trouble is None

    def test_an_expired_certificate_is_named_and_waited_for(self, rig: WebRig, certificates: Certificates) -> None:
        """The connector says that the certificate has expired, and goes on when it is renewed: no restart."""
        rig.add(meeting(1))
        rig.serve(certificates.expired)
        outlet = MemoryOutlet()
        one = runner(rig.make(), outlet, mapping=rig.mapping)
        expected = f"{Step.TLS}: the source's certificate doesn't hold: certificate has expired"
        run_until(one, rig, lambda: one.trouble == expected)
        rig.serve(certificates.good)
        run_until(one, rig, lambda: set(outlet.ids) == set(ids([1])), 5)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """Certificates of an authority of the tests' own."""
    return Certificates(tmp_path_factory.mktemp("certificates"))
