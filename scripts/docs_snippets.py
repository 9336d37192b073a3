#!/usr/bin/env python3
"""Runs the code blocks of the documents: every fenced block of every tracked *.md has a language, and each language a way to be run.

  scripts/docs_snippets.py BIN_FOLDER [FILE.md...]      SNIPPETS_ONLY=yaml,lua chooses languages

  sh        each command, in a folder that has what the documents speak of: my.yaml, running modules, a page, a mock of a provider;
            servers run until the page's last command; `make TARGET` is only looked up
  console   the same for lines that begin with "$ "; the output must have the first line that the document shows
  yaml      genvm-modules check-config --strict, as a part of a configuration of one of the modules
  json      parsed, as a whole or line by line
  lua       genvm-modules script lint; with `script-test`, script test beside the file that the mark names; after a block of html or json and
            before one of json, run: the result must be that json
  python    run with the client of this tree; ts: with the client's types, where npm has them
  html, text, haproxy   are no programs of ours; haproxy reads its own where it is installed

A comment before a block says why it is not run, or what else it is:
  <!-- snippet: needs root -->  needs network, needs hours, form (of a command line), part (of a program: compiled only)
  <!-- snippet: file NAME -->   the block is that file in the folder of the page's commands
  <!-- snippet: tests FILE -->  the test file stands beside this script
"""
import dataclasses
import fcntl
import http.server
import json
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading

ROOT = pathlib.Path(__file__).resolve().parents[1]
# Made from the code, or types of functions: tests of their own compare them.
GENERATED = {"docs/lua-reference.md", "docs/configuration.md"}
MARKS = ("needs root", "needs network", "needs hours", "form", "part")
FENCE = re.compile(r"(?:^<!-- snippet: (?P<mark>[^\n]*?) -->\n)?^(?P<indent> *)```(?P<language>[^\n]*)\n(?P<code>.*?)^ *```", re.S | re.M)
INDENTED = re.compile(r"\n\n((?:    [^\n]+\n)+)")
SERVERS = re.compile(r"genvm-modules (llm|web|manager|render-service) |genvm-mock-upstream (?!--list)")
# A machine may lack something, and a refused URL is an answer.
MAY_FAIL = re.compile(r"genvm-modules (doctor|explain-url) ")
# What `init` asks: provider, address, model, variable of the key; further questions get their default.
ANSWERS = "\n\ngpt-4o\nOPENAIKEY\n" + 10 * "\n"
SECONDS = 120
BACKENDS = """
backends:
  local: {host: "http://127.0.0.1:9", provider: openai-compatible, key: k, models: {small: {supports_json: true}}}
  openai: {host: "http://127.0.0.1:9", provider: openai-compatible, key: k, models: {gpt-4o: {supports_json: true, supports_image: true}}}
  anthropic: {host: "http://127.0.0.1:9", provider: anthropic, key: k, models: {claude-sonnet: {supports_json: true}}}
"""


@dataclasses.dataclass
class Block:
    page: str
    line: int
    language: str
    mark: str
    code: str

    def where(self):
        return f"{self.page}:{self.line}"


class Wrong(Exception):
    pass


def blocks_of(page):
    text = (ROOT / page).read_text()
    for found in FENCE.finditer(text):
        line = text.count("\n", 0, found.start("language")) + 1
        code = re.sub(rf"^{found['indent']}", "", found["code"], flags=re.M)
        yield Block(page, line, found["language"].strip(), found["mark"] or "", code)


def unfenced(page):
    """Code by indentation, outside of lists."""
    text = re.sub(r"^ *```.*?^ *```", lambda m: "\n" * m[0].count("\n"), (ROOT / page).read_text(), flags=re.S | re.M)
    for found in INDENTED.finditer(text):
        before = text[:found.start()].rsplit("\n", 1)[-1]
        if not re.match(r"\s*([-*]|\d+\.) ", before) and not before.startswith(" "):
            yield text.count("\n", 0, found.start(1)) + 1


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run(command, cwd, more=None, text=None, patience=SECONDS):
    done = subprocess.run(command, cwd=cwd, env=os.environ | (more or {}), input=text or "", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, timeout=patience)
    return done.returncode, done.stdout


