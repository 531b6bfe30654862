"""A Kafka cluster of three nodes on this machine: each topic has three replicas, and a write counts with two."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

from fokusstrom.runtime.local_broker import LocalBroker, new_cluster_id

_OF_THREE = {
    "offsets.topic.replication.factor": "3",
    "transaction.state.log.replication.factor": "3",
    "transaction.state.log.min.isr": "2",
    "share.coordinator.state.topic.replication.factor": "3",
    "share.coordinator.state.topic.min.isr": "2",
    # who doesn't answer is missed after seconds, not after half a minute
    "replica.lag.time.max.ms": "3000",
    "controlled.shutdown.enable": "false",
}


class ThreeBrokers:
    """Three nodes; any one of them may be killed and started while the others go on."""

    def __init__(self, folder: Path) -> None:
        """Take a folder for the data of all."""
        cluster_id = new_cluster_id()
        self.nodes = [LocalBroker(folder / str(number), heap="256m", cluster_id=cluster_id) for number in (1, 2, 3)]
        voters = ",".join(f"{number}@{node.controller}" for number, node in enumerate(self.nodes, 1))
        for number, node in enumerate(self.nodes, 1):
            node.properties |= {"node.id": str(number), "controller.quorum.voters": voters, **_OF_THREE}

    @property
    def bootstrap(self) -> str:
        """The addresses of all."""
        return ",".join(node.bootstrap for node in self.nodes)

    def __enter__(self) -> Self:
        """Start all at once: none answers before two are there."""
        with ThreadPoolExecutor(3) as threads:
            list(threads.map(LocalBroker.start, self.nodes))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing behind; nobody needs the data any more."""
        for node in self.nodes:
            node.kill()
