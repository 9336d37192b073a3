#include "config/traces_schema.h"

#include <fmt/format.h>

#include "url/url.h"

namespace gvm::config {
namespace {

constexpr Origin kOurs = Origin::ours;

// Collectors answer 404 elsewhere, and the operator would look for the fault in the collector.
void check_traces(const Node& node, const std::string& path, Context& context, TracesConfig& c) {
  if (c.endpoint.empty()) return;
  const auto parsed = url::parse(c.endpoint);
  if (!parsed || (!parsed->path().empty() && parsed->path() != "/")) return;
  context.error(node.find("endpoint")->value->mark, path + ".endpoint",
                "got a URL without a path, expected the whole URL of the collector's traces, such "
                "as http://127.0.0.1:4318/v1/traces");
}

}  // namespace

const Section& traces_section() {
  using C = TracesConfig;
  constexpr double kHour = 3'600'000;
  static const Section section =
      SectionBuilder<C>("the traces",
                        "Traces of requests, sent by OTLP over HTTP (docs/observability.md).")
          .leaf(&C::endpoint, {.name = "endpoint",
                               .doc = "The collector's whole URL, such as "
                                      "`http://127.0.0.1:4318/v1/traces`; empty: no traces",
                               .origin = kOurs,
                               .format = Format::url})
          .leaf(&C::headers, {.name = "headers",
                              .doc = "Headers for the collector, such as its token",
                              .origin = kOurs})
          .leaf(&C::sample,
                {.name = "sample",
                 .doc = "Which part of the requests is traced whose caller has no trace; a trace "
                        "of `host_data.traceparent` says itself whether it is recorded",
                 .origin = kOurs,
                 .range = {0, 1}})
          .leaf(&C::service_name, {.name = "service_name",
                                   .doc = "`service.name` of the spans",
                                   .origin = kOurs,
                                   .shown_default = "genvm-llm or genvm-web"})
          .leaf(&C::propagate,
                {.name = "propagate",
                 .doc = "Who gets the header `traceparent`: names of backends, in the web module "
                        "names of hosts. Empty: nobody",
                 .origin = kOurs})
          .leaf(&C::timeout, {.name = "timeout",
                              .doc = "How long one delivery may take",
                              .origin = kOurs,
                              .range = {1, kHour}})
          .leaf(&C::max_queue,
                {.name = "max_queue",
                 .doc = "Spans that wait to be sent; further ones are dropped and counted",
                 .origin = kOurs,
                 .range = {1, 1'000'000},
                 .unit = "spans"})
          .check(check_traces)
          .build();
  return section;
}

void check_propagate(const Node& root, Context& context, const TracesConfig& config) {
  const auto* backends = root.find("backends");
  const auto* traces = root.find("traces");
  for (const auto& name : config.propagate) {
    if (backends != nullptr && backends->value->find(name) != nullptr) continue;
    context.error(traces->mark, "traces.propagate",
                  fmt::format("there is no backend \"{}\"", name));
  }
}

}  // namespace gvm::config
