"""Being sent to over HTTP: who is let in, how much, and when there is an answer."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from fokusstrom.runtime.clock import FixedClock
from fokusstrom_connectors.interface import Context, SourceUnavailable
from fokusstrom_connectors.simulators.pushing import signed
from fokusstrom_connectors.web.receiver import Letter, ListenSettings, Receiver
from tests.connectors.battery import AT
from tests.connectors.certificates import Certificates
from tests.connectors.sent_to import free_port
from tests.connectors.web_battery import certificates

__all__ = ["certificates"]

SECRET = "a-secret-that-both-sides-know"  # noqa: S105 - of the tests
SIGNED = {"kind": "signature", "secret": "env:SECRET", "previous_secret": "env:BEFORE", "tolerance": "5m"}
ENVIRON = {"SECRET": SECRET, "BEFORE": "whsec_dGhlLXNlY3JldC1vZi1iZWZvcmU="}
BODY = b'{"a": 1}'


class Desk:
    """A receiver, and somebody who takes its letters and answers each."""

    def __init__(self, environ: Mapping[str, str] = ENVIRON, **changed: Any) -> None:  # noqa: ANN401 - any settings
        """Take settings; answer None to all."""
        told = {"host": "127.0.0.1", "port": free_port(), "path": "/in", "entrance": SIGNED, **changed}
        self.settings = ListenSettings.model_validate(told)
        self.clock = FixedClock(AT)
        self.receiver = Receiver(self.settings, Context(self.clock, environ))
        self.letters: list[Letter] = []
        self.answer: Callable[[], Exception | None] = lambda: None
        self.takes = True

    @asynccontextmanager
    async def open(self, verify: ssl.SSLContext | None = None) -> AsyncIterator[httpx.AsyncClient]:
        """Listen, and give a client."""
        await self.receiver.open()
        taking = asyncio.create_task(self._take())
        scheme, host = ("http", "127.0.0.1") if self.settings.tls is None else ("https", "localhost")
        url = f"{scheme}://{host}:{self.settings.port}"
        try:
            async with httpx.AsyncClient(base_url=url, trust_env=False, verify=verify or True) as client:
                yield client
        finally:
            taking.cancel()
            await asyncio.gather(taking, return_exceptions=True)
            await self.receiver.close()

    def signed(self, body: bytes = BODY, name: str = "msg_1", secret: bytes = SECRET.encode()) -> dict[str, str]:
        """Give the headers of a letter of now."""
        return signed(secret, name, body, self.clock)

    async def _take(self) -> None:
        while True:
            if not self.takes:
                await asyncio.sleep(0.01)
                continue
            for letter in await self.receiver.take(10, timedelta(seconds=0.05)):
                self.letters.append(letter)
                await letter.acknowledge(self.answer())


def statuses(desk: Desk, *each: tuple[bytes, dict[str, str]]) -> list[int]:
    """Give the answers to letters, sent one after the other."""

    async def sent() -> list[int]:
        async with desk.open() as client:
            return [(await client.post("/in", content=body, headers=headers)).status_code for body, headers in each]

    return asyncio.run(sent())


def test_the_signature_is_that_of_the_specification() -> None:
    """`v1,` and the Base64 of HMAC-SHA-256 over id, time and body with dots between, as `openssl dgst` makes it."""
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1584705600",
        "webhook-signature": "v1,zh5x0b3loOOVcrkOnyqZ4319GKf0zX3abrMJbiQKf2s=",
    }
    assert statuses(Desk(), (BODY, headers)) == [200]


def test_a_letter_that_is_not_signed_as_it_should_be_is_not_let_in() -> None:
    """No headers; another body; another secret; another id; a time that is none; a signature that is none."""
    desk = Desk()
    good = desk.signed()
    wrong = [
        (BODY, {}),
        (b'{"a": 2}', good),
        (BODY, desk.signed(secret=b"another")),
        (BODY, good | {"webhook-id": "msg_2"}),
        (BODY, good | {"webhook-timestamp": "soon"}),
        (BODY, good | {"webhook-signature": "v1,"}),
        (BODY, good | {"webhook-signature": "v1a,AAAA v1,%%%"}),
        (BODY, good | {"webhook-id": "x" * 300}),
    ]
    assert statuses(desk, *wrong, (BODY, good)) == [401] * len(wrong) + [200]
    assert len(desk.letters) == 1


def test_an_old_letter_is_not_let_in() -> None:
    """Signed well, and older than the tolerance, or as far ahead: somebody plays it again."""
    desk = Desk()
    letters = []
    for seconds in (-301, 0, 301):
        other = FixedClock(AT + timedelta(seconds=seconds))
        letters.append((BODY, signed(SECRET.encode(), f"msg_{seconds}", BODY, other)))
    assert statuses(desk, *letters) == [401, 200, 401]


def test_a_letter_that_was_delivered_is_answered_and_not_taken_again() -> None:
    """The same id and body: 200, once delivered; what was not delivered is taken again."""
    desk = Desk()
    answers = iter([OSError("away"), None])
    desk.answer = lambda: next(answers)
    assert statuses(desk, *[(BODY, desk.signed())] * 4) == [503, 200, 200, 200]
    assert len(desk.letters) == 2


def test_both_secrets_are_taken_while_one_is_changed() -> None:
    """The one before may be written in Base64, and several signatures may stand beside each other."""
    desk = Desk()
    before = desk.signed(name="msg_2", secret=b"the-secret-of-before")
    both = desk.signed(name="msg_3") | {
        "webhook-signature": f"v1,AAAA {desk.signed(name='msg_3')['webhook-signature']}"
    }
    assert statuses(desk, (BODY, before), (BODY, both)) == [200, 200]


@pytest.mark.parametrize("secret", ["whsec_%%%", "whsec_", "whsec_c2hvcnQ=", "brief"])
def test_nobody_is_let_in_by_a_secret_that_is_none(secret: str) -> None:
    """No Base64 where it says so, or too short: it doesn't listen, and says which secret it is, not what is in it."""
    desk = Desk(environ={"SECRET": secret, "BEFORE": SECRET})
    with pytest.raises(SourceUnavailable, match="authentication: env:SECRET: the secret is shorter") as refused:
        asyncio.run(desk.receiver.open())
    assert "brief" not in str(refused.value)
    assert "whsec_c2hvcnQ=" not in str(refused.value)


