"""`python -m bench [--only name,...]`: a line of JSON for each figure; exit code 1 when a target is missed.

A benchmark is a module of this package with `async def measure() -> list[Figure]`; its name is the module's.
"""

import argparse
import asyncio
import importlib
import pkgutil
import sys

import bench
from bench.figure import Figure


def names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if module.name not in NOT_BENCHMARKS)


NOT_BENCHMARKS = {"__main__", "figure", "people", "processes", "stage", "worker"}


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--only", default="", help=f"some of: {', '.join(names())}")
    wanted = [name for name in parser.parse_args().only.split(",") if name] or names()
    unknown = set(wanted) - set(names())
    if unknown:
        parser.error(f"there is no benchmark named {', '.join(sorted(unknown))}; there are: {', '.join(names())}")
    met = True
    for name in wanted:
        figures: list[Figure] = asyncio.run(importlib.import_module(f"bench.{name}").measure())
        for figure in figures:
            print(figure.line(), flush=True)
            met &= figure.ok
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