def run_on_terminal(command, cwd, more, text):
    """As a person sees it: bars are drawn."""
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    with subprocess.Popen(command, cwd=cwd, env=os.environ | more, stdin=subprocess.PIPE, stdout=slave, stderr=slave, text=True) as process:
        os.close(slave)
        process.stdin.write(text)
        process.stdin.close()
        output = b""
        while select.select([master], [], [], SECONDS)[0]:
            try:
                output += os.read(master, 65536)
            except OSError:  # the other end is closed
                break
        else:
            process.kill()
        os.close(master)
    return process.returncode, output.decode(errors="replace").replace("\r", "")


def must(code, output, what):
    if code != 0:
        raise Wrong(f"{what}: exit code {code}\n{output.strip()[-1500:]}")


class Site(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = b"<!doctype html><title>Example</title><h1>Example Domain</h1>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Started:
    """A server of a page's commands: it says that it is ready, and ends with success when it is told to."""

    def __init__(self, command, cwd, environment):
        self.command = command
        self.lines = []
        self.process = subprocess.Popen(["bash", "-c", "exec " + command], cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)
        self.ready = threading.Event()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        if not self.ready.wait(SECONDS) or not self.is_ready():
            self.process.kill()
            raise Wrong(f"{command}: not ready\n{''.join(self.lines)[-1500:]}")

    def is_ready(self):
        return any(re.search(r'"message":"ready"|^ready ', line) for line in self.lines)

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            if self.is_ready():
                self.ready.set()
        self.ready.set()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise Wrong(f"{self.command}: does not end") from None
        if code not in (0, -signal.SIGTERM):
            must(code, "".join(self.lines), self.command)


class Workspace:
    """What the commands of a page find."""

    def __init__(self, programs, blocks):
        self.programs = programs
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="docs-snippets-"))
        self.site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
        threading.Thread(target=self.site.serve_forever, daemon=True).start()
        self.ports = {name: free_port() for name in ("llm", "web", "manager", "service", "mock", "control")}
        for folder in ("bin", "build/release", "etc/genvm-modules", "run"):
            (self.folder / folder).mkdir(parents=True, exist_ok=True)
        (self.folder / "build/release/bin").symlink_to(programs)
        for name in ("config", "Makefile", "CMakePresets.json", "scripts", "clients"):
            (self.folder / name).symlink_to(ROOT / name)
        # A package that `apt` would be given, and the documents of the site, are not here: such blocks are marked.
        self.environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "OPENAIKEY": "k", "HOME": str(self.folder),
                                         "XDG_RUNTIME_DIR": str(self.folder / "run"), "PYTHONPATH": str(ROOT / "clients/python/src")}
        self.started = []
        # What `llm-check` asks a model must be answered as a model does.
        (self.folder / "mock.json").write_text('{"rules": [{"when": {"prompt": "exactly this word"}, "fault": {"status": 200, "words": "ok"}}]}')
        self.mock = Started(f"genvm-mock-upstream --port {self.ports['mock']} --rules mock.json", self.folder, self.environment)
        self.write_configurations()
        self.write_keys()
        for block in blocks:
            if block.mark.startswith("file "):
                (self.folder / block.mark.removeprefix("file ")).write_text(block.code)

    def write_keys(self):
        must(*run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", "key.pem"], self.folder), "openssl")
        must(*run(["openssl", "pkey", "-in", "key.pem", "-pubout", "-out", "key.pub"], self.folder), "openssl")

    def write_configurations(self):
        llm = f"""bind_address: 127.0.0.1:{self.ports['llm']}
lua_script_path: {ROOT}/config/genvm-llm-default.lua
data_dir: {self.folder}/data
log_level: debug
budgets: {{daily: {{usd: 10, window: day}}}}
pricing: {{file: "{self.folder}/prices.yaml"}}
greybox: {{text: {{temperature: {{min: 0.4, max: 0.9}}}}}}
backends:
  main: {{host: "http://127.0.0.1:{self.ports['mock']}", provider: openai-compatible, key: k, models: {{m: {{supports_json: true, supports_image: true}}}}}}
"""
        web = f"""bind_address: 127.0.0.1:{self.ports['web']}
lua_script_path: {ROOT}/config/genvm-web-default.lua
data_dir: {self.folder}/data
always_allow_hosts: [127.0.0.1]
"""
        (self.folder / "prices.yaml").write_text("models:\n  - {model: m, input: 3, output: 15}\n")
        for name, text in (("my.yaml", llm), ("my-web.yaml", web), ("etc/genvm-modules/genvm-module-llm.yaml", llm),
                           ("etc/genvm-modules/genvm-module-web.yaml", web), ("etc/genvm-modules/llm.yaml", llm)):
            (self.folder / name).write_text(text)

    def adapted(self, command):
        """Addresses and folders of the documents, as they are here."""
        for documented, here in (("https://example.com/", f"http://127.0.0.1:{self.site.server_port}/"), ("127.0.0.1:3031", f"127.0.0.1:{self.ports['llm']}"),
                                 ("127.0.0.1:3032", f"127.0.0.1:{self.ports['web']}"), ("--port 3999", f"--port {self.ports['manager']}"),
                                 ("127.0.0.1:3999", f"127.0.0.1:{self.ports['manager']}"), ("127.0.0.1:4444", f"127.0.0.1:{self.ports['service']}"),
                                 ("--port 8080", "--port 0"), ("--control-port 8081", "--control-port 0"), ("https://api.openai.com", f"http://127.0.0.1:{self.ports['mock']}"),
                                 ("/tmp/", "./"), ("/etc/genvm-modules", "./etc/genvm-modules"), ("/etc/genvm/", "./etc/genvm-modules/")):
            command = command.replace(documented, here)
        # Here is no terminal.
        command = re.sub(r"(genvm-modules top)(?!.*--once)", r"\1 --once", command)
        return command.replace(" RECORD", f" {self.record()}") if " RECORD" in command else command

    def record(self):
        """Of a prompt that has been answered before."""
        for server in self.started:
            for line in reversed(server.lines):
                if found := re.search(r'"record":"([^"]+)"', line):
                    return found[1]
        raise Wrong("no prompt was answered before RECORD is asked for")

    def start(self, command):
        self.started.append(Started(command, self.folder, self.environment))

    def stand(self):
        """Modules for commands that ask running ones."""
        if not self.started:
            self.start("genvm-modules llm --config my.yaml")
            self.start("genvm-modules web --config my-web.yaml")
            self.sh('genvm-modules call ws://127.0.0.1:3031 prompt "What is the capital of France?"')

    def sh(self, command, terminal=False):
        if look_up(command):
            return None
        command = self.adapted(command)
        if SERVERS.search(command + " "):
            return self.start(command)
        way = run_on_terminal if terminal else run
        code, output = way(["bash", "-c", command], self.folder, self.environment, ANSWERS)
        if MAY_FAIL.search(command) and code in (0, 1):
            code = 0
        must(code, output, command)
        return output

    def end(self):
        try:
            for server in reversed(self.started):
                server.stop()
            self.started.clear()
        finally:
            for server in [*self.started, self.mock]:
                server.process.kill()
            self.site.shutdown()
            shutil.rmtree(self.folder, ignore_errors=True)


def commands(code):
    """Lines without their comments, joined where they go on."""
    for line in re.sub(r"\\\n\s*", " ", code).splitlines():
        command = re.sub(r"\s+#.*", "", line).strip()
        if command and not command.startswith("#"):
            yield command


def look_up(command):
    """Whether it is a command that is only looked up: a target of make, which takes minutes to hours."""
    found = re.match(r"make (\w[\w-]*)$", command)
    if found:
        must(*run(["make", "-n", "-C", ROOT, found[1]], ROOT), command)
    return found is not None


class Checker:
    def __init__(self, programs):
        self.programs = programs
        self.counts = {}
        self.skipped = []

    def modules(self, *arguments, cwd):
        return run([self.programs / "genvm-modules", *arguments], cwd)

    # ---------------------------------------------------------------- by language

    def yaml(self, block, _):
        faults = []
        for module in ("llm", "web"):
            with tempfile.TemporaryDirectory() as name:
                folder = pathlib.Path(name)
                text = block.code.replace("/etc/genvm/", f"{folder}/").replace("/mnt/elsewhere", str(folder))
                if module == "llm" and not re.search(r"^backends:", text, flags=re.M):
                    text += BACKENDS
                self.files_of_configurations(folder)
                if not re.search(r"^lua_script_path:", text, flags=re.M):
                    text += f"\nlua_script_path: {ROOT}/config/genvm-{module}-default.lua\n"
                (folder / f"genvm-module-{module}.yaml").write_text(text)
                names = re.findall(r"ENV\[(\w+)\]", text)
                code, output = run([self.programs / "genvm-modules", "check-config", "--strict", folder / f"genvm-module-{module}.yaml"], folder,
                                   dict.fromkeys(names, "a-secret-of-sixteen-or-more"))
                if code == 0:
                    return
                faults.append(f"as a part of the {module} module's:\n{output.strip()}")
        raise Wrong("\n".join(faults))

    @staticmethod
    def files_of_configurations(folder):
        (folder / "tokens").write_text("a-token-of-sixteen-or-more\n")
        (folder / "tokens").chmod(0o600)
        (folder / "tls").mkdir()
        files = ["-keyout", folder / "tls/key.pem", "-out", folder / "tls/fullchain.pem"]
        run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "9", "-subj", "/CN=node", *files], folder)
        shutil.copy(folder / "tls/fullchain.pem", folder / "tls/nodes.pem")

    def json(self, block, _):
        try:
            json.loads(block.code)
        except ValueError:
            joined = re.sub(r"\n ", " ", block.code)
            for line in joined.splitlines():
                json.loads(line)

    def lua(self, block, around):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            if block.mark.startswith("tests "):
                script = ROOT / block.mark.removeprefix("tests ")
                shutil.copy(script, folder / "script.lua")
                (folder / "script_test.lua").write_text(block.code)
                return must(*self.modules("script", "test", "script.lua", cwd=folder), "script test")
            before, after = around
            if after and after.language == "json" and before and before.language in ("html", "json"):
                return self.lua_result(block, before, after, folder)
            (folder / "script.lua").write_text(as_script(block.code))
            return must(*self.modules("script", "lint", "--module", "llm", "script.lua", cwd=folder), "script lint")

    def lua_result(self, block, given, expected, folder):
        """The block is the body of a function that has `page`, or `body`, of the block before."""
        (folder / "script.lua").write_text(f"""
local lib = require("lib-genvm")
local body = [====[{given.code}]====]
local function snippet(page)
{block.code}
end
function ExecPrompt(ctx, args)
  local page = {'lib.rs.html(body)' if given.language == 'html' else 'nil'}
  local expected = lib.rs.json_parse([====[{expected.code}]====])
  local result, wanted = lib.rs.json_stringify(snippet(page)), lib.rs.json_stringify(expected)
  return {{ data = result == wanted and "the same" or result, consumed_gen = 0 }}
end
function ExecPromptTemplate() error("not here") end
""")
        (folder / "script_test.lua").write_text("""
local test = require("script-test")
test.config [[
backends:
  main: {host: "https://main.example", provider: openai-compatible, key: unused, models: {m: {}}}
]]
test("gives what the document says", function(t) t.equal(t.prompt { prompt = "x" }.data, "the same") end)
""")
        must(*self.modules("script", "test", "script.lua", cwd=folder), "the result is not what the document says")

    def sh(self, block, workspace):
        for command in commands(block.code):
            workspace.sh(command)

    def console(self, block, workspace):
        lines = block.code.splitlines()
        if not lines[0].startswith("$ "):
            raise Wrong("the first line has no \"$ \"")
        output = workspace.sh(next(commands(lines[0][2:])), terminal=True) or ""
        first = stable_part(next((line for line in lines[1:] if line.strip()), ""))
        if not any(stable_part(line).startswith(first) for line in output.splitlines()):
            raise Wrong(f"the output has no line like {lines[1]!r}:\n{output[-1500:]}")

    def python(self, block, workspace):
        compile(block.code, block.where(), "exec")
        if block.mark == "part":
            return
        code = workspace.adapted(block.code)
        must(*run([sys.executable, "-c", code], workspace.folder, workspace.environment), "python")

    def ts(self, block, workspace):
        """With the types of the client's sources, by the compiler that the client's own test has installed."""
        source = next((path for path in (self.programs.parent / "clients", ROOT / "build/clients") if (path / "typescript/source/node_modules/typescript").exists()), None)
        if source is None or shutil.which("node") is None:
            self.skipped.append(f"{block.where()}: the TypeScript client is not built (scripts/clients/typescript.sh)")
            return
        source = source / "typescript/source"
        package = workspace.folder / "node_modules/genvm-modules-client"
        package.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "dist"):
            if not (package / name).exists():
                (package / name).symlink_to(source / name)
        if not (workspace.folder / "node_modules/@types").exists():
            (workspace.folder / "node_modules/@types").symlink_to(source / "node_modules/@types")
        (workspace.folder / "package.json").write_text('{"type": "module"}')
        (workspace.folder / "use.ts").write_text(workspace.adapted(block.code))
        tsc = ["node", source / "node_modules/typescript/bin/tsc", "--strict", "--target", "es2022", "--module", "nodenext", "--types", "node", "use.ts"]
        must(*run(tsc, workspace.folder), "tsc")
        if block.mark != "part":
            must(*run(["node", "use.js"], workspace.folder), "node")

    def haproxy(self, block, _):
        program = "/usr/sbin/haproxy"
        if not os.path.exists(program):
            self.skipped.append(f"{block.where()}: HAProxy is not installed")
            return
        with tempfile.NamedTemporaryFile("w", suffix=".cfg") as file:
            file.write(block.code)
            file.flush()
            must(*run([program, "-c", "-f", file.name], "/"), "haproxy")

    # ---------------------------------------------------------------- a page

    def page(self, name, only):
        blocks = list(blocks_of(name))
        faults = [f"{name}:{line}: code by indentation: put it between ``` with its language" for line in unfenced(name)]
        workspace = None
        try:
            for at, block in enumerate(blocks):
                try:
                    if only and block.language not in only:
                        continue
                    around = (blocks[at - 1] if at else None, blocks[at + 1] if at + 1 < len(blocks) else None)
                    if self.must_run(block) and block.language in ("sh", "console", "python", "ts"):
                        workspace = workspace or Workspace(self.programs, blocks)
                        if not re.search("genvm-modules llm", "".join(b.code for b in blocks if b.language == "sh")):
                            workspace.stand()
                    self.block(block, around, workspace)
                except (Wrong, ValueError, SyntaxError, subprocess.TimeoutExpired) as wrong:
                    faults.append(f"{block.where()}: {block.language}: {wrong}")
            if workspace:
                ending, workspace = workspace, None
                ending.end()
        except Wrong as wrong:
            faults.append(f"{name}: {wrong}")
        finally:
            if workspace:
                workspace.end()
        return faults

    @staticmethod
    def must_run(block):
        return not block.mark.startswith(("needs ", "form", "file "))

    def block(self, block, around, workspace):
        if block.mark and block.mark not in MARKS and not block.mark.startswith(("file ", "tests ")):
            raise Wrong(f"unknown mark: {block.mark}")
        if not block.language:
            raise Wrong("a block without a language: sh, console, yaml, lua ..., or text for what is none")
        way = {"yaml": self.yaml, "json": self.json, "lua": self.lua, "sh": self.sh, "console": self.console, "python": self.python, "ts": self.ts,
               "haproxy": self.haproxy, "html": None, "text": None}
        if block.language not in way:
            raise Wrong("no way to run this language: see scripts/docs_snippets.py")
        kind = "marked" if not self.must_run(block) else block.language
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if block.mark.startswith("file ") and block.language == "sh":
            must(*run(["sh", "-n"], "/", text=block.code), "sh -n")
        if block.language == "sh":
            for command in commands(block.code):
                look_up(command)
        check = way[block.language]
        if check is None or (not self.must_run(block) and block.language != "json"):
            return
        check(block, around if block.language == "lua" else workspace)