def test_a_secret_that_is_gone_lets_nobody_in(tmp_path: Path) -> None:
    """While it listens: 503, and a line in the log; nobody is let in unseen."""
    file = tmp_path / "secret"
    file.write_text(SECRET, "utf-8")
    desk = Desk(entrance={"kind": "signature", "secret": f"file:{file}"})

    async def sent() -> list[int]:
        async with desk.open() as client:
            answers = [await client.post("/in", content=BODY, headers=desk.signed())]
            file.unlink()
            answers.append(await client.post("/in", content=BODY, headers=desk.signed(name="msg_2")))
        return [answer.status_code for answer in answers]

    with capture_logs() as logs:
        assert asyncio.run(sent()) == [200, 503]
    assert [one["event"] for one in logs] == ["nobody can be let in"]


def test_what_is_too_large_or_too_slow_is_refused() -> None:
    """413 by what is announced and by what comes; 408 when it doesn't come; GET and other paths are nobody's."""
    desk = Desk(most_bytes=1_000, body_within="300ms")

    async def sent() -> list[int]:
        async def parts() -> AsyncIterator[bytes]:
            for _ in range(5):
                yield b"x" * 400

        async def slow() -> AsyncIterator[bytes]:
            yield b"x"
            await asyncio.sleep(2)
            yield b"x"

        async with desk.open() as client:
            answers = [
                await client.post("/in", content=b"x" * 1_001),
                await client.post("/in", content=parts()),
                await client.post("/in", content=slow()),
                await client.get("/in"),
                await client.post("/other", content=BODY),
            ]
        return [answer.status_code for answer in answers]

    assert asyncio.run(sent()) == [413, 413, 408, 405, 404]
    assert desk.letters == []


