"""Faust apps are made and run here: the settings that keep Faust from its traps are said once.

Faust is the runtime of a service: its event loop, agents, supervision and stop. What a service reads in bulk
comes through `runtime.batches`; Faust's own consumer hears `control.v1`, because an app must subscribe to
something. Offsets move only by acknowledgement (`noack_take`), there are no tables, and a crash of an agent
is a crash of the process: whoever runs it starts it again.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from typing import Any

import faust
import mode
import structlog
from faust.types import ServiceT

from fokusstrom.runtime.config import SaslMechanism, SecurityProtocol, Settings

SESSION_SECONDS = 10.0
"""A worker that was killed is missed after this."""

_log = structlog.get_logger("faust")


def make_app(settings: Settings, app_id: str) -> faust.App:
    """Make an app that hears `control.v1` in the group `app_id`.

    Workers of one id share the work: one of them gets the partition, others stand by.
    """
    return faust.App(
        app_id,
        broker=[f"kafka://{address}" for address in settings.require_bootstrap().split(",")],
        broker_credentials=_credentials(settings),
        broker_session_timeout=SESSION_SECONDS,
        broker_heartbeat_interval=SESSION_SECONDS / 4,
        broker_rebalance_timeout=SESSION_SECONDS,
        consumer_auto_offset_reset="earliest",
        processing_guarantee="at_least_once",
        agent_supervisor=mode.CrashingSupervisor,
        stream_wait_empty=False,
        topic_allow_declare=False,
        topic_disable_leader=True,
        store="memory://",
        datadir=settings.data_dir / "faust",
        web_enabled=False,
        autodiscover=False,
        origin=None,
    )


def run_app(app: faust.App, services: Sequence[ServiceT] = ()) -> int:
    """Run an app, and services beside it, until SIGTERM or SIGINT; return the exit code.

    Raises what crashed it. Logging and stdout are left as they are.
    """
    worker = _Worker(app, *services, quiet=True, redirect_stdouts=False, override_logging=False)
    try:
        worker.execute_from_commandline()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 0
    return 0


class _Worker(faust.Worker):
    """A worker that writes nothing but its log."""

    def on_init_dependencies(self) -> Any:  # noqa: ANN401 - as Faust declares it
        """Start what the app needs; no spinner."""
        self.spinner = None
        return super().on_init_dependencies()

    def _setproctitle(self, info: str, *, ident: str = "") -> None:
        """Leave the process its name: it is what an operator looks for."""
        del info, ident


def _credentials(settings: Settings) -> Any:  # noqa: ANN401 - Faust takes one of several, or none
    protocol = settings.kafka_security_protocol
    if protocol is SecurityProtocol.PLAINTEXT:
        return None
    context = None
    if protocol in {SecurityProtocol.SSL, SecurityProtocol.SASL_SSL}:
        context = ssl.create_default_context(
            cafile=settings.kafka_ca_file and str(settings.kafka_ca_file)
        )
    if protocol is SecurityProtocol.SSL:
        return faust.SSLCredentials(context=context)
    return faust.SASLCredentials(
        username=settings.kafka_username,
        password=settings.kafka_password,
        ssl_context=context,
        mechanism=settings.kafka_sasl_mechanism or SaslMechanism.PLAIN,
    )
