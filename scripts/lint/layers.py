#!/usr/bin/env python3
"""Checks that includes follow the layers.

  src     A folder includes only the folders that src/CMakeLists.txt lists for it (its tests also those of TEST_DEPS), and no folder
          of a later group. `base` need not be listed. docs/architecture.md names the same folders in its table.
  others  A folder of apps, bench, fuzz or tests includes only the folders that its target links to directly in its CMakeLists.txt;
          gvm_all stands for all of src. Headers of tests/ may include any folder: who includes them links to it.
  system  The headers of a wrapped library appear only in the folder that wraps it.

  scripts/lint/layers.py --self-test    checks this script itself, with a small tree of its own
"""
import pathlib
import re
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = re.compile(r"gvm_group\((\w+)\)|gvm_library\(([\w/]+)(?:\s+DEPS([^)]*?))?(?:\s+TEST_DEPS([^)]*?))?\)")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
FOREACH = re.compile(r"foreach\((\w+) ([\w ]+)\)(.*?)endforeach\(\)", re.S)
ROW = re.compile(r"^\| \w* ?\| `([\w/]+)` \|.*\| ([\w, /]*)\|$", re.M)
SOURCES = (".h", ".cpp")

# Header prefix -> the folders that may include it.
WRAPPED = {
    "lua": {"script", "host"},
    "curl/": {"net"},
    "yaml-cpp/": {"config"},
    "simdjson": {"text"},
    "unicode/": {"text", "url", "html", "envelope"},
    "lexbor/": {"html"},
    "ares.h": {"net"},
    "re2/": {"policy", "host", "jsonpath", "json_schema", "guard"},
    "zlib.h": {"net", "image"},
    "vips/": {"image"},
    "brotli/": {"net"},
    "jsoncons/": {"json_schema"},
    "jsoncons_ext/": {"json_schema"},
    "sqlite3.h": {"store_sqlite", "database"},
    "libpq-fe.h": {"store_postgres"},
    "boost/beast": {"serve", "support", "client", "egress", "browser", "manager"},
}

# Folder outside src -> the CMakeLists.txt and the target there that its sources belong to.
OUTER = {
    "apps": ("apps", "gvm_apps"),
    "apps/llm": ("apps", "genvm-llm"),
    "apps/web": ("apps", "genvm-web"),
    "apps/front": ("apps", "genvm-modules"),
    "apps/cell": ("apps", "genvm-browser-cell"),
    "bench": ("bench", "bench_${name}"),
    "fuzz": ("fuzz", "${name}"),
    "tests/support": ("tests", "gvm_test_support"),
    "tests/support/mock_upstream": ("tests/support/mock_upstream", "gvm_mock_upstream"),
    "tests/clients": ("tests", "clients_test"),
    "tests/answers": ("tests", "answers_test"),
    "tests/docs": ("tests", "docs_test"),
    "tests/e2e": ("tests", "e2e_test"),
    "tests/foreign": ("tests", "foreign_test"),
    "tests/wall": ("tests", "wall_test"),
}
# Compiled into a program instead of linked: folder outside src -> headers of src.
COMPILED_IN = {"apps/cell": {"browser/cell_protocol.h"}}


def gvm_names(text):
    return {name[4:] for name in text.split() if name.startswith("gvm_")}


def is_test(path):
    return path.stem.endswith("_test") or path.stem.startswith("test_")


class Layers:
    """What src/CMakeLists.txt says: folder -> its group, and the folders it may include."""

    def __init__(self, text):
        self.groups, self.group, self.direct, self.tests = [], {}, {}, {}
        for group, folder, deps, test_deps in LIST.findall(text):
            if group:
                self.groups.append(group)
                continue
            name = folder.replace("/", "_")
            self.group[name] = self.groups[-1]
            self.direct[name] = gvm_names(deps)
            self.tests[name] = gvm_names(test_deps)

    def may_include(self, folder, test):
        return self.direct[folder] | {folder, "base"} | (self.tests[folder] if test else set())

    def folder_of(self, parts):
        """The folder that a path is in, as its target is called: "store/sqlite/x.h" is in store_sqlite."""
        nested = "_".join(parts[:2])
        return nested if len(parts) > 2 and nested in self.group else parts[0]

    def outermost(self, name):
        """store for store_sqlite: the table has one row for both."""
        return next((n for n in self.direct if name.startswith(n + "_")), name)

    def upward(self):
        """Dependencies on a later group."""
        for name, deps in self.direct.items():
            for dep in deps & self.group.keys():
                if self.groups.index(self.group[dep]) > self.groups.index(self.group[name]):
                    yield f"src/CMakeLists.txt: {name} ({self.group[name]}) depends on {dep} ({self.group[dep]})"

    def differing_rows(self, page):
        """Rows of the table in docs/architecture.md that name other folders than src/CMakeLists.txt."""
        for folder, uses in ROW.findall(page):
            name = folder.replace("/", "_")
            if name not in self.direct:
                continue
            nested = {n for n in self.direct if n.startswith(name + "_")}
            ours = set().union(*(self.direct[n] for n in nested | {name})) & self.group.keys()
            ours = {self.outermost(dep) for dep in ours} - {name, "base"}
            theirs = {use.strip() for use in uses.split(",") if use.strip()}
            if ours != theirs:
                yield f"docs/architecture.md: {folder} uses {', '.join(sorted(ours)) or 'nothing'}, the table says {uses.strip() or 'nothing'}"


