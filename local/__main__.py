"""`python -m local tenant | send | run …`: each imported only when it is asked for."""

import sys
from importlib import import_module

_COMMANDS = {
    "tenant": "local.tenant.command",
    "send": "local.send",
    "run": "local.run",
}


def main(argv: list[str]) -> int:
    """The exit status of the command that is named first."""
    if not argv or argv[0] not in _COMMANDS:
        print(f"usage: python -m local {' | '.join(_COMMANDS)} [--help]", file=sys.stderr)
        return 2
    return int(import_module(_COMMANDS[argv[0]]).main(argv[1:]) or 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
