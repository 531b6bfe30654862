"""What every connector that fetches files over SSH must pass besides: all that a machine may do instead."""

from __future__ import annotations

from typing import Protocol

import pytest

from fokusstrom_connectors.simulators.sftp import SftpSimulator, Trouble
from tests.connectors import battery
from tests.connectors.battery import ids, run_once, runner
from tests.connectors.outlets import MemoryOutlet
from tests.connectors.records import meeting
from tests.connectors.web_battery import listen_to_failures

EXPECTED = {
    Trouble.AWAY: "connection: no connection over SSH",
    Trouble.OTHER_KEY: "connection: the machine's host key isn't in `known_hosts`",
    Trouble.NOT_LET_IN: "authentication: the machine doesn't let us in",
    Trouble.CUT: "connection: no connection over SSH",
    Trouble.STUCK: "connection: the machine didn't answer within `timeout`",
    Trouble.REFUSES: "page: the machine refuses files (SFTP error 4)",
}
"""What is said of each, and so which step is named."""


class SftpRig(battery.Rig, Protocol):
    """A rig whose files lie on another machine."""

    machine: SftpSimulator


class SftpBattery:
    """The tests."""

    @pytest.mark.parametrize("trouble", EXPECTED, ids=lambda one: one.value)
    def test_trouble_of_the_machine_is_named_and_overcome(self, sftp_rig: SftpRig, trouble: Trouble) -> None:
        """The step is named, without a word of the machine's; it is tried again, and everything arrives whole."""
        sftp_rig.add(*map(meeting, range(30)))
        sftp_rig.machine.trouble(trouble)
        outlet = MemoryOutlet()
        one = runner(sftp_rig.make(), outlet, mapping=sftp_rig.mapping)
        said: list[str] = []
        listen_to_failures(one, said.append)
        run_once(one, sftp_rig)
        assert outlet.ids == ids(range(30))
        assert [text.startswith(EXPECTED[trouble]) for text in said] == [True], said
        assert one.trouble is None
