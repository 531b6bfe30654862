"""The read paths of a schema registry, answered from a service's schemas.

With them any Confluent client can decode our topics where no registry runs: it is given the address of a
service's operations port as `schema.registry.url`. Nothing can be registered here: schemas change by a
release. Paths, bodies and error codes are those of Confluent's API.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from fokusstrom.contracts.schemas import Schema, SchemaCatalog

SUBJECT_NOT_FOUND = 40401
VERSION_NOT_FOUND = 40402
SCHEMA_NOT_FOUND = 40403
INVALID_SCHEMA = 42201
INVALID_VERSION = 42202


class RegistryRoutes:
    """Answers out of a catalog; `routes` is what a Starlette application takes."""

    def __init__(self, catalog: SchemaCatalog) -> None:
        """Take the catalog; it is asked anew for each request."""
        self._catalog = catalog
        self.routes: Sequence[Route] = (
            Route("/schemas/ids/{id}", self._schema),
            Route("/schemas/ids/{id}/versions", self._uses),
            Route("/schemas/types", lambda _request: _json(["AVRO"])),
            Route("/subjects", lambda _request: _json(list(self._catalog.subjects()))),
            Route("/subjects/{subject}", self._look_up, methods=["POST"]),
            Route("/subjects/{subject}/versions", self._versions),
            Route("/subjects/{subject}/versions/{version}", self._version),
        )

    def _schema(self, request: Request) -> JSONResponse:
        for schema in self._catalog:
            if str(schema.schema_id) == request.path_params["id"]:
                return _json({"schema": schema.text})
        return _error(SCHEMA_NOT_FOUND, "Schema not found")

    def _uses(self, request: Request) -> JSONResponse:
        wanted = request.path_params["id"]
        found = [schema for schema in self._catalog if str(schema.schema_id) == wanted]
        return _json([{"subject": schema.subject, "version": schema.version} for schema in found])

    def _versions(self, request: Request) -> JSONResponse:
        versions = self._catalog.subjects().get(request.path_params["subject"])
        if versions is None:
            return _error(SUBJECT_NOT_FOUND, "Subject not found")
        return _json(sorted(versions))

    def _version(self, request: Request) -> JSONResponse:
        versions = self._catalog.subjects().get(request.path_params["subject"])
        wanted = request.path_params["version"]
        if versions is None:
            return _error(SUBJECT_NOT_FOUND, "Subject not found")
        if wanted == "latest":
            return _json(_described(versions[max(versions)]))
        if not wanted.isdecimal():
            return _error(INVALID_VERSION, "The version is neither a number nor 'latest'")
        if int(wanted) not in versions:
            return _error(VERSION_NOT_FOUND, "Version not found")
        return _json(_described(versions[int(wanted)]))

    async def _look_up(self, request: Request) -> JSONResponse:
        versions = self._catalog.subjects().get(request.path_params["subject"])
        if versions is None:
            return _error(SUBJECT_NOT_FOUND, "Subject not found")
        try:
            sought = json.loads((await request.json())["schema"])
        except (ValueError, KeyError, TypeError):
            return _error(INVALID_SCHEMA, "The body holds no schema")
        for _, schema in sorted(versions.items(), reverse=True):
            if schema.tree == sought:
                return _json(_described(schema))
        return _error(SCHEMA_NOT_FOUND, "Schema not found")


def _described(schema: Schema) -> dict[str, Any]:
    return {
        "subject": schema.subject,
        "version": schema.version,
        "id": schema.schema_id,
        "schema": schema.text,
    }


def _json(content: object, status: int = 200) -> JSONResponse:
    return JSONResponse(content, status, media_type="application/vnd.schemaregistry.v1+json")


def _error(code: int, message: str) -> JSONResponse:
    return _json({"error_code": code, "message": message}, status=code // 100)
