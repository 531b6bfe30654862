"""Asking a source over HTTP: one client for all connectors that do, with errors that say which step failed.

Certificates are looked at before each request, and a client with new ones is made when a file was replaced: no
restart. A body is read up to a size; a half one, a wrong content type or no JSON is no page.
"""

from __future__ import annotations

import contextlib
import email.utils
import functools
import socket
import ssl
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import Field

from fokusstrom.domain.errors import ConfigError
from fokusstrom.runtime.clock import Clock
from fokusstrom_connectors.configuration import Duration, Strict
from fokusstrom_connectors.exact_json import value_of
from fokusstrom_connectors.interface import Address, Context, SourceUnavailable, Step
from fokusstrom_connectors.web.auth import AuthSettings, ClientCredentials, NoAuth, auth_of

_SEARCHED = 5


class TlsSettings(Strict):
    """Certificates; they may be replaced while the connector runs."""

    ca_file: Path | None = Field(
        default=None, description="Certificates that the source is checked against; else the system's."
    )
    certificate_file: Path | None = Field(default=None, description="Our certificate, where the source asks for one.")
    key_file: Path | None = Field(default=None, description="The key of our certificate.")

    def context(self) -> ssl.SSLContext:
        """A context of the files as they are now; raises `SourceUnavailable`."""
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.certificate_file is not None:
                context.load_cert_chain(self.certificate_file, self.key_file)
        except (OSError, ssl.SSLError) as error:
            raise SourceUnavailable(Step.TLS, f"the certificate files can't be used ({_brief(error)})") from None
        return context

    def signature(self) -> tuple[object, ...]:
        """Tells the files of now from others."""
        return tuple(touched(file) for file in (self.ca_file, self.certificate_file, self.key_file))


class WebSettings(Strict):
    """Settings of every source that is asked over HTTP."""

    url: str = Field(pattern=r"^https?://[^/]", description="Where the records are.")
    auth: AuthSettings = NoAuth()
    tls: TlsSettings = TlsSettings()
    headers: dict[str, str] = Field(default={}, description="Further headers of each request; no secrets.")
    timeout: Duration = Field(timedelta(seconds=30), description="How long any step of a request may take.")
    most_bytes: int = Field(default=64_000_000, ge=1, description="A greater answer is refused.")

    def addresses(self) -> list[Address]:
        """Where the source is, and where tokens are fetched."""
        urls = [self.url, *([self.auth.token_url] if isinstance(self.auth, ClientCredentials) else [])]
        return [_address(url, self.tls.ca_file) for url in dict.fromkeys(urls)]


