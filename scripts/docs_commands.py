#!/usr/bin/env python3
"""Finds commands in the documents that the programs do not have: a subcommand, or an option, that --help does not know.

  scripts/docs_commands.py BIN_FOLDER
"""
import pathlib
import re
import subprocess
import sys

import cli_pages

PROGRAMS = ("genvm-modules", "genvm-llm", "genvm-web")
# A command: the program, with or without a folder, up to the end of the line, of the code or of the shell's command.
COMMAND = re.compile(r"(?:^|[\s`($])(?:[\w./-]*/)?(genvm-modules|genvm-llm|genvm-web)((?: +[^\s`|;&>#)]+)*)", re.M)


def code_of(text):
    """Code blocks joined where a line goes on, and code within sentences."""
    blocks = re.findall(r"^ *```[^\n]*\n(.*?)^ *```", text, flags=re.S | re.M)
    rest = re.sub(r"^ *```.*?^ *```", "", text, flags=re.S | re.M)
    spans = [re.sub(r"\s+", " ", span) for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", rest)]
    return [re.sub(r"\\\n\s*", " ", block) for block in blocks] + [s for s in spans if re.match(r"(\S*/)?genvm-", s)]


def commands(text):
    for code in code_of(text):
        for program, words in COMMAND.findall(code):
            yield program, words.split()


def problem(tree, words):
    """What the command line has that the program does not know; "" when it knows all."""
    options = {name for row in tree.options for name in row.names}
    command = tree
    for word in words:
        word = word.strip("[]…,.'\"")
        children = {child.path[-1]: child for child in command.children}
        if word in children:
            command = children[word]
            options |= {name for row in command.options for name in row.names}
        elif word.startswith("--") and word != "--":
            name = word.split("=")[0]
            if name not in options:
                return f"{' '.join(command.path)} has no option {name}"
        elif command is tree and command.children and not word.startswith("-") and re.fullmatch(r"[a-z][a-z-]+", word):
            return f"{command.path[0]} has no subcommand {word}"
    return ""


def main():
    bin_folder = pathlib.Path(sys.argv[1])
    trees = {name: cli_pages.read_tree(bin_folder / name, [name], []) for name in PROGRAMS}
    files = subprocess.run(["git", "ls-files", "*.md", "deploy"], cwd=cli_pages.ROOT, capture_output=True, text=True, check=True).stdout.split()
    found, count = [], 0
    for name in files:
        if not name.endswith(".md"):
            continue
        for program, words in commands((cli_pages.ROOT / name).read_text()):
            count += 1
            if wrong := problem(trees[program], words):
                found.append(f"docs: {name}: `{program} {' '.join(words)}`: {wrong}")
    print("\n".join(found) if found else f"docs: the programs know all {count} commands of the documents")
    sys.exit(1 if found or not count else 0)


if __name__ == "__main__":
    main()
