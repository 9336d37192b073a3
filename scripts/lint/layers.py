#!/usr/bin/env python3
"""Checks that includes follow the layers: a folder of src/ may include only what src/CMakeLists.txt lets it link to,
and the headers of a wrapped library appear only in the folder that wraps it."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
LIBRARY = re.compile(r"gvm_library\((\w+)(?:\s+DEPS([^)]*?))?(?:\s+TEST_DEPS([^)]*?))?\)")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)

# Header prefix -> the folders that may include it.
WRAPPED = {
    "lua": {"script", "host"},
    "curl/": {"net"},
    "yaml-cpp/": {"config"},
    "spdlog/": {"base"},
    "simdjson": {"text"},
    "unicode/": {"text", "url", "html"},
    "gumbo.h": {"html"},
    "ares.h": {"net"},
    "re2/": {"policy", "host"},
    "prometheus/": {"serve"},
    "sqlite3.h": {"store"},
    "libpq-fe.h": {"store"},
    "boost/beast": {"serve", "support", "client", "egress", "browser"},
}


def folders(text):
    """Folder -> the folders it may include, transitively."""
    direct, tests = {}, {}
    for name, deps, test_deps in LIBRARY.findall(text):
        direct[name] = {d[4:] for d in deps.split() if d.startswith("gvm_")}
        tests[name] = {d[4:] for d in test_deps.split() if d.startswith("gvm_")}
    def closure(name):
        seen, open = set(), [name]
        while open:
            for dep in direct.get(open.pop(), ()):
                if dep not in seen:
                    seen.add(dep)
                    open.append(dep)
        return seen
    return {n: closure(n) | {n} for n in direct}, tests


def main():
    allowed, tests = folders((ROOT / "src/CMakeLists.txt").read_text())
    problems = []
    for path in sorted((ROOT / "src").rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        folder = path.relative_to(ROOT / "src").parts[0]
        is_test = path.stem.endswith("_test")
        for quote, header in INCLUDE.findall(path.read_text()):
            target = header.split("/")[0]
            if quote == '"' and target in allowed and folder in allowed:
                permitted = allowed[folder] | (tests[folder] if is_test else set())
                if target not in permitted and not is_test:
                    problems.append(f"{path.relative_to(ROOT)}: {folder} must not include {header}")
            if quote == "<" and not is_test:
                for prefix, owners in WRAPPED.items():
                    matches = header == prefix or (header.startswith(prefix) and (prefix[-1] == "/" or prefix in ("lua", "simdjson", "boost/beast")))
                    if matches and folder not in owners:
                        problems.append(f"{path.relative_to(ROOT)}: <{header}> belongs to {', '.join(sorted(owners))}")
    for problem in problems:
        print(problem)
    print(f"layers: {len(problems)} problems in {len(allowed)} folders")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