def test_a_letter_that_breaks_off_is_nobodys() -> None:
    """Who promises more than comes has sent nothing; the same letter, sent whole, is taken."""
    desk = Desk()

    async def sent() -> int:
        async with desk.open() as client:
            _, writer = await asyncio.open_connection("127.0.0.1", desk.settings.port)
            told = {"host": "x", "content-length": str(len(BODY)), **desk.signed()}
            lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
            writer.write(f"POST /in HTTP/1.1\r\n{lines}\r\n".encode() + BODY[:4])
            await writer.drain()
            writer.close()
            await writer.wait_closed()
            return (await client.post("/in", content=BODY, headers=desk.signed())).status_code

    assert asyncio.run(sent()) == 200
    assert [letter.body for letter in desk.letters] == [BODY]


@pytest.mark.parametrize("kind", ["text/html", "", "application/xml; charset=klingon"])
def test_what_a_letter_is_called_does_not_matter(kind: str) -> None:
    """What is in it does: a wrong content type is no reason to let the sender send it for ever."""
    desk = Desk()
    assert statuses(desk, (BODY, desk.signed() | {"content-type": kind})) == [200]
    assert [letter.body for letter in desk.letters] == [BODY]


def test_503_says_when_to_come_again() -> None:
    """A delivery that fails or takes too long, and too many that wait: 503 with Retry-After, never another 5xx."""
    desk = Desk(at_once=1, answer_within="300ms")
    desk.takes = False

    async def sent() -> list[tuple[int, str]]:
        async with desk.open() as client:
            waiting = asyncio.create_task(client.post("/in", content=BODY, headers=desk.signed()))
            await asyncio.sleep(0.1)
            second = await client.post("/in", content=BODY, headers=desk.signed(name="msg_2"))
            return [(answer.status_code, answer.headers["retry-after"]) for answer in (await waiting, second)]

    assert asyncio.run(sent()) == [(503, "1"), (503, "1")]


def test_letters_that_come_together_are_taken_together() -> None:
    """In the order they came, and each is answered by itself: of one that isn't delivered nobody else hears."""
    desk = Desk(gather="5s")
    desk.takes = False

    async def sent() -> tuple[list[bytes], list[int]]:
        async with desk.open() as client:

            async def send(number: int) -> int:
                body = b'{"a": %d}' % number
                await asyncio.sleep(number / 20)
                return (await client.post("/in", content=body, headers=desk.signed(body, f"msg_{number}"))).status_code

            _, other = await asyncio.open_connection("127.0.0.1", desk.settings.port)
            sending = [asyncio.create_task(send(number)) for number in range(4)]
            letters = await desk.receiver.take(4, timedelta(seconds=5))
            for letter in letters:
                await letter.acknowledge(OSError("away") if letter.body.endswith(b" 2}") else None)
            other.close()
            return [letter.body for letter in letters], await asyncio.gather(*sending)

    bodies, answers = asyncio.run(sent())
    assert bodies == [b'{"a": %d}' % number for number in range(4)]
    assert answers == [200, 200, 503, 200]