def as_script(code):
    """A part of a script, with what stands around it there."""
    if re.search(r"^function ExecPrompt\(", code, flags=re.M):
        return code
    known = "".join(f'local {name} = require("{module}")\n' for name, module in (("lib", "lib-genvm"), ("llm", "lib-llm")) if f"local {name} =" not in code)
    return known + f"""local function snippet(ctx, request, page, body)
{code}
end
function ExecPrompt(ctx, args) return snippet(ctx, args) end
function ExecPromptTemplate(ctx, args) return snippet(ctx, args) end
"""


def stable_part(line):
    """Up to the first figure: what follows differs from run to run."""
    return re.sub(r"\s+", " ", re.split(r"\d", line)[0]).strip()


def main():
    programs = pathlib.Path(sys.argv[1]).resolve()
    pages = sys.argv[2:] or subprocess.run(["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    checker = Checker(programs)
    only = set(filter(None, os.environ.get("SNIPPETS_ONLY", "").split(",")))
    faults = []
    for page in pages:
        if page not in GENERATED:
            faults += checker.page(page, only)
    for line in checker.skipped:
        print(f"snippets: skipped: {line}")
    for fault in faults:
        print(f"snippets: {fault}")
    print("snippets: " + ", ".join(f"{count} {kind}" for kind, count in sorted(checker.counts.items())) + f"; {len(faults)} wrong")
    sys.exit(1 if faults or not checker.counts else 0)


if __name__ == "__main__":
    main()
