"""The plain loop that the connector `rest` is measured against: `python -m benchmarks.plain URL RECORDS_OF_A_PAGE`."""

from __future__ import annotations

import asyncio
import sys

import httpx


async def read(url: str, page: str) -> int:
    """Ask for all pages, one after the other, and parse them; how many records there were."""
    cursor: str | None = "0"
    records = 0
    async with httpx.AsyncClient() as client:
        while cursor is not None:
            answer = (await client.get(url, params={"cursor": cursor, "limit": page})).json()
            records += len(answer["data"])
            cursor = answer["meta"]["next"]
    return records


if __name__ == "__main__":
    print(asyncio.run(read(*sys.argv[1:])))