def test_who_is_alone_waits_for_nobody() -> None:
    """Others are waited for while somebody is connected who could send and may, and no longer than `gather`."""
    desk = Desk(gather="3s", at_once=2)
    desk.takes = False

    async def took(senders: int, quiet: int) -> tuple[int, float]:
        """How many letters are taken together, and after how long, with so many more who are connected."""
        async with desk.open() as client, contextlib.AsyncExitStack() as stack:
            for _ in range(quiet):
                _, writer = await asyncio.open_connection("127.0.0.1", desk.settings.port)
                stack.callback(writer.close)
            await asyncio.sleep(0.1)
            names = [f"msg_{senders}_{quiet}_{number}" for number in range(senders)]
            sending = [
                asyncio.create_task(client.post("/in", content=BODY, headers=desk.signed(name=n))) for n in names
            ]
            begun = time.monotonic()
            letters = await desk.receiver.take(10, timedelta(seconds=5))
            seconds = time.monotonic() - begun
            for letter in letters:
                await letter.acknowledge(None)
            await asyncio.gather(*sending)
            return len(letters), seconds

    for senders, quiet in ((1, 0), (2, 0), (2, 1)):
        count, seconds = asyncio.run(took(senders, quiet))
        assert count == senders
        assert seconds < 2
    count, seconds = asyncio.run(took(1, 1))
    assert count == 1
    assert seconds > 2


def test_an_answer_leaves_at_once() -> None:
    """No half of it waits until the sender's system has said that it has the other."""
    desk = Desk()

    async def options() -> set[int]:
        async with desk.open() as client:
            await client.post("/in", content=BODY, headers=desk.signed())
            server = desk.receiver._server
            assert server is not None
            sockets = [one.transport.get_extra_info("socket") for one in server.server_state.connections]
            return {one.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) for one in sockets}

    assert 0 not in asyncio.run(options())


def test_a_port_that_is_taken_is_named() -> None:
    """The step and what to change."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        desk = Desk(port=taken.getsockname()[1])
        with pytest.raises(SourceUnavailable, match=r"connection: can't listen on port \d+ .*check `listen`"):
            asyncio.run(desk.receiver.open())


def test_nobody_listens_when_closing_was_cancelled() -> None:
    """Stopped amid closing, it has let go of its port all the same."""
    desk = Desk()

    async def stopped() -> None:
        await desk.receiver.open()
        closing = asyncio.create_task(desk.receiver.close())
        await asyncio.sleep(0)
        closing.cancel()
        await asyncio.gather(closing, return_exceptions=True)
        assert closing.cancelled()
        await desk.receiver.open()
        await desk.receiver.close()

    asyncio.run(stopped())


def test_only_listed_certificates_are_let_in(certificates: Certificates) -> None:
    """Without one, or with one that has expired, there is no connection; with one of nobody who is listed, 403."""
    entrance = {"kind": "certificate", "client_ca_file": certificates.ca_file, "names": ["sender.example.dk"]}
    tls = {"certificate_file": certificates.good}
    desk = Desk(entrance=entrance, tls=tls)

    async def sent(shown: Path | None) -> int:
        verify = ssl.create_default_context(cafile=certificates.ca_file)
        if shown is not None:
            verify.load_cert_chain(shown)
        async with desk.open(verify) as client:
            return (await client.post("/in", content=BODY)).status_code

    assert asyncio.run(sent(certificates.issued("sender", names=["sender.example.dk"]))) == 200
    assert asyncio.run(sent(certificates.good)) == 403
    for shown in (None, certificates.issued("late", datetime(2021, 1, 1, tzinfo=UTC), ["sender.example.dk"])):
        with pytest.raises(httpx.TransportError):
            asyncio.run(sent(shown))


def test_a_certificate_that_is_replaced_is_shown_at_once(certificates: Certificates, tmp_path: Path) -> None:
    """No restart; and while the new file can't be used the old certificate stays."""
    file = tmp_path / "own.pem"
    file.write_bytes(certificates.good.read_bytes())
    desk = Desk(tls={"certificate_file": file})

    async def serials() -> list[str]:
        found = []
        async with desk.open():
            for content in (None, b"half of a", certificates.issued("renewed").read_bytes()):
                if content is not None:
                    file.write_bytes(content)
                    await asyncio.sleep(0.3)
                context = ssl.create_default_context(cafile=certificates.ca_file)
                _, writer = await asyncio.open_connection("localhost", desk.settings.port, ssl=context)
                found.append(writer.get_extra_info("peercert")["serialNumber"])
                writer.close()
        return found

    first, second, third = asyncio.run(serials())
    assert first == second != third
