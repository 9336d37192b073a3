#!/usr/bin/env python3
"""Finds tests that documents name as proof and the sources do not have, and rows of their tables that name none."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGES = ["docs/security-model.md", "docs/conformance.md", "docs/operations.md"]
# In place of a test: why there is none, or the command that measures a figure.
EXCUSE = re.compile(r"^ *(\*\*not (built|tested)\*\*|`bench/\w+\.py`|`\w+_bench`)")


def known_tests():
    """`Suite.Test` of GoogleTest, `name_test.function` of tests/lua, and the scripts that ctest runs."""
    known = set(re.findall(r"^gvm_script_test\((\w+\.\w+) ", (ROOT / "tests/CMakeLists.txt").read_text(), flags=re.M))
    files = subprocess.run(["git", "ls-files", "*_test.cpp", "tests/lua/*_test.lua"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    for name in files:
        text = (ROOT / name).read_text()
        if name.endswith(".lua"):
            known |= {f"{pathlib.Path(name).stem}.{test}" for test in re.findall(r"^function Tests\.(\w+)\(", text, flags=re.M)}
        else:
            known |= {f"{a}.{b}" for a, b in re.findall(r"^TEST(?:_[FP])?\((\w+),\s*(\w+)\)", text, flags=re.M)}
    return known


def rows_of(page):
    """The last cell of each row of each table, with the row; without the heads."""
    lines = page.read_text().splitlines()
    for at, line in enumerate(lines):
        head = at + 1 < len(lines) and lines[at + 1].startswith("|---")
        if line.startswith("|") and not line.startswith("|---") and not head:
            yield line, line.rsplit("|", 2)[1]


def faults_of(name, known):
    rows = list(rows_of(ROOT / name))
    if not rows:
        yield f"{name} has no rows"
    for row, cell in rows:
        named = [test for test in re.findall(r"`(\w+\.\w+)`", cell) if not test.endswith(".py")]
        if not named and not EXCUSE.match(cell):
            yield f"{name} names no test in: {row[:80]}"
        yield from (f"{name} names {test}, which is no test" for test in named if test not in known)


def main():
    known = known_tests()
    found = [f"named_tests: {fault}" for page in PAGES for fault in faults_of(page, known)]
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
