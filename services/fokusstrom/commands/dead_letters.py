"""`fokusstrom dead-letters list|show|redrive`: what the services refused, and putting it back.

A dead letter is in the access class of the facts: `show` prints what the sender sent.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable

import click
from confluent_kafka import KafkaError, Message, Producer

from fokusstrom.contracts.topics import DEAD_LETTERS, FACT_TOPICS
from fokusstrom.domain.errors import Unavailable
from fokusstrom.runtime import dead_letters, kafka, log_ends
from fokusstrom.runtime.config import Settings
from fokusstrom.runtime.dead_letters import Letter
from fokusstrom.runtime.logs import configure_logs

_reason = click.option("--reason", help="Only what was refused for this reason.")
_topic = click.option("--topic", help="Only what was refused on this topic.")


@click.group()
def command() -> None:
    """Look at refused records, and put them back once the fault is mended."""


@command.command("list")
@_reason
@_topic
def list_(reason: str | None, topic: str | None) -> int:
    """Print where each refused record stands and why it was refused, and how many there are of each reason."""
    letters = _letters(_settings(), reason, topic)
    for letter in letters:
        click.echo(f"{letter.where}  {letter.why}{'  (withheld)' if letter.is_withheld else ''}")
    for name, count in sorted(Counter(letter.reason for letter in letters).items()):
        click.echo(f"{count:,} {name}", err=True)
    click.echo(f"{len(letters):,} dead letters", err=True)
    return 0


@command.command()
@click.argument("where")
def show(where: str) -> int:
    """Print the refused record that stands at WHERE, a topic/partition/offset as `list` gives it.

    The value is printed as hex digits: it may be no text.
    """
    found = [letter for letter in _letters(_settings()) if letter.where == where]
    if not found:
        raise click.UsageError(f"there is no dead letter of {where}: `fokusstrom dead-letters list` names them")
    (letter,) = found
    click.echo(f"where:    {letter.where}\nwhy:      {letter.why}\nwithheld: {'yes' if letter.is_withheld else 'no'}")
    click.echo(f"key:      {_text(letter.key)}")
    for name, value in letter.headers:
        click.echo(f"header:   {name}: {_text(value)}")
    click.echo(f"value:    {_text(letter.value) if letter.is_withheld else letter.value.hex()}")
    return 0


@command.command()
@_reason
@_topic
@click.option("--all", "everything", is_flag=True, help="All of them, whatever the reason.")
@click.argument("where", nargs=-1)
def redrive(reason: str | None, topic: str | None, everything: bool, where: tuple[str, ...]) -> int:  # noqa: FBT001 - a flag
    """Send refused records to their topics again, as they came: those at WHERE..., or of a reason or topic.

    It is safe to repeat: a fact that is taken in counts once, however often it is sent. What is still bad is
    refused again, at its new place. What is withheld can't be sent from here; the exit code is 1 then.
    """
    if not (reason or topic or everything or where):
        raise click.UsageError("say which: WHERE..., --reason, --topic, or --all")
    settings = _settings()
    chosen = [letter for letter in _letters(settings, reason, topic) if not where or letter.where in where]
    can_be_sent = [letter for letter in chosen if not letter.is_withheld and _is_of_facts(letter)]
    sent = _send(kafka.producer(settings), can_be_sent)
    left = len(chosen) - len(can_be_sent)
    click.echo(f"{sent:,} records sent again, {left:,} can't be: a personal number is suspected in them")
    return 1 if left else 0


def _settings() -> Settings:
    settings = Settings.from_environment(os.environ)
    configure_logs(settings.log_format)
    return settings


def _letters(settings: Settings, reason: str | None = None, topic: str | None = None) -> list[Letter]:
    """Give the newest letter of each place, in the order of places."""
    log_ends.topics(kafka.admin(settings), [DEAD_LETTERS.name])
    read = map(dead_letters.read, log_ends.read_whole(settings, DEAD_LETTERS.name))
    newest = {letter.where: letter for letter in read if letter is not None}
    chosen = (one for one in newest.values() if reason in {None, one.reason} and topic in {None, one.topic})
    return sorted(chosen, key=_place)


def _place(letter: Letter) -> tuple[str, int, int, str]:
    """By topic, partition and offset; what a connector refused was on none, and has its place at the source."""
    topic, *numbers = letter.where.rsplit("/", 2)
    if len(numbers) < 2 or not all(number.isdigit() for number in numbers):  # noqa: PLR2004 - partition and offset
        return "", 0, 0, letter.where
    return topic, int(numbers[0]), int(numbers[1]), ""


def _is_of_facts(letter: Letter) -> bool:
    return letter.topic in {topic.name for topic in FACT_TOPICS}


def _send(producer: Producer, letters: Iterable[Letter]) -> int:
    """Send each record once, however often it was refused; return how many, when all are confirmed."""
    failed: list[str] = []

    def delivered(error: KafkaError | None, _message: Message) -> None:
        failed.extend([] if error is None else [error.str()])

    different = {(letter.topic, letter.key, letter.value): letter for letter in letters}
    for letter in different.values():
        while True:
            try:
                producer.produce(
                    letter.topic,
                    key=letter.key,
                    value=letter.value,
                    headers=[*letter.headers],
                    on_delivery=delivered,
                )
                break
            except BufferError:  # the queue is full: let it drain
                producer.poll(0.1)
    producer.flush()
    if failed:
        raise Unavailable(f"not all records were confirmed, send them again: {failed[0]}")
    return len(different)


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
