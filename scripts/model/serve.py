#!/usr/bin/env python3
"""Serves a small language model over HTTP, offline and on the CPU.

The server is llama.cpp's own (from the xllamacpp wheel); this file only chooses
its parameters. It listens on 127.0.0.1 and offers, among others,
/v1/chat/completions, /v1/messages, /v1/models and /health. It runs until it is
told to stop or until the process that started it ends.

    build/venv/bin/python scripts/model/serve.py --port 8080
"""

import argparse
import ctypes
import os
import signal
import sys
import urllib.request
from pathlib import Path

import weights

PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """A test that crashes must not leave a model server behind."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    # The parent may have gone before the call above took effect.
    if os.getppid() != parent:
        sys.exit("serve.py: the process that started this one is gone")


def arguments() -> argparse.Namespace:
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--port", type=int, required=True, help="0 chooses a free one")
    ap.add_argument("--model", choices=weights.MODELS, default="qwen")
    ap.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    ap.add_argument("--ctx", type=int, default=4096, help="context size in tokens")
    ap.add_argument("--api-key", help="refuse requests that do not carry this key")
    ap.add_argument("--verbose", action="store_true", help="llama.cpp's log on stderr")
    return ap.parse_args()


def main() -> None:
    parent = os.getppid()
    # The library's calls block without letting Python's handlers run, so the
    # default action is what makes a stop prompt.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    args = arguments()
    die_with_parent(parent)
    path = weights.path(args.model)
    if not path.exists():
        sys.exit(f"serve.py: no weights of {args.model}: run scripts/model/setup.sh")
    # Threads that wait for each other must sleep, not spin: on a busy machine
    # spinning makes answers fifty times slower. Read when the library is loaded.
    os.environ["OMP_WAIT_POLICY"] = "passive"
    try:
        import xllamacpp
    except ImportError as e:
        sys.exit(f"serve.py: {e}: run scripts/model/setup.sh")

    p = xllamacpp.CommonParams()
    p.model.path = str(path)
    p.model_alias = {args.model}
    if args.model == "qwen":
        p.chat_template = (Path(__file__).parent / "qwen.jinja").read_text()
    p.offline = True
    p.hostnames = ["127.0.0.1"]
    p.port = args.port
    if args.api_key:
        p.api_keys = [args.api_key]
    p.cpuparams.n_threads = args.threads
    p.cpuparams_batch.n_threads = args.threads
    # Memory: a short context, and the weights used as they lie in the file. The
    # rearranged copy that llama.cpp would make costs 0.6 GB for a gain of 15 %.
    p.n_ctx = args.ctx
    p.no_extra_bufts = True
    # What a request that names no limit may produce at most.
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

    try:
        server = xllamacpp.Server(p)
    except RuntimeError as e:
        sys.exit(f"serve.py: cannot serve {path.name} on port {args.port} (in use?): {e}")
    url = server.listening_address
    # Without a proxy, whatever the environment says.
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(f"{url}/health", timeout=30) as answer:
        answer.read()
    print(f"ready {url} model={args.model}", flush=True)
    while True:
        signal.pause()


if __name__ == "__main__":
    main()
