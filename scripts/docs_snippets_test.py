#!/usr/bin/env python3
"""What scripts/docs_snippets.py must find, and what it must pass."""
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
FENCE = "```"

# A page, and a part of what is said of it; "": nothing is wrong.
PAGES = {
    "a command that nobody runs": (f"{FENCE}\ngenvm-modules --version\n{FENCE}\n", "without a language"),
    "a language that nobody runs": (f"{FENCE}perl\nprint 1\n{FENCE}\n", "no way to run this language"),
    "a mark that is none": (f"<!-- snippet: later -->\n{FENCE}sh\ntrue\n{FENCE}\n", "unknown mark"),
    "code by indentation": ("Run this:\n\n    genvm-modules --version\n\nand go on.\n", "code by indentation"),
    "a command that fails": (f"{FENCE}sh\ngenvm-modules check-config none.yaml\n{FENCE}\n", "exit code 1"),
    "a target that make does not have": (f"{FENCE}sh\nmake nothing\n{FENCE}\n", "No rule to make target"),
    "such a target in a block that is not run": (f"<!-- snippet: needs hours -->\n{FENCE}sh\nmake nothing\n{FENCE}\n", "No rule to make target"),
    "another output": (f"{FENCE}console\n$ genvm-modules usage --config my.yaml\nsomething else\n{FENCE}\n", "no line like"),
    "a key that no module has": (f"{FENCE}yaml\nserve: {{max_sesions: 3}}\n{FENCE}\n", "max_sesions"),
    "JSON that is none": (f"{FENCE}json\n{{\"a\": }}\n{FENCE}\n", "Expecting value"),
    "a host function that does not exist": (f"{FENCE}lua\nllm.rs.exec_promt(ctx, {{}})\n{FENCE}\n", "no host function"),
    "Lua that is none": (f"{FENCE}lua\nif then end\n{FENCE}\n", "script lint"),
    "another result": (f"{FENCE}html\n<h1>A</h1>\n{FENCE}\n{FENCE}lua\nreturn page:extract{{t = 'h1'}}\n{FENCE}\n{FENCE}json\n{{\"t\": \"B\"}}\n{FENCE}\n",
                       "not what the document says"),
    "Python that fails": (f"{FENCE}python\nfrom genvm_client import Nothing\n{FENCE}\n", "ImportError"),
    "a good page": (f"{FENCE}sh\ngenvm-modules --version  # says it\n{FENCE}\n{FENCE}yaml\nserve: {{max_sessions: 3}}\n{FENCE}\n"
                    f"{FENCE}html\n<h1>A</h1>\n{FENCE}\n{FENCE}lua\nreturn page:extract{{t = 'h1'}}\n{FENCE}\n{FENCE}json\n{{\"t\": \"A\"}}\n{FENCE}\n"
                    f"<!-- snippet: needs network -->\n{FENCE}sh\nfalse\n{FENCE}\n{FENCE}text\nanything\n{FENCE}\n", ""),
}


def main():
    faults = 0
    for name, (page, wanted) in PAGES.items():
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "page.md"
            path.write_text(page)
            done = subprocess.run([ROOT / "scripts/docs_snippets.py", sys.argv[1], path], capture_output=True, text=True, timeout=300)
        good = done.returncode == (1 if wanted else 0) and wanted in done.stdout
        if not good:
            faults += 1
            print(f"snippets: {name}: expected {wanted or 'no fault'!r}, got exit code {done.returncode}\n{done.stdout}{done.stderr}")
    print(f"snippets: {len(PAGES)} pages with faults of every kind, {faults} judged wrongly")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
