"""`fokusstrom connector NAME check` and `discover`: the way from the source to the topics, tried step by step.

Nothing is produced and nothing is remembered. A step that fails is named, with what to change; what can be tried
all the same, is.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AclOperation, AdminClient

from fokusstrom.contracts import schemas
from fokusstrom.contracts.topics import CONNECTOR_STATE, DEAD_LETTERS, REJECTIONS, SOURCE_TOTALS, Topic, fact_topic
from fokusstrom.domain.errors import ConfigError, FokusstromError, Unavailable
from fokusstrom.domain.facts import MEETING_HELD
from fokusstrom.domain.personal_numbers import looks_personal, masked
from fokusstrom.runtime import kafka, log_ends
from fokusstrom.runtime.config import Settings
from fokusstrom_connectors.interface import Address, Page, SourceUnavailable, Step
from fokusstrom_connectors.mapping.rules import Mapping
from fokusstrom_connectors.mapping.texts import texts_of
from fokusstrom_connectors.wiring import Wired

_SECONDS = 10.0
_SOON = timedelta(days=21)
"""A certificate that ends within this is named."""
_SHOWN = 5


@dataclass(frozen=True)
class Checked:
    """What came of a step."""

    step: Step
    is_well: bool
    text: str


def check(one: Wired, settings: Settings, seconds: float = 60.0) -> Iterator[Checked]:
    """Try each step; the first page waits for so long."""
    yield Checked(Step.CONFIGURATION, is_well=True, text=f"{one.told.name}, mapping {one.mapping.name}")
    for address in one.connector.addresses(one.told.settings):
        yield from reached(address, one.clock.now())
    try:
        page = asyncio.run(first_page(one, seconds))
    except SourceUnavailable as error:
        yield Checked(error.step, is_well=False, text=error.what)
    else:
        yield Checked(Step.AUTHENTICATION, is_well=True, text="the source lets us in")
        yield Checked(Step.PAGE, is_well=True, text=f"{len(page.records)} records on the first page")
        yield _mapped(one, page)
    yield from _topics(one, settings)


async def first_page(one: Wired, seconds: float) -> Page:
    """The first page that has records, or says that there are none; nothing of it is acknowledged as delivered."""
    source = one.source()
    try:
        async with asyncio.timeout(seconds):
            await source.connect({})
            page = await source.read()
            while not len(page.records) and not page.unreadable and not page.caught_up:
                page = await source.read()
    except TimeoutError:
        raise SourceUnavailable(Step.PAGE, f"no page came within {seconds:.0f} seconds") from None
    else:
        await page.acknowledge(Unavailable("it was only looked at"))
        return page
    finally:
        await source.close()


def discovered(one: Wired, page: Page) -> Iterator[str]:
    """A line for each field of a page: how often it is filled, what it looks like, what it is used for. No value."""
    texts = texts_of(page.records)
    used = _users(one.mapping)
    fields = list(dict.fromkeys((*texts.fields(), *used)))
    width = max(map(len, fields), default=0)
    for name in fields:
        column, nested = texts.column(name)
        filled = len(column) - column.null_count + len(nested)
        looks = "a list or an object" if nested else _looks(column)
        users = ", ".join(used.get(name, ())) or "not used"
        yield f"{masked(name):{width}}  {filled:>6} of {len(column)}  {looks:20}  {users}"


def _users(mapping: Mapping) -> dict[str, list[str]]:
    """What each of the sender's fields is used for: to leave records out, to choose facts, as their fields."""
    used: dict[str, list[str]] = {}
    for condition in mapping.ignore:
        used.setdefault(condition.field, []).append("ignore")
    for rule in mapping.facts:
        for condition in rule.when:
            used.setdefault(condition.field, []).append(f"when {rule.type}")
        for name, take in mapping.takes(rule).items():
            if take.from_ is not None:
                used.setdefault(take.from_, []).append(f"{rule.type}.{name}")
    return used


def reached(address: Address, now: datetime) -> Iterator[Checked]:
    """Look an address up, and at its certificate if it has one: for how many days it holds, from `now`."""
    try:
        socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)
    except OSError:
        yield Checked(Step.NAME, is_well=False, text=f"{address.host}: no such name is known; check the address")
        return
    yield Checked(Step.NAME, is_well=True, text=address.host)
    if address.has_tls:
        yield _certificate(address, now)


