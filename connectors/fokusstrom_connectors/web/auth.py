"""How a connector says who it is over HTTP: OAuth 2 client credentials (authlib), an API key, or not at all."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from typing import Annotated, Literal

import httpx
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749 import OAuth2Token
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from pydantic import Field

from fokusstrom_connectors.configuration import Strict
from fokusstrom_connectors.interface import SourceUnavailable, Step
from fokusstrom_connectors.secrets import Secret

_LEEWAY_SECONDS = 30
_FORM = "application/x-www-form-urlencoded"


class NoAuth(Strict):
    """Nothing is asked for, or the certificate says it (`tls`)."""

    kind: Literal["none"] = "none"


class ApiKey(Strict):
    """A key in a header."""

    kind: Literal["api_key"]
    header: str = Field(default="X-Api-Key", description="The header; Authorization, for one.")
    prefix: str = Field(default="", description="What stands before the key, such as Token or Bearer.")
    key: Secret


class ClientCredentials(Strict):
    """OAuth 2.0 client credentials."""

    kind: Literal["oauth2"]
    token_url: str = Field(pattern=r"^https?://")
    client_id: str
    client_secret: Secret
    scope: str | None = None
    audience: str | None = None
    sent_in: Literal["client_secret_basic", "client_secret_post"] = "client_secret_basic"


AuthSettings = Annotated[NoAuth | ApiKey | ClientCredentials, Field(discriminator="kind")]


def auth_of(settings: NoAuth | ApiKey | ClientCredentials, environ: Mapping[str, str]) -> httpx.Auth:
    """What httpx asks before each request; secrets are read when they are needed."""
    if isinstance(settings, ClientCredentials):
        return TokenAuth(settings, environ)
    return KeyAuth(settings, environ) if isinstance(settings, ApiKey) else httpx.Auth()


class KeyAuth(httpx.Auth):
    """Puts the key into its header; a key that was replaced counts from the next request on."""

    def __init__(self, settings: ApiKey, environ: Mapping[str, str]) -> None:
        """Take what to send."""
        self._settings = settings
        self._environ = environ

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """As httpx asks."""
        key = self._settings.key.read(self._environ)
        request.headers[self._settings.header] = f"{self._settings.prefix} {key}".lstrip()
        yield request


class TokenAuth(httpx.Auth):
    """Fetches a token, keeps it until it expires, and fetches another when the source says that it has.

    Requests that are made at the same time share it: one of them fetches, the others wait.
    """

    def __init__(self, settings: ClientCredentials, environ: Mapping[str, str]) -> None:
        """Begin without a token."""
        self._settings = settings
        self._environ = environ
        self._token: OAuth2Token | None = None
        self._fetching = asyncio.Lock()

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """As httpx asks: the token's request goes the same way as the others."""
        async with self._fetching:
            is_new = self._token is None or self._token.is_expired(_LEEWAY_SECONDS)
            if is_new:
                await self._take((yield self._token_request()))
        shown = self._token
        request.headers["Authorization"] = f"Bearer {self._access()}"
        answer = yield request
        if answer.status_code == httpx.codes.UNAUTHORIZED and not is_new:
            async with self._fetching:
                if self._token is shown:
                    await self._take((yield self._token_request()))
            request.headers["Authorization"] = f"Bearer {self._access()}"
            yield request

    def _token_request(self) -> httpx.Request:
        asked = {"scope": self._settings.scope, "audience": self._settings.audience}
        body = prepare_token_request("client_credentials", **{name: each for name, each in asked.items() if each})
        secret = self._settings.client_secret.read(self._environ)
        signer = ClientAuth(self._settings.client_id, secret, self._settings.sent_in)
        headers = {"Content-Type": _FORM, "Accept": "application/json"}
        url, headers, body = signer.prepare("POST", self._settings.token_url, headers, body)
        return httpx.Request("POST", url, headers=headers, content=body)

    async def _take(self, answer: httpx.Response) -> None:
        body = await answer.aread()
        if answer.status_code != httpx.codes.OK:
            raise SourceUnavailable(
                Step.AUTHENTICATION,
                f"the token endpoint answered HTTP {answer.status_code}: check client_id, client_secret and scope",
            )
        try:
            told = json.loads(body)
            token = OAuth2Token.from_dict({name: told[name] for name in ("access_token", "expires_in") if name in told})
            token["access_token"]
        except (ValueError, KeyError, TypeError):
            raise SourceUnavailable(Step.AUTHENTICATION, "the token endpoint gave no token: check token_url") from None
        self._token = token

    def _access(self) -> str:
        return str((self._token or {})["access_token"])
