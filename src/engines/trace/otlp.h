#pragma once
// OTLP 1.x over HTTP: spans as the JSON form of ExportTraceServiceRequest, and what the answer
// says. Ids are hexadecimal, 64-bit integers are texts, names are camelCase, enumerations are
// numbers (opentelemetry.io, "OTLP Specification", JSON Protobuf Encoding). Pure.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/redactor.h"
#include "trace/span.h"

namespace gvm::trace {

struct Resource {
  std::string service_name;
  std::string service_version;
  std::string instance;  // of this process
};

// Every text is made valid UTF-8 and passes `redactor`.
std::string otlp_request(const Resource& resource, std::span<const SpanData> spans,
                         const Redactor& redactor);

// partialSuccess.rejectedSpans of an answer; 0 when it is none, or the body is not to be
// understood.
std::uint64_t refused_spans(std::string_view answer);

}  // namespace gvm::trace
