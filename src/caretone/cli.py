"""The command line: it gathers the commands, and turns errors into messages and exit codes."""

from __future__ import annotations

import sys

import typer

from caretone.commands import agreeing, auditing, corpora, evaluating, predicting, training
from caretone.errors import CaretoneError

app = typer.Typer(
    name="caretone",
    help="Tell sympathy, empathy and compassion apart in text, and see where in a message each one shows.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.command()(predicting.predict)
app.command()(predicting.explain)
app.command()(training.train)
app.command()(evaluating.evaluate)
app.command()(evaluating.compare)
app.add_typer(corpora.app)
app.command()(agreeing.agreement)
app.command()(auditing.audit)

USER_ERROR, INTERNAL_ERROR = 2, 1


def main() -> None:
    """Run the command line; exit with 0 when all is fine, 2 for what the user can mend, 1 for what only we can."""
    try:
        app()
    except BrokenPipeError:  # the reader of our output has gone: nothing is left to say
        sys.stderr.close()
    except (CaretoneError, OSError) as error:
        print(f"caretone: {error}", file=sys.stderr)
        raise SystemExit(USER_ERROR) from None
    except Exception:
        _report_bug()


def _report_bug() -> None:
    import traceback

    traceback.print_exc()
    print("caretone: this is a defect of caretone; please report the lines above", file=sys.stderr)
    raise SystemExit(INTERNAL_ERROR)


if __name__ == "__main__":
    main()
