#!/usr/bin/env python3
"""Writes the man pages (docs/man) and the completions of bash and zsh (deploy/completion) from what --help says.

  scripts/cli_pages.py --write BIN_FOLDER    writes them anew
  scripts/cli_pages.py --check BIN_FOLDER    says which are stale; exit code 1 if any is
"""
import dataclasses
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
COLUMN = 30  # where CLI11 starts descriptions
FILES = ("/etc/genvm-modules/genvm-module-llm.yaml", "/etc/genvm-modules/genvm-module-web.yaml")
# Options whose value is a file, and those whose value is one of a few words, for the completions.
FILE_OPTIONS = {"--ca", "--certificate", "--config", "--image", "--out", "--token-file"}
LOCALS = {"genvm-llm": "genvm-web(1), genvm-modules(1)", "genvm-web": "genvm-llm(1), genvm-modules(1)", "genvm-modules": "genvm-llm(1), genvm-web(1)"}


@dataclasses.dataclass
class Row:
    """One option, positional or subcommand."""

    names: list
    value: str
    required: bool
    text: str


@dataclasses.dataclass
class Command:
    path: list  # names from the program on
    title: str
    usage: str
    positionals: list = dataclasses.field(default_factory=list)
    options: list = dataclasses.field(default_factory=list)
    commands: list = dataclasses.field(default_factory=list)  # Rows
    children: list = dataclasses.field(default_factory=list)  # Commands
    footer: list = dataclasses.field(default_factory=list)


def help_of(program, words):
    run = subprocess.run([str(program), *words, "--help"], capture_output=True, text=True, timeout=60)
    if run.returncode != 0:
        raise SystemExit(f"cli_pages: {program.name} {' '.join(words)} --help ended with {run.returncode}: {run.stderr}")
    return run.stdout


def row_of(head, text):
    names, value, required = [], "", False
    for word in head.replace(",", " ").split():
        if word == "REQUIRED":
            required = True
        elif word.startswith("-") and not value:
            names.append(word)
        elif not names:
            names.append(word)
        elif not value:
            value = re.sub(r":.*", "", word)
    choices = re.search(r":\{([^}]*)\}", head)
    if choices:
        value = choices.group(1).replace(",", "|")
    return Row(names, value, required, text)


def rows_of(lines):
    """Joins a head with its description, which stands beside it or on the lines below."""
    rows, head, text = [], None, []
    for line in lines + ["  end"]:
        if line.startswith(" " * COLUMN):
            text.append(line.strip())
            continue
        if head is not None:
            rows.append(row_of(head, " ".join(text)))
        fits = len(line) > COLUMN and line[COLUMN - 1] == " " and line[COLUMN] != " "
        head, text = (line[:COLUMN].strip(), [line[COLUMN:].strip()]) if fits else (line.strip(), [])
    return rows


def parse(path, text):
    lines = text.splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("Usage:"))
    command = Command(path, " ".join(lines[:at]).strip(), lines[at][len("Usage: ") :])
    sections, name = {}, None
    in_group = False
    for line in lines[at + 1 :]:
        in_group = line.startswith("[Option Group") or in_group and bool(line.strip())
        if in_group:  # its options stand two columns further right
            if line.startswith("    "):
                sections.setdefault("Options", []).append(line[2:])
        elif line in ("Positionals:", "Options:", "Subcommands:"):
            name = line[:-1]
            sections[name] = []
        elif line.startswith("  ") and name:
            sections[name].append(line)
        elif line.strip():
            command.footer.append(line.strip())
            name = None
    command.positionals = rows_of(sections.get("Positionals", []))
    command.options = rows_of(sections.get("Options", []))
    command.commands = rows_of(sections.get("Subcommands", []))
    return command


def read_tree(program, path, words):
    command = parse(path, help_of(program, words))
    # A subcommand is recognised only after the positionals of its parent.
    given = [f"x{i}" for i, row in enumerate(command.positionals) if row.required] if command.commands else []
    for row in command.commands:
        name = row.names[0]
        command.children.append(read_tree(program, path + [name], words + given + [name]))
    return command


def walk(command):
    yield command
    for child in command.children:
        yield from walk(child)


def roff(text):
    escaped = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return "\\&" + escaped if escaped.startswith((".", "'")) else escaped


def roff_rows(rows):
    for row in rows:
        value = f" \\fI{roff(row.value)}\\fR" if row.value else ""
        yield ".TP"
        yield ", ".join(f"\\fB{roff(name)}\\fR" for name in row.names) + value
        yield roff(row.text + (" Required." if row.required else ""))


def man_page(tree, version):
    name = tree.path[0]
    out = [f'.\\" Written by scripts/cli_pages.py from --help.', f'.TH {name.upper()} 1 "" "genvm-modules {version}" "GenVM Modules"']
    out += [".SH NAME", f"{roff(name)} \\- {roff(tree.title)}", ".SH SYNOPSIS", f".B {roff(tree.usage)}"]
    for command in walk(tree):
        if command is not tree:
            out += [f".SH {roff(' '.join(command.path[1:])).upper()}", roff(command.title), ".PP", f".B {roff(command.usage)}"]
        else:
            out.append(".SH OPTIONS")
        out += [*roff_rows(command.positionals), *roff_rows(command.options), *roff_rows(command.commands)]
        if command.footer:
            out.append(".PP")
            out += [part for line in command.footer for part in (roff(line), ".br")]
    out += [".SH FILES", *(part for path in FILES for part in (".TP", f"\\fI{roff(path)}\\fR", "the configuration that a package installs")), ".SH SEE ALSO", LOCALS[name]]
    return "\n".join(out) + "\n"


