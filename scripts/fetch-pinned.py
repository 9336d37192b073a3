#!/usr/bin/env python3
"""Downloads one file of a Python package, as pip is configured to, and checks its SHA-256.

  scripts/fetch-pinned.py PACKAGE FILE SHA256 DESTINATION

Used for the C sources that a source distribution ships: `pip download` would run the package's own build first, which
takes a minute and brings a compiler for Python extensions. Called by cmake/GvmPinned.cmake. pip must be importable: when
this Python has none, the project's own environment (scripts/setup-python.sh) is used.
Exit codes: 0 done, 3 the file cannot be had, 4 it is not the pinned one.
"""
import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]


def use_a_python_with_pip():
    try:
        import pip  # noqa: F401
    except ImportError:
        python = ROOT / "build/venv/bin/python"
        if pathlib.Path(sys.executable) == python:
            sys.exit("fetch-pinned: build/venv has no pip")
        subprocess.run([ROOT / "scripts/setup-python.sh"], check=True)
        os.execv(python, [python, __file__, *sys.argv[1:]])


def download(package, file_name):
    """The bytes of the file, from the index, with the certificates and the proxy that pip uses."""
    from pip._internal.commands import create_command

    command = create_command("download")
    options, _ = command.parse_args(["--disable-pip-version-check", "--no-input", package])
    with command.main_context():
        session = command.get_default_session(options)
        finder = command._build_package_finder(options=options, session=session)
        links = [c.link for c in finder.find_all_candidates(package) if c.link.filename == file_name]
        if not links:
            raise RuntimeError(f"the index has no {file_name}")
        if links[0].is_file:
            return pathlib.Path(links[0].file_path).read_bytes()
        answer = session.get(links[0].url_without_fragment, timeout=60, headers={"Accept-Encoding": "identity"})
        answer.raise_for_status()
        return answer.content


def main():
    package, file_name, sha256, destination = sys.argv[1:]
    use_a_python_with_pip()
    print(f"fetch-pinned: {file_name}", flush=True)
    try:
        content = download(package, file_name)
    except Exception as error:  # pip's failures have no common type; the reader needs one line
        print(f"fetch-pinned: {file_name} cannot be had: {type(error).__name__}", file=sys.stderr)
        return 3
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        print(f"fetch-pinned: {file_name} has SHA-256 {found}, pinned is {sha256}", file=sys.stderr)
        return 4
    target = pathlib.Path(destination)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as part:
        part.write(content)
    os.replace(part.name, target)  # two builds may fetch at the same time: each leaves a whole file
    return 0


if __name__ == "__main__":
    sys.exit(main())