def links_of(text, target):
    """The gvm_ libraries that CMake text links the target to directly."""
    text = FOREACH.sub(lambda m: "".join(m[3].replace("${%s}" % m[1], value) for value in m[2].split()), text)
    name = re.escape(target)
    found = set()
    for arguments in re.findall(rf"target_link_libraries\({name}\s([^)]*)\)", text):
        found |= gvm_names(arguments)
    for arguments in re.findall(rf"gvm_test\({name}\s[^)]*?\bDEPS\b([^)]*)\)", text):
        found |= gvm_names(arguments)
    return found


def is_wrapped_by(prefix, header):
    open_ended = prefix[-1] == "/" or prefix in ("lua", "simdjson", "boost/beast")
    return header == prefix or (open_ended and header.startswith(prefix))


def check_source(layers, root, path, problems):
    where = path.relative_to(root)
    group, folder = where.parts[1], layers.folder_of(where.parts[2:])
    if folder in layers.group and layers.group[folder] != group:
        problems.append(f"{where}: {folder} belongs to the group {layers.group[folder]}")
    test = is_test(path)
    for quote, header in INCLUDE.findall(path.read_text()):
        target = layers.folder_of(header.split("/"))
        if quote == '"' and target in layers.direct and folder in layers.direct:
            if target not in layers.may_include(folder, test):
                problems.append(f"{where}: {folder} must not include {header}: src/CMakeLists.txt does not list {target} for it")
        if quote == "<" and not test:
            for prefix, owners in WRAPPED.items():
                if is_wrapped_by(prefix, header) and folder not in owners:
                    problems.append(f"{where}: <{header}> belongs to {', '.join(sorted(owners))}")


def check_outer(layers, root, folder, problems):
    """Sources of a folder outside src against the links of its target."""
    home, target = OUTER[folder]
    cmake = root / home / "CMakeLists.txt"
    if not cmake.exists():
        return
    links = links_of(cmake.read_text(), target)
    for path in sorted((root / folder).glob("*")):
        if path.suffix not in SOURCES or (path.suffix == ".h" and folder.startswith("tests/")):
            continue
        for quote, header in INCLUDE.findall(path.read_text()):
            used = layers.folder_of(header.split("/"))
            if quote != '"' or used not in layers.direct or used == "base":
                continue
            if "all" not in links and used not in links and header not in COMPILED_IN.get(folder, ()):
                problems.append(f"{path.relative_to(root)}: {target} must not include {header}: {home}/CMakeLists.txt does not link it to gvm_{used}")


def check(root):
    """The number of folders and groups, and what is wrong."""
    layers = Layers((root / "src/CMakeLists.txt").read_text())
    problems = list(layers.upward())
    page = root / "docs/architecture.md"
    problems += layers.differing_rows(page.read_text()) if page.exists() else []
    for path in sorted((root / "src").rglob("*")):
        if path.suffix in SOURCES:
            check_source(layers, root, path, problems)
    for folder in OUTER:
        check_outer(layers, root, folder, problems)
    return layers, problems


def self_test():
    """A tree with one fault of each kind, which the check must name, and nothing else."""
    tree = {
        "src/CMakeLists.txt": "gvm_group(low)\ngvm_library(base)\ngvm_library(a DEPS gvm_b)\ngvm_group(high)\n"
                              "gvm_library(b DEPS gvm_base)\ngvm_library(c DEPS gvm_b TEST_DEPS gvm_a)\n",
        "src/high/c/c.cpp": '#include "a/a.h"\n#include "b/b.h"\n#include "base/x.h"\n',
        "src/high/c/c_test.cpp": '#include "a/a.h"\n',
        "src/high/a/misplaced.h": "#include <curl/curl.h>\n",
        "apps/CMakeLists.txt": "target_link_libraries(gvm_apps PUBLIC gvm_c)\n",
        "apps/x.cpp": '#include "b/b.h"\n#include "c/c.h"\n',
        "tests/CMakeLists.txt": "foreach(suite docs e2e)\n  gvm_test(${suite}_test SOURCES x DEPS gvm_b LABELS l)\nendforeach()\n",
        "tests/e2e/e_test.cpp": '#include "b/b.h"\n#include "c/c.h"\n',
        "docs/architecture.md": "| high | `c` | words | a |\n| | `a` | words | b |\n",
    }
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in tree.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)
        problems = check(root)[1]
    wanted = ["a (low) depends on b (high)", "c uses b, the table says a", "a belongs to the group low", "<curl/curl.h> belongs to net",
              "c must not include a/a.h", "gvm_apps must not include b/b.h", "e2e_test must not include c/c.h"]
    assert len(problems) == len(wanted), problems
    for part in wanted:
        assert any(part in problem for problem in problems), (part, problems)


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    layers, problems = check(ROOT)
    for problem in problems:
        print(problem)
    print(f"layers: {len(problems)} problems in {len(layers.direct)} folders of {len(layers.groups)} groups, and {len(OUTER)} folders outside src")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
