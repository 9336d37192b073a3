#include "dispatch/call_span.h"

#include <algorithm>
#include <limits>

#include "trace/http_attributes.h"

namespace gvm::dispatch {
namespace {

using config::Provider;

// gen_ai.provider.name; whoever speaks OpenAI's form may be somebody else, whom genvm.backend
// names.
std::string_view provider_of(Provider provider) {
  switch (provider) {
    case Provider::anthropic:
      return "anthropic";
    case Provider::google:
      return "gcp.gemini";
    case Provider::ollama:
      return "ollama";
    case Provider::openai_compatible:
      break;
  }
  return "openai";
}

std::int64_t clamped(std::uint64_t number) {
  constexpr auto kMost = std::numeric_limits<std::int64_t>::max();
  return static_cast<std::int64_t>(std::min<std::uint64_t>(number, kMost));
}

void set_usage(trace::Span& span, const provider::TokenUsage& usage) {
  if (usage.input) span.set("gen_ai.usage.input_tokens", clamped(*usage.input));
  if (usage.output) span.set("gen_ai.usage.output_tokens", clamped(*usage.output));
}

}  // namespace

trace::Span begin_call_span(const RunContext& context, const provider::Target& target,
                            const CandidateCallSpec& spec) {
  if (context.span == nullptr) return {};
  const auto& model = *target.model->config;
  trace::Span span = context.span->child("chat", trace::Kind::client);
  if (!span.recorded()) return span;
  const auto& backend = *target.backend->config;
  span.name("chat " + model.upstream_name());
  span.set("gen_ai.operation.name", "chat");
  span.set("gen_ai.provider.name", provider_of(backend.provider()));
  span.set("gen_ai.request.model", model.upstream_name());
  span.set("gen_ai.output.type", spec.call.format == provider::Format::text ? "text" : "json");
  if (const auto& limit = spec.call.prompt.max_tokens)
    span.set("gen_ai.request.max_tokens", std::int64_t{*limit});
  span.set("http.request.method", "POST");
  trace::set_server(span, target.backend->endpoints[target.endpoint]);
  span.set("genvm.backend", backend.name);
  span.set("genvm.model", model.name);
  span.set("genvm.record", spec.record);
  return span;
}

void end_call_span(trace::Span& span, const CandidateCall& call) {
  if (!span.recorded()) return span.end();
  if (const auto* failure = call.failure()) {
    if (failure->usage) set_usage(span, *failure->usage);
    if (failure->status != 0) span.set("http.response.status_code", std::int64_t{failure->status});
    span.fail(routing::name_of(failure->kind));
  } else if (call.exchanged) {
    set_usage(span, (*call.exchanged)->usage);
    trace::set_status(span, (*call.exchanged)->status);
  }
  span.set("genvm.cost_nano_usd", call.bill.nano_usd);
  span.end();
}

}  // namespace gvm::dispatch