@dataclass(frozen=True)
class Answer:
    """A whole answer."""

    url: str
    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)

    @functools.cached_property
    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """The body as JSON, numbers with a point as `Decimal`; raises `SourceUnavailable` when it is none."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if not (kind.endswith(("/json", "+json")) or kind == "text/json"):
            raise SourceUnavailable(Step.PAGE, f"answered {kind or 'without a content type'} where JSON was expected")
        try:
            return value_of(self.body)
        except ValueError:
            raise SourceUnavailable(Step.PAGE, "answered something that is no JSON") from None

    def records(self, where: str, error: str | None = None) -> list[Mapping[str, Any]]:
        """The list of objects at a place of the JSON (`data.items`; empty for the top).

        Raises `SourceUnavailable` when there is none, or when something stands where the source says errors.
        """
        self._judge_error(error)
        told = self.json
        found = value_at(told, where)
        if not isinstance(found, list) or not set(map(type, found)) <= {dict}:  # JSON has no others
            place = f"at {where!r}" if where else "at the top"
            raise SourceUnavailable(Step.PAGE, f"no list of records {place} of the answer; check `records`")
        return found

    def record(self, where: str, error: str | None = None) -> Mapping[str, Any]:
        """The object at a place of the JSON, as `records` gives a list."""
        self._judge_error(error)
        found = value_at(self.json, where)
        if not isinstance(found, Mapping):
            place = f"at {where!r}" if where else "at the top"
            raise SourceUnavailable(Step.PAGE, f"no record {place} of the answer; check where it is")
        return found

    def _judge_error(self, error: str | None) -> None:
        told = self.json
        if error is not None and isinstance(told, Mapping) and value_at(told, error) not in {None, False, ""}:
            raise SourceUnavailable(Step.PAGE, f"answered HTTP {self.status} with an error at {error!r}")


def value_at(told: Any, path: str) -> Any:  # noqa: ANN401 - any JSON
    """What stands at a path of JSON, dots between names; None where there is nothing.

    >>> value_at({"meta": {"next": "300"}}, "meta.next")
    '300'
    """
    for part in path.split(".") if path else ():
        told = told.get(part) if isinstance(told, Mapping) else None
    return told


class Web:
    """Asks one source; `open` before, `close` after."""

    def __init__(self, settings: WebSettings, context: Context) -> None:
        """Take where and how; nothing is asked yet."""
        self._settings = settings
        self._clock = context.clock
        self._auth = auth_of(settings.auth, context.environ)
        self._client: httpx.AsyncClient | None = None
        self._signature: tuple[object, ...] = ()

    async def close(self) -> None:
        """Let go of connections; tokens are kept."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(Exception):  # a connection that can't be closed is gone
                await client.aclose()

    async def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        also: Collection[int] = (),
    ) -> Answer:
        """Ask with GET; give the answer when it is whole and 200, or 304 where `headers` allow it, or one of `also`.

        Raises `SourceUnavailable` for everything else.
        """
        return await self._asked("GET", url, also, params=params or None, headers=headers)

    async def post(self, url: str, asked: Mapping[str, Any]) -> Answer:
        """Ask with POST, for what is asked with JSON, and changes nothing there; else as `get`."""
        return await self._asked("POST", url, (), json=asked)

    async def _asked(self, method: str, url: str, also: Collection[int], **told: Any) -> Answer:  # noqa: ANN401 - httpx's
        client = await self._up_to_date()
        with _told_apart():
            async with client.stream(method, url, **told) as answer:
                if answer.status_code not in also:
                    self._judge(answer)
                body = await self._whole(answer)
        return Answer(str(answer.url), answer.status_code, answer.headers, body)

    async def _up_to_date(self) -> httpx.AsyncClient:
        """The client, made anew when a certificate was replaced."""
        signature = self._settings.tls.signature()
        if self._client is None or signature != self._signature:
            await self.close()
            self._signature = signature
            self._client = httpx.AsyncClient(
                auth=self._auth,
                headers=self._settings.headers,
                timeout=self._settings.timeout.total_seconds(),
                verify=self._settings.tls.context(),
                trust_env=False,
            )
        return self._client

    async def _whole(self, answer: httpx.Response) -> bytes:
        body = bytearray()
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > self._settings.most_bytes:
                raise SourceUnavailable(Step.PAGE, f"answered more than most_bytes ({self._settings.most_bytes:,})")
        return bytes(body)

    def _judge(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status in {httpx.codes.OK, httpx.codes.NOT_MODIFIED}:
            return
        if status in {httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN}:
            raise SourceUnavailable(
                Step.AUTHENTICATION, f"HTTP {status}: the source doesn't take our credentials; check `auth` and rights"
            )
        after = _retry_after(answer.headers.get("retry-after"), self._clock)
        if status == httpx.codes.TOO_MANY_REQUESTS:
            raise SourceUnavailable(Step.PAGE, "HTTP 429: asked too often; lower at_most_pages", after=after)
        if httpx.codes.is_redirect(status):
            raise SourceUnavailable(Step.PAGE, f"HTTP {status}: the source has moved; set `url` to where it is now")
        if httpx.codes.is_server_error(status):
            raise SourceUnavailable(Step.PAGE, f"HTTP {status}: the source fails", after=after)
        raise SourceUnavailable(Step.PAGE, f"HTTP {status}: check `url` and the parameters", after=after)


@contextlib.contextmanager
def _told_apart() -> Iterator[None]:
    """Name the step that failed, of what httpx raises; its texts, which may hold addresses, go nowhere."""
    try:
        yield
    except httpx.TimeoutException as error:
        step = Step.CONNECTION if isinstance(error, httpx.ConnectTimeout) else Step.PAGE
        raise SourceUnavailable(step, "the source didn't answer within `timeout`") from None
    except httpx.ConnectError as error:
        raise _unconnected(error) from None
    except httpx.DecodingError:
        raise SourceUnavailable(Step.PAGE, "the answer's compression is damaged") from None
    except httpx.TransportError:
        raise SourceUnavailable(Step.PAGE, "the answer broke off") from None
    except ConfigError as error:  # a secret that isn't there any more
        raise SourceUnavailable(Step.AUTHENTICATION, "; ".join(error.problems)) from None
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        raise SourceUnavailable(Step.PAGE, "the next page's address is none") from None


def _unconnected(error: BaseException) -> SourceUnavailable:
    """Why there was no connection, from the error's causes."""
    cause: BaseException | None = error
    for _ in range(_SEARCHED):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return SourceUnavailable(Step.TLS, f"the source's certificate doesn't hold: {cause.verify_message}")
        if isinstance(cause, ssl.SSLError):
            return SourceUnavailable(Step.TLS, f"no agreement about TLS ({cause.reason}); check `tls`")
        if isinstance(cause, socket.gaierror):
            return SourceUnavailable(Step.NAME, "the host's name isn't known; check `url`")
        cause = cause and (cause.__cause__ or cause.__context__)
    return SourceUnavailable(Step.CONNECTION, "the source takes no connection; check `url`, and that it is up")


def _retry_after(text: str | None, clock: Clock) -> timedelta | None:
    """How long to wait: a number of seconds, or a date of HTTP."""
    if text is None:
        return None
    if text.strip().isdigit():
        return timedelta(seconds=int(text.strip()[:6]))
    try:
        at = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(timedelta(0), at.replace(tzinfo=at.tzinfo or UTC) - clock.now())


def _address(url: str, ca_file: Path | None) -> Address:
    parts = urlsplit(url)
    has_tls = parts.scheme == "https"
    port = parts.port or (443 if has_tls else 80)
    return Address(parts.hostname or "", port, has_tls, None if ca_file is None else str(ca_file))


def touched(file: Path | None) -> object:
    """Tells a file of now from another that replaced it."""
    if file is None:
        return None
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _brief(error: Exception) -> str:
    return (getattr(error, "reason", None) or getattr(error, "strerror", None) or type(error).__name__).lower()
