#!/usr/bin/env python3
"""Finds links of Markdown files that lead nowhere: to a file that the repository does not have, or to a heading that the file does not have.
Links to the network are not followed.

  scripts/lint/links.py [--self-test]
"""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LINK = re.compile(r"(?<!\\)!?\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)")
HEADING = re.compile(r"^#{1,6} +(.*?) *#*$")


def prose(text):
    """The text without code, where brackets mean something else."""
    text = re.sub(r"^( *)(```|~~~).*?^ *\2 *$", "", text, flags=re.S | re.M)
    return re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", text, flags=re.S)


def anchors(text):
    """As GitHub and MkDocs make them."""
    found = {}
    for line in re.sub(r"^```.*?^```", "", text, flags=re.S | re.M).splitlines():
        heading = HEADING.match(line)
        if not heading:
            continue
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading[1])
        name = re.sub(r"[^\w\- ]", "", words.lower()).strip().replace(" ", "-")
        found[name] = found.get(name, 0) + 1
    return set(found) | {f"{name}-{i}" for name, count in found.items() for i in range(1, count)}


def problems(files):
    """`files`: path from the root to its text; other files that exist are in `ROOT`."""
    for path, text in files.items():
        for target in LINK.findall(prose(text)):
            if re.match(r"[a-z][a-z0-9+.-]*:", target):
                continue
            name, _, anchor = target.partition("#")
            there = (pathlib.PurePosixPath(path).parent / name) if name else pathlib.PurePosixPath(path)
            there = pathlib.Path(*[p for p in normal(there)])
            text_there = files.get(str(there))
            if text_there is None and not (ROOT / there).exists():
                yield f"{path}: {target}: there is no {there}"
            elif anchor and text_there is not None and anchor not in anchors(text_there):
                yield f"{path}: {target}: {there} has no heading for #{anchor}"


def normal(path):
    parts = []
    for part in path.parts:
        if part == ".." and parts:
            parts.pop()
        elif part != ".":
            parts.append(part)
    return parts


def self_test():
    good = {"docs/a.md": "# One `x` two\n[b](b.md#b-c) [self](#one-x-two) [up](../README.md) `[no](where)` [net](https://x/)", "docs/b.md": "## B, c\n",
            "README.md": "[a](docs/a.md)\n```\n[x](gone.md)\n```\n"}
    assert not list(problems(good)), list(problems(good))
    bad = {"a.md": "[x](gone.md) [y](#nothing) [z](a.md#zz) ![p](no.png)"}
    assert len(list(problems(bad))) == 4, list(problems(bad))


def main():
    if "--self-test" in sys.argv:
        return self_test()
    names = subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    found = list(problems({name: (ROOT / name).read_text() for name in names}))
    for each in found:
        print(f"links: {each}")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
