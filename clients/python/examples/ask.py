"""Asks an LLM module and, with a second address, a web module. Usage: ask.py ws://127.0.0.1:3031 [ws://127.0.0.1:3032 URL]"""

import sys

from genvm_client import Client, FatalError, Hello, TransportError, UserError


def ask_llm(address: str) -> None:
    with Client(address, Hello.b(genvm_id=1, host_data={"tx_id": "0x1", "node_address": "0x2"})) as llm:
        print("health:", llm.health().fields["status"])
        print("answer:", llm.prompt("What is the capital of France?", timeout=60).data)
        print("json:", llm.prompt_json("Name a colour as a JSON object.", timeout=60).data)
        verdict = llm.eq_comparative("The sky is blue.", "The colour of the sky is blue.", "The same meaning", timeout=60)
        print("the same:", verdict.data)
        print("stats:", llm.stats())


def ask_web(address: str, url: str) -> None:
    with Client(address, Hello.c(genvm_id=1, role="leader")) as web:
        response = web.request("GET", url, size_limit=1 << 20, timeout=30)
        print("status:", response.status, "bytes:", len(response.body))
        print("page:", web.render_text(url, timeout=60)[:200])


def main() -> int:
    try:
        ask_llm(sys.argv[1])
        if len(sys.argv) > 3:
            ask_web(sys.argv[2], sys.argv[3])
    except UserError as error:
        print("a contract may catch this:", error, error.ctx)
        return 2
    except FatalError as error:
        print("the operator must act:", error.code, error.detail)
        return 3
    except TransportError as error:
        print("no answer:", error, "- it may have been executed" if error.maybe_executed else "- nothing was sent")
        return 4
    return 0


if __name__ == "__main__":
    sys.exit(main())