def _certificate(address: Address, now: datetime) -> Checked:
    context = ssl.create_default_context(cafile=address.ca_file)
    try:
        with (
            socket.create_connection((address.host, address.port), _SECONDS) as plain,
            context.wrap_socket(plain, server_hostname=address.host) as wrapped,
        ):
            told: dict[str, Any] = dict(wrapped.getpeercert() or {})
    except ssl.SSLCertVerificationError as error:
        return Checked(Step.TLS, is_well=False, text=f"{address.host}: {error.verify_message}")
    except (OSError, ssl.SSLError) as error:
        return Checked(Step.TLS, is_well=False, text=f"{address.host}: no connection ({type(error).__name__})")
    left = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(told["notAfter"])), UTC) - now
    hint = "; have it renewed" if left < _SOON else ""
    return Checked(Step.TLS, is_well=True, text=f"{address.host}: its certificate holds {left.days} more days{hint}")


def _mapped(one: Wired, page: Page) -> Checked:
    mapped = one.mapper().map([page])
    made = ", ".join(f"{batch.num_rows} {name}" for name, batch in mapped.facts.items()) or "no facts"
    text = f"{made}; {mapped.ignored} left out by the mapping; {len(mapped.refused)} refused"
    refusals = "".join(f"\n  {refused.refusal}" for refused in mapped.refused[:_SHOWN])
    return Checked(Step.MAPPING, is_well=not mapped.refused, text=text + refusals)


def _topics(one: Wired, settings: Settings) -> Iterator[Checked]:
    topics = [*topics_of(one), CONNECTOR_STATE, SOURCE_TOTALS, REJECTIONS, DEAD_LETTERS]
    try:
        catalog = schemas.catalog(settings.registry_url)
        names = sorted({name for topic in topics for name in topic.records})
        ids = ", ".join(f"{name} {catalog.id_of(name)}" for name in names)
        yield Checked(Step.SCHEMA, is_well=True, text=ids)
    except FokusstromError as error:
        yield Checked(Step.SCHEMA, is_well=False, text=str(error))
    admin = kafka.admin(settings)
    if not log_ends.is_answered(admin):
        yield Checked(Step.TOPIC, is_well=False, text="no Kafka broker answers: check FOKUSSTROM_BOOTSTRAP")
        return
    try:
        yield from _rights(admin, topics)
    except ConfigError as error:
        yield Checked(Step.TOPIC, is_well=False, text=str(error))


def topics_of(one: Wired) -> Sequence[Topic]:
    """The topics that a mapping's facts go to."""
    types = dict.fromkeys(rule.fact_type for rule in one.mapping.facts)
    found = [fact_topic(each) for each in types]
    return [*found, fact_topic(MEETING_HELD, "A_KASSE")] if MEETING_HELD in types else found


def _rights(admin: AdminClient, topics: Sequence[Topic]) -> Iterator[Checked]:
    asked = admin.describe_topics(
        TopicCollection([topic.name for topic in topics]),
        include_authorized_operations=True,
        request_timeout=_SECONDS,
    )
    missing, forbidden = [], []
    for name, future in asked.items():
        try:
            allowed = future.result().authorized_operations
        except KafkaException:
            missing.append(name)
        else:
            if allowed is not None and not {AclOperation.WRITE, AclOperation.ALL} & set(allowed):
                forbidden.append(name)
    there = f"{len(asked)} topics are there"
    lacking = f"{', '.join(missing)}: run `fokusstrom topics apply`, or ask for the right to describe"
    yield Checked(Step.TOPIC, is_well=not missing, text=lacking if missing else there)
    refused = f"not on {', '.join(forbidden)}: give this user Write, as helm/files/rights.yaml says for connectors"
    yield Checked(Step.RIGHT, is_well=not forbidden, text=refused if forbidden else "given on all that are there")


def _looks(column: pa.StringArray) -> str:
    """What a column's values look like, without one of them."""
    values = pc.drop_null(column)
    if not len(values):
        return "empty"
    if any(looks_personal(text) for text in values.slice(0, 1000).to_pylist()):
        return "personal numbers"
    shapes = {
        "times": r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d",
        "dates": r"^(\d{4}-\d\d-\d\d|\d\d?[-./]\d\d?[-./]\d{4})$",
        "whole numbers": r"^[+-]?\d+$",
        "numbers": r"^[+-]?\d[\d.]*,?\d*$",
        "true or false": r"^(true|false)$",
    }
    for name, shape in shapes.items():
        if pc.all(pc.match_substring_regex(values, shape)).as_py():
            return name
    different = len(pc.unique(values))
    return f"{different} codes" if different <= max(20, int(np.sqrt(len(values)))) else "text"
