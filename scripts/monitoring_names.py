#!/usr/bin/env python3
"""Compares the metrics that the dashboard and the alert rules name with those that the modules export.

  scripts/monitoring_names.py PAGE...    PAGE: a file with what /metrics answered; all of them together must hold every name
"""
import json
import pathlib
import re
import sys

DEPLOY = pathlib.Path(__file__).resolve().parents[1] / "deploy/monitoring"
NAME = re.compile(r"\b(genvm_[a-z_]+)\b(\{[^}]*\})?")
LABEL = re.compile(r'([a-z_]+)\s*(?:=~|!~|!=|=)\s*"')
OWN_LABELS = {"job", "instance"}  # Prometheus adds them


def expressions(value):
    """Every PromQL text of the dashboard."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "expr" or (key == "query" and isinstance(item, str)):
                yield item
            else:
                yield from expressions(item)
    elif isinstance(value, list):
        for item in value:
            yield from expressions(item)


def used():
    """(where, metric, labels)"""
    texts = [("dashboard.json", text) for text in expressions(json.loads((DEPLOY / "dashboard.json").read_text()))]
    texts.append(("alerts.yaml", (DEPLOY / "alerts.yaml").read_text()))
    for where, text in texts:
        for name, selector in NAME.findall(text):
            yield where, name, set(LABEL.findall(selector)) - OWN_LABELS


def exported(pages):
    """metric -> the labels of its samples"""
    found = {}
    for page in pages:
        for line in pathlib.Path(page).read_text().splitlines():
            sample = re.match(r"([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? ", line)
            if sample and not line.startswith("#"):
                found.setdefault(sample.group(1), set()).update(re.findall(r'([a-z_]+)="', sample.group(2) or ""))
    return found


def main():
    found = exported(sys.argv[1:])
    names = sorted(used(), key=lambda use: (use[1], use[0]))
    faults = {f"{where}: no module exports {name}" for where, name, _ in names if name not in found}
    faults |= {f"{where}: {name} has no label {label}" for where, name, labels in names if name in found for label in labels - found[name]}
    for fault in sorted(faults):
        print(f"monitoring: {fault}")
    unused = sorted(set(found) - {name for _, name, _ in names})
    print(f"monitoring: {len({name for _, name, _ in names})} metrics are named, {len(faults)} faults; exported and named nowhere: {', '.join(unused) or 'none'}")
    return 1 if faults or not names else 0


if __name__ == "__main__":
    sys.exit(main())
