"""Find the model and the data that come with caretone, installed or in a checkout."""

from __future__ import annotations

from pathlib import Path


def shipped_path(*parts: str) -> Path:
    """Give the path of a file that comes with caretone.

    Parameters
    ----------
    *parts : str
        The path inside the distribution, such as ``"data", "messages.csv"``.

    Returns
    -------
    Path

    Raises
    ------
    FileNotFoundError
        If the installation is incomplete.
    """
    package = Path(__file__).parent
    for root in (package, package.parent.parent):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"this installation of caretone lacks {'/'.join(parts)}; install it again")
