#!/usr/bin/env python3
"""clang-tidy with the list of .clang-tidy over the sources of src and apps, several files at a time.

  scripts/lint/tidy.py [FILE...]      default: every .cpp of src and apps that is no test
  scripts/lint/tidy.py --self-test    checks this script itself, with programs in clang-tidy's place

Files that were changed last come first. With GVM_TIDY_SECONDS no file is begun after that time; what was not looked at is counted in the last line.
A file passes when clang-tidy ends with 0 and prints no finding: a crash is a failure. A file that passed is skipped until it
changes, or a header it includes (over any number of steps), its compile command, .clang-tidy or clang-tidy's version.
"""
import concurrent.futures
import contextlib
import hashlib
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
FINDING = re.compile(r"(warning|error):")
TIDY = "clang-tidy-19"


class Sources:
    """The texts of the project's files, and which files one includes."""

    def __init__(self, root):
        self.root = root
        groups = sorted(p for p in (root / "src").glob("*") if p.is_dir())
        self.include_roots = [root, *groups, root / "build/clang/generated", root / "tests"]
        self.texts = {}

    def text(self, path):
        if path not in self.texts:
            self.texts[path] = path.read_text()
        return self.texts[path]

    def closure(self, file):
        """The file and all headers of the project that it includes, sorted."""
        seen, pending = set(), [file]
        while pending:
            path = pending.pop()
            if path in seen:
                continue
            seen.add(path)
            for name in INCLUDE.findall(self.text(path)):
                found = next((r / name for r in [path.parent, *self.include_roots] if (r / name).is_file()), None)
                if found:
                    pending.append(found.resolve())
        return sorted(seen)

    def key(self, file, command):
        digest = hashlib.sha256(command.encode())
        for path in self.closure(file):
            digest.update(self.text(path).encode())
        return digest.hexdigest()


def check(tidy, root, file):
    """What is wrong with the file; empty when it passed."""
    done = subprocess.run([*tidy, "--quiet", "-p", str(root / "build/clang"), str(file)],
                          cwd=root, capture_output=True, text=True)
    findings = [line for line in done.stdout.splitlines() if FINDING.search(line)]
    if done.returncode != 0 and not findings:
        findings = [f"{file}: clang-tidy ended with {done.returncode}:", *done.stderr.splitlines()[-15:]]
    return findings


def newest_first(files):
    """By the time of their last commit, so that a time limit leaves out what others have looked at before."""
    log = subprocess.run(["git", "log", "--format=%x00%ct", "--name-only", "--", "src", "apps"], cwd=ROOT, capture_output=True, text=True).stdout
    changed = {}
    for commit in log.split("\0")[1:]:
        seconds, *names = commit.split()
        for name in names:
            changed.setdefault(name, int(seconds))
    return sorted(files, key=lambda name: -changed.get(name, 0))


def run(tidy, root, files, seconds=float("inf")):
    """Prints what is wrong; the number of files that failed, of those that were skipped, and of those that had no time."""
    end, late = time.monotonic() + seconds, set()
    cache = root / "build/tidy-cache"
    cache.mkdir(parents=True, exist_ok=True)
    commands = {c["file"]: c["command"] for c in json.loads((root / "build/clang/compile_commands.json").read_text())}
    version = subprocess.run([*tidy, "--version"], capture_output=True, text=True).stdout
    rules = version + (root / ".clang-tidy").read_text()
    sources, failed, pending = Sources(root), 0, {}
    for file in files:
        path = (root / file).resolve()
        stamp = cache / sources.key(path, rules + commands.get(str(path), ""))
        if not stamp.exists():
            pending[file] = stamp

    def in_time(file):
        if time.monotonic() >= end:
            late.add(file)
            return []
        return check(tidy, root, file)

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        waiting = {pool.submit(in_time, file): file for file in pending}
        for job in concurrent.futures.as_completed(waiting):
            if findings := job.result():
                failed += 1
                print("\n".join(findings), flush=True)
            elif waiting[job] not in late:
                pending[waiting[job]].touch()
    return failed, len(files) - len(pending), len(late)


def self_test():
    """Stand-ins for clang-tidy: one that crashes fails, one that passes is not asked again until a header changes."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder).resolve()
        for name, text in {"src/base/a/a.cpp": '#include "a/a.h"\n', "src/base/a/a.h": '#include "a/b.h"\n',
                           "src/base/a/b.h": "int b;\n", "src/base/a/other.h": "int other;\n", ".clang-tidy": "",
                           "build/clang/compile_commands.json": "[]"}.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text)

        def outcome(script, seconds=float("inf")):
            with contextlib.redirect_stdout(io.StringIO()):
                failed, skipped, late = run(["sh", "-c", script, "tidy"], root, ["src/base/a/a.cpp"], seconds)
            return (failed, skipped, late) if late else (failed, skipped)

        assert outcome("exit 1", 0) == (0, 0, 1), "after the time limit no file is begun"
        assert outcome("kill -SEGV $$") == (1, 0), "a crash must fail"
        assert outcome("echo 'a.cpp:1: warning: x'; exit 0") == (1, 0), "a finding must fail"
        assert outcome("exit 0") == (0, 0), "a file without findings must pass"
        assert outcome("exit 0") == (0, 1), "a file that passed must be skipped"
        (root / "src/base/a/other.h").write_text("int changed;\n")
        assert outcome("exit 0") == (0, 1), "a header that it does not include must not matter"
        (root / "src/base/a/b.h").write_text("int changed;\n")
        assert outcome("kill -SEGV $$") == (1, 0), "a header that it includes indirectly must matter"
    print("tidy: the self-test passed")
    return 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    # Every time: a file that is newer than the compile commands would be judged without its own.
    configured = subprocess.run(["cmake", "--preset", "clang", "-DGVM_BUILD_TESTS=OFF"], cwd=ROOT, stdout=subprocess.DEVNULL)
    if configured.returncode != 0:
        return 1
    files = sys.argv[1:] or [f for f in subprocess.check_output(
        ["git", "ls-files", "src/*.cpp", "apps/*.cpp"], cwd=ROOT, text=True).split() if not re.search(r"_test\.cpp$|/test_[^/]*$", f)]
    failed, skipped, late = run([TIDY], ROOT, newest_first(files), float(os.environ.get("GVM_TIDY_SECONDS", "inf")))
    print(f"clang-tidy: {len(files)} files, {failed} failed, {skipped} unchanged since they passed, {late} not looked at for want of time")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