def function_name(path):
    return re.sub(r"\W", "_", "__".join(path))


def bash_case(command):
    words = [name for row in command.options for name in row.names if name.startswith("--")]
    words += [row.names[0] for row in command.commands]
    return f"    '{' '.join(command.path)}') words='{' '.join(words)}' ;;"


def bash_value_cases(trees):
    seen = {}
    for command in (command for tree in trees for command in walk(tree)):
        for row in command.options:
            if "|" in row.value:
                seen[f"'{' '.join(command.path)}' {row.names[-1]}"] = row.value.replace("|", " ")
    return [f"    \"{key.replace(chr(39), '')}\") COMPREPLY=($(compgen -W '{words}' -- \"$current\")); return ;;" for key, words in sorted(seen.items())]


def bash_completion(trees):
    commands = [command for tree in trees for command in walk(tree)]
    descend = sorted(" ".join(command.path) for command in commands if len(command.path) > 1)
    return "\n".join(
        [
            "# bash completion for genvm-modules, genvm-llm and genvm-web. Written by scripts/cli_pages.py from --help.",
            "_genvm_modules() {",
            '  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} path=${COMP_WORDS[0]##*/} words word',
            '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
            '    case "$path $word" in',
            "      " + " | ".join(f"'{path}'" for path in descend) + ') path="$path $word" ;;',
            "    esac",
            "  done",
            '  case "$path $previous" in',
            *bash_value_cases(trees),
            "  esac",
            '  case "$previous" in',
            "    " + " | ".join(sorted(FILE_OPTIONS)) + ') COMPREPLY=($(compgen -f -- "$current")); return ;;',
            "  esac",
            '  case "$path" in',
            *map(bash_case, commands),
            "  esac",
            '  COMPREPLY=($(compgen -W "$words" -- "$current"))',
            '  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$current"))',
            "}",
            "complete -o filenames -F _genvm_modules genvm-modules genvm-llm genvm-web",
            "",
        ]
    )


def zsh_text(text):
    return text.replace("'", "'\\''").replace("[", "(").replace("]", ")").replace(":", "\\:")


def zsh_option(row):
    action = ""
    if row.value:
        words = f"({row.value.replace('|', ' ')})" if "|" in row.value else "_files" if row.names[-1] in FILE_OPTIONS else ""
        action = f":{zsh_text(row.value.split('|')[0].lower())}:{words}"
    return [f"    '{name}[{zsh_text(row.text)}]{action}'" for name in row.names]


def zsh_function(command):
    out = [f"_{function_name(command.path)}() {{", "  local context state line", "  local -a options=("]
    out += [line for row in command.options for line in zsh_option(row)]
    out.append("  )")
    if not command.commands:
        return out + ["  _arguments -s $options '*:file:_files'", "}", ""]
    places = [f"'{i}:{zsh_text(row.names[0])}:'" for i, row in enumerate(command.positionals, 1)]
    out.append("  local -a commands=(")
    out += [f"    '{row.names[0]}:{zsh_text(row.text)}'" for row in command.commands]
    out += ["  )", "  _arguments -C -s $options " + " ".join([*places, f"'{len(places) + 1}:command:->command'", "'*::argument:->argument'"])]
    # Of an argument's own words only those from the command on are left.
    out += ["  case $state in", "    command) _describe command commands ;;", f"    argument) (( $+functions[_{function_name(command.path)}__${{line[{len(places) + 1}]//-/_}}] )) && _{function_name(command.path)}__${{line[{len(places) + 1}]//-/_}} ;;", "  esac", "}", ""]
    return out


def zsh_completion(trees):
    out = ["#compdef genvm-modules genvm-llm genvm-web", "# zsh completion. Written by scripts/cli_pages.py from --help.", ""]
    for tree in trees:
        for command in walk(tree):
            out += zsh_function(command)
    return "\n".join(out + ['_${service//-/_} "$@"', ""])


def pages(folder):
    version = re.search(r"project\(genvm_modules VERSION ([0-9.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    trees = [read_tree(folder / name, [name], []) for name in ("genvm-modules", "genvm-llm", "genvm-web")]
    out = {f"docs/man/{tree.path[0]}.1": man_page(tree, version) for tree in trees}
    out["deploy/completion/genvm-modules.bash"] = bash_completion(trees)
    out["deploy/completion/_genvm-modules"] = zsh_completion(trees)
    return out


def main():
    if len(sys.argv) != 3 or sys.argv[1] not in ("--write", "--check"):
        raise SystemExit(__doc__)
    stale = 0
    for name, text in pages(pathlib.Path(sys.argv[2])).items():
        path = ROOT / name
        if path.exists() and path.read_text() == text:
            continue
        if sys.argv[1] == "--write":
            path.write_text(text)
            print(f"cli_pages: wrote {name}")
        else:
            print(f"cli_pages: {name} is stale: run scripts/cli_pages.py --write {sys.argv[2]}")
            stale = 1
    return stale


if __name__ == "__main__":
    sys.exit(main())
