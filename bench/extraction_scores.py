#!/usr/bin/env python3
"""Scores of the main content on pages with known texts, and how fast it is beside bare parsing. For `make bench`.

The pages: GVM_EXTRACTION_DATA, else ../shared/data/extraction beside the project: html/ID.html.gz and ground-truth.json,
the metric as that folder's README defines it. "worked on" and "held out" are halves by the hash of the ID: the first was
looked at while the code was written, the second was not. And tests/data/extraction, pages in other scripts.
`--texts FILE.json` scores another program's texts ({ID: text}) on the same pages."""
import argparse
import collections
import gzip
import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import typing

ROOT = pathlib.Path(__file__).resolve().parents[1]
WORD = re.compile(r"\w+")
GRAM = 4


class Score(typing.NamedTuple):
    f1: float
    precision: float
    recall: float
    empty: int

    def __str__(self):
        return f"F1 {self.f1:.4f}  precision {self.precision:.4f}  recall {self.recall:.4f}  empty {self.empty}"


def grams(text):
    words = WORD.findall(text)
    count = max(1, len(words) - GRAM + 1) if words else 0
    return collections.Counter(tuple(words[i : i + GRAM]) for i in range(count))


def score(truth, texts, ids):
    precisions, recalls, empty = [], [], 0
    for page in ids:
        right, found = grams(truth[page]), grams(texts.get(page, ""))
        both = (right & found).total()
        if found:
            precisions.append(both / found.total())
        if right:
            recalls.append(both / right.total())
        if not right and not found:
            precisions.append(1.0)
            recalls.append(1.0)
        empty += bool(right) and not found
    precision = sum(precisions) / max(1, len(precisions))
    recall = sum(recalls) / max(1, len(recalls))
    return Score(2 * precision * recall / ((precision + recall) or 1), precision, recall, empty)


def is_held_out(page):
    return hashlib.sha256(page.encode()).digest()[0] & 1 == 1


def benchmark_pages(folder, target):
    truth = {page: entry["articleBody"] for page, entry in json.loads((folder / "ground-truth.json").read_text()).items()}
    for page in truth:
        (target / f"{page}.html").write_bytes(gzip.decompress((folder / "html" / f"{page}.html.gz").read_bytes()))
    return truth


def own_pages(folder):
    return {path.stem: path.with_suffix(".txt").read_text() for path in sorted(folder.glob("*.html"))}


def extract(program, files, field):
    out = subprocess.run([program, *files], capture_output=True, text=True, check=True, timeout=600).stdout
    return {pathlib.Path(line["file"]).stem: line[field] for line in map(json.loads, out.splitlines())}


def print_markdown_loss(program, files):
    """Words of the main text that the Markdown has less often."""
    out = subprocess.run([program, *files], capture_output=True, text=True, check=True, timeout=600).stdout
    lost = total = 0
    for line in map(json.loads, out.splitlines()):
        words = collections.Counter(re.findall(r"[^\W_]+", plain(line["markdown"])))
        wanted = collections.Counter(re.findall(r"[^\W_]+", line["main_text"]))
        total += wanted.total()
        lost += (wanted - words).total()
    print(f"extraction, words of the text that the Markdown lacks: {lost} of {total}")


def plain(markdown):
    """Without what Markdown adds inside of words."""
    text = re.sub(r"\]\([^)\s]*\)", "", markdown)
    return re.sub(r"\\(?=[^\w\s])|(?<!\\)(\*\*|\*|~~|`|\[|!\[)", "", text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--program", default=str(ROOT / "build/release/bin/bench_extraction"))
    parser.add_argument("--data", type=pathlib.Path,
                        default=os.environ.get("GVM_EXTRACTION_DATA", ROOT.parent / "shared/data/extraction"))
    parser.add_argument("--texts", type=pathlib.Path, help="score these texts instead of ours")
    parser.add_argument("--half", choices=["worked", "held", "both"], default="both")
    parser.add_argument("--seconds", default="4", help="of CPU for the speed; 0: none")
    options = parser.parse_args()

    own = own_pages(ROOT / "tests/data/extraction")
    own_files = [ROOT / "tests/data/extraction" / f"{page}.html" for page in own]
    if own and not options.texts:
        print(f"extraction, {len(own)} pages in other scripts: {score(own, extract(options.program, own_files, 'main_text'), own)}")
    if not (options.data / "ground-truth.json").exists():
        print(f"extraction: {options.data} is not there; its scores are skipped", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        truth = benchmark_pages(options.data, pathlib.Path(folder))
        files = [f"{folder}/{page}.html" for page in truth]
        texts = json.loads(options.texts.read_text()) if options.texts else extract(options.program, files, "main_text")
        halves = {"worked": [p for p in truth if not is_held_out(p)], "held": [p for p in truth if is_held_out(p)]}
        if options.half != "held":
            print(f"extraction, {len(halves['worked'])} pages worked on: {score(truth, texts, halves['worked'])}")
        if options.half != "worked":
            print(f"extraction, {len(halves['held'])} pages held out: {score(truth, texts, halves['held'])}")
        if options.half == "both":
            print(f"extraction, all {len(truth)} pages: {score(truth, texts, truth)}")
        if not options.texts:
            print_markdown_loss(options.program, files)
            if float(options.seconds) > 0:
                subprocess.run([options.program, "--seconds", options.seconds, *files], check=True, timeout=600)


if __name__ == "__main__":
    main()
