#!/usr/bin/env python3
"""Traces read by OpenTelemetry's own protobuf schema, for tests to compare with.

Reads lines of OTLP JSON (ExportTraceServiceRequest) from stdin and answers each with one line:

    {"spans": [{"trace", "span", "parent", "name", "kind", "start", "end", "failed", "attributes": {...}}], "resource": {...}}
    anything that does not fit the schema is answered {"error": "..."}

Unknown fields, wrong types and enumerations by wrong names are errors. OTLP has ids as hexadecimal
where protobuf's JSON form has base64, so they are turned over first. Run it with
build/venv/bin/python after scripts/setup-python.sh.
"""

import base64
import json
import re
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

IDS = {"traceId": 16, "spanId": 8, "parentSpanId": 8}


def turned_over(value):
    if isinstance(value, list):
        return [turned_over(each) for each in value]
    if not isinstance(value, dict):
        return value
    out = {}
    for key, inner in value.items():
        if key in IDS:
            if not re.fullmatch("[0-9a-f]{%d}" % (2 * IDS[key]), inner):
                raise ValueError(f"{key} is not {IDS[key]} bytes in hexadecimal: {inner!r}")
            out[key] = base64.b64encode(bytes.fromhex(inner)).decode()
        else:
            out[key] = turned_over(inner)
    return out


def plain(attributes):
    seen = {}
    for each in attributes:
        if each.key in seen:
            raise ValueError(f"the attribute {each.key} comes twice")
        kind = each.value.WhichOneof("value")
        if kind is None:
            raise ValueError(f"the attribute {each.key} has no value")
        seen[each.key] = getattr(each.value, kind)
    return seen


def read(line):
    request = json_format.Parse(json.dumps(turned_over(json.loads(line))), ExportTraceServiceRequest(),
                                ignore_unknown_fields=False)
    (of_resource,) = request.resource_spans
    (of_scope,) = of_resource.scope_spans
    spans = [{"trace": span.trace_id.hex(), "span": span.span_id.hex(), "parent": span.parent_span_id.hex(),
              "name": span.name, "kind": span.kind, "start": str(span.start_time_unix_nano),
              "end": str(span.end_time_unix_nano), "failed": span.status.code == 2,
              "attributes": plain(span.attributes)} for span in of_scope.spans]
    return {"spans": spans, "resource": plain(of_resource.resource.attributes)}


for text in sys.stdin:
    try:
        answer = read(text)
    except Exception as error:  # the test sees what is wrong
        answer = {"error": f"{type(error).__name__}: {error}"}
    print(json.dumps(answer), flush=True)
