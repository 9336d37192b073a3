#!/usr/bin/env python3
"""Checks that includes follow the layers: a folder of src/ includes only what src/CMakeLists.txt lets it link to
directly or through those, folders of a group include nothing of a later group, the headers of a wrapped library
appear only in the folder that wraps it, and apps, bench and tests include only folders that exist."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIST = re.compile(r"gvm_group\((\w+)\)|gvm_library\(([\w/]+)(?:\s+DEPS([^)]*?))?(?:\s+TEST_DEPS([^)]*?))?\)")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)
SOURCES = (".h", ".cpp")

# Header prefix -> the folders that may include it.
WRAPPED = {
    "lua": {"script", "host"},
    "curl/": {"net"},
    "yaml-cpp/": {"config"},
    "spdlog/": {"base"},
    "simdjson": {"text"},
    "unicode/": {"text", "url", "html", "envelope"},
    "lexbor/": {"html"},
    "ares.h": {"net"},
    "re2/": {"policy", "host", "jsonpath", "json_schema"},
    "zlib.h": {"net", "image"},
    "vips/": {"image"},
    "brotli/": {"net"},
    "jsoncons/": {"json_schema"},
    "jsoncons_ext/": {"json_schema"},
    "sqlite3.h": {"store_sqlite", "database"},
    "libpq-fe.h": {"store_postgres"},
    "boost/beast": {"serve", "support", "client", "egress", "browser", "manager"},
}


class Layers:
    """What src/CMakeLists.txt says: folder -> its group, and the folders it may include."""

    def __init__(self, text):
        self.groups, self.group, direct, self.tests = [], {}, {}, {}
        for group, folder, deps, test_deps in LIST.findall(text):
            if group:
                self.groups.append(group)
                continue
            name = folder.replace("/", "_")
            self.group[name] = self.groups[-1]
            direct[name] = {d[4:] for d in deps.split() if d.startswith("gvm_")}
            self.tests[name] = {d[4:] for d in test_deps.split() if d.startswith("gvm_")}
        self.allowed = {name: self._closure(name, direct) | {name} for name in direct}

    @staticmethod
    def _closure(name, direct):
        seen, pending = set(), [name]
        while pending:
            for dep in direct.get(pending.pop(), ()):
                if dep not in seen:
                    seen.add(dep)
                    pending.append(dep)
        return seen

    def folder_of(self, parts):
        """The folder that a path is in, as its target is called: "store/sqlite/x.h" is in store_sqlite."""
        nested = "_".join(parts[:2])
        return nested if len(parts) > 2 and nested in self.group else parts[0]

    def upward(self):
        """Dependencies on a later group."""
        for name, deps in self.allowed.items():
            for dep in deps:
                if dep in self.group and self.groups.index(self.group[dep]) > self.groups.index(self.group[name]):
                    yield f"src/CMakeLists.txt: {name} ({self.group[name]}) depends on {dep} ({self.group[dep]})"


def is_wrapped_by(prefix, header):
    open_ended = prefix[-1] == "/" or prefix in ("lua", "simdjson", "boost/beast")
    return header == prefix or (open_ended and header.startswith(prefix))


def check_source(layers, path, problems):
    where = path.relative_to(ROOT)
    group, folder = where.parts[1], layers.folder_of(where.parts[2:])
    if folder in layers.group and layers.group[folder] != group:
        problems.append(f"{where}: {folder} belongs to the group {layers.group[folder]}")
    is_test = path.stem.endswith("_test")
    for quote, header in INCLUDE.findall(path.read_text()):
        target = layers.folder_of(header.split("/"))
        if quote == '"' and target in layers.allowed and folder in layers.allowed:
            if target not in layers.allowed[folder] and not is_test:
                problems.append(f"{where}: {folder} must not include {header}")
        if quote == "<" and not is_test:
            for prefix, owners in WRAPPED.items():
                if is_wrapped_by(prefix, header) and folder not in owners:
                    problems.append(f"{where}: <{header}> belongs to {', '.join(sorted(owners))}")


def main():
    layers = Layers((ROOT / "src/CMakeLists.txt").read_text())
    problems = list(layers.upward())
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix in SOURCES:
            check_source(layers, path, problems)
    for problem in problems:
        print(problem)
    print(f"layers: {len(problems)} problems in {len(layers.allowed)} folders of {len(layers.groups)} groups")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
