"""The command line: which commands there are lives here; what each does, in `commands/`.

Exit codes: 0 done, 1 the input is at fault, 2 wrong use or configuration. Results go to stdout, progress and
logs to stderr.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from fokusstrom.domain.errors import ConfigError, Unavailable
from fokusstrom.runtime.allocator import put_nothing_aside
from fokusstrom.runtime.crashes import mask_crashes
from fokusstrom.runtime.without_pandas import start_without_pandas

COMMANDS = {
    "audit": "attack what the national topic holds",
    "check": "what would be refused of a file, before it is sent",
    "connector": "read a source system: look at it, try the way to the topics, run",
    "cut": "make figures as of now",
    "dead-letters": "what was refused: list it, show it, put it back",
    "demo": "start everything on simulated facts and show the figures",
    "erase": "take a citizen out of everything that is known of them",
    "evaluate": "what followed meetings, by mode: an association, never an effect",
    "explain": "why a meeting counts or doesn't, and what a figure is made of",
    "figures": "the tables of figures, from files or from the running pipeline",
    "lag": "one table: group, topic, lag, age, state",
    "monitor": "watch groups, topics, sources and releases",
    "national": "what the national topic holds",
    "produce": "exchange-format facts to the topics",
    "reconcile": "the meetings of a municipality that somebody should look at, and what to do",
    "release": "make a cut and a release of it",
    "scenario": "the same facts under two rule sets, side by side",
    "simulate": "calibrated facts in the exchange format",
    "topics": "create the topics, or compare a cluster with what should be",
    "worker": "run enrichment or reporting",
}
"""Each is the function `command` of the module of its name in `commands/` (`_` for `-`), imported when it is called."""


class _Lazily(click.Group):
    """Help must not wait for DuckDB and Faust: a command's module is imported when the command runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List the commands by name."""
        del ctx
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        start_without_pandas()
        module = importlib.import_module(f"fokusstrom.commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show each command with its line above."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=_Lazily, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="fokusstrom")
def fokusstrom() -> None:
    """Focus targets and supervision of Danish job centres, from events to national figures."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and turn what went wrong into a message and an exit code."""
    mask_crashes()
    put_nothing_aside()
    try:
        code = fokusstrom.main(arguments, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:
        sys.exit(130)
    except ConfigError as error:
        for problem in error.problems:
            click.echo(f"fokusstrom: {problem}", err=True)
        sys.exit(2)
    except Unavailable as error:
        click.echo(f"fokusstrom: {error}", err=True)
        sys.exit(1)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    main()
