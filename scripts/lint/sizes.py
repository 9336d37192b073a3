#!/usr/bin/env python3
"""Prints how large the code is: lines per folder, and the sizes of files and functions (p50, p90, max). A report, not a check.

  scripts/lint/sizes.py [--long N]     N: also names the functions over N lines (default 80)

A function is a body in braces that follows a parameter list at namespace or class level, counted from the first line of its
declaration to its closing brace. Lambdas count as part of the function that contains them. Comments and empty lines count.
"""
import argparse
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOPS = ("src", "apps", "tests", "bench", "fuzz")
STRIP = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.S)
SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b[^;()=]*$")
FUNCTION = re.compile(r"\)\s*(?:const|noexcept|override|final|mutable|requires[^{]*|->[^{;]*|:(?:[^{;]|\{[^{}]*\})*[)}]|&&?|\s)*$")


def blank(match):
    """Removes what is no code; keeps line breaks, so that line numbers stay right."""
    return re.sub(r"[^\n]", " ", match.group(0))


def functions_in(text):
    """(name, first line, last line) of every function body in C++ text."""
    text = re.sub(r"(?m)^\s*#[^\n]*(?:\\\n[^\n]*)*", blank, STRIP.sub(blank, text))
    stack, start = [], 0   # start: where the declaration before the next brace begins
    for match in re.finditer(r"[{};]|\b(?:public|private|protected)\s*:", text):
        token, at = match.group(0), match.start()
        inside_function = any(kind == "function" for kind, _, _ in stack)
        if token == "{":
            head = text[start:at]
            kind = "block"
            if not inside_function and SCOPE.search(head):
                kind = "scope"
            elif not inside_function and FUNCTION.search(head) and "(" in head:
                kind = "function"
            stack.append((kind, head, start))
            if kind != "block" or inside_function:
                start = match.end()
        elif token == "}" and stack:
            kind, head, begin = stack.pop()
            if kind == "function":
                first = text.count("\n", 0, begin + len(head) - len(head.lstrip())) + 1
                name = re.search(r"([\w:~]+(?:\s*operator[^\s(]+)?)\s*\(", head)
                yield name.group(1) if name else "?", first, text.count("\n", 0, at) + 1
            if kind != "block" or inside_function:
                start = match.end()
        elif token == ";" or token not in "{}":
            start = match.end()


def quantiles(values):
    values = sorted(values) or [0]
    at = lambda q: values[min(len(values) - 1, int(q * len(values)))]
    return f"p50 {at(0.5):4}  p90 {at(0.9):4}  max {values[-1]:5}"


def folder_of(path):
    parts = path.relative_to(ROOT).parts[:-1]
    return "/".join(parts[:3] if parts[0] == "src" else parts[:2])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--long", type=int, default=80, metavar="N")
    limit = parser.parse_args().long
    lines = collections.defaultdict(list)       # folder -> lines of its files
    bodies = collections.defaultdict(list)      # kind -> sizes of its functions
    files = collections.defaultdict(list)       # kind -> sizes of its files
    long_ones = []
    for top in TOPS:
        for path in sorted((ROOT / top).rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            text = path.read_text()
            test = top == "tests" or path.stem.endswith("_test") or path.stem.startswith("test_")
            kind = "tests" if test else "code"
            count = text.count("\n")
            lines[folder_of(path)].append((kind, count))
            files[kind].append(count)
            for name, first, last in functions_in(text):
                bodies[kind].append(last - first + 1)
                if last - first + 1 > limit:
                    long_ones.append((last - first + 1, f"{path.relative_to(ROOT)}:{first}", name))
    print(f"{'folder':34}{'code':>8}{'tests':>8}{'files':>7}")
    for folder, found in sorted(lines.items()):
        code = sum(n for kind, n in found if kind == "code")
        print(f"{folder:34}{code:8}{sum(n for _, n in found) - code:8}{len(found):7}")
    for kind in ("code", "tests"):
        print(f"{kind}: {sum(files[kind])} lines in {len(files[kind])} files, lines a file: {quantiles(files[kind])}; "
              f"{len(bodies[kind])} functions, lines each: {quantiles(bodies[kind])}")
    for size, where, name in sorted(long_ones, reverse=True):
        print(f"{size:5} lines: {name} ({where})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
