#!/usr/bin/env python3
"""Rejects what g++ 12 miscompiles inside a co_await expression (docs/adr/0002): brace lists and aggregate temporaries,
ternaries, and lambdas with captures. Name the value first, then std::move it into the call."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
STRIP = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)
LAMBDA = re.compile(r"\[[^\]]+\]\s*(?:\(|\{|mutable|noexcept)")


def blank(match):
    """Keeps line breaks, so that line numbers stay right."""
    return re.sub(r"[^\n]", " ", match.group(0))


def operand(text, start):
    """The expression after co_await, up to the end of its statement or enclosing bracket."""
    depth = 0
    for index in range(start, len(text)):
        c = text[index]
        if c in "([{":
            depth += 1
        elif c in ")]}":
            depth -= 1
            if depth < 0:
                return text[start:index]
        elif c == ";" and depth == 0:
            return text[start:index]
        elif c == "," and depth == 0:
            return text[start:index]
    return text[start:]


def problems_in(path):
    text = STRIP.sub(blank, path.read_text())
    for match in re.finditer(r"\bco_await\b", text):
        expression = operand(text, match.end())
        line = text.count("\n", 0, match.start()) + 1
        lambda_found = LAMBDA.search(expression)
        without_subscripts = expression
        if lambda_found:
            yield line, "a lambda with captures"
        elif "{" in without_subscripts:
            yield line, "a brace list"
        if "?" in expression:
            yield line, "a ternary"


def main():
    count = 0
    for folder in ("src", "apps", "bench", "tests", "fuzz"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            for line, what in problems_in(path):
                print(f"{path.relative_to(ROOT)}:{line}: {what} inside a co_await expression; name it first")
                count += 1
    print(f"co_await: {count} problems")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
