#include "provider/counters.h"

namespace gvm::provider {

std::size_t Counters::add(std::string backend, std::string model) {
  rows_.push_back(std::make_unique<Row>());
  rows_.back()->backend = std::move(backend);
  rows_.back()->model = std::move(model);
  return rows_.size() - 1;
}

void Counters::record_usage(std::size_t index, const TokenUsage& usage) {
  Row& row = at(index);
  row.input_tokens.fetch_add(usage.input.value_or(0), std::memory_order_relaxed);
  row.output_tokens.fetch_add(usage.output.value_or(0), std::memory_order_relaxed);
}

void Counters::write_to(metrics::Exposition& out) const {
  using metrics::Type;
  const auto read = [](const auto& counter) { return counter.load(std::memory_order_relaxed); };
  const auto per_model = [&](std::string_view name, std::string_view help, auto member) {
    auto family = out.family(name, Type::counter, help);
    for (const auto& row : rows_)
      family.sample(read((*row).*member), {{"backend", row->backend}, {"model", row->model}});
  };
  auto calls = out.family("genvm_llm_calls_total", Type::counter, "Provider calls by outcome.");
  for (const auto& row : rows_) {
    const auto add = [&](std::string_view outcome, const auto& counter) {
      calls.sample(read(counter),
                   {{"backend", row->backend}, {"model", row->model}, {"outcome", outcome}});
    };
    add("answered", row->answered);
    add("unusable", row->unusable);
    add("failed", row->failed);
  }
  per_model("genvm_llm_cut_answers_total", "Text answers delivered though a limit cut them.",
            &Row::cut);
  per_model("genvm_llm_retries_total", "Attempts beyond the first.", &Row::retries);
  auto tokens =
      out.family("genvm_llm_tokens_total", Type::counter, "Tokens as reported by providers.");
  for (const auto& row : rows_) {
    const auto add = [&](std::string_view kind, const auto& counter) {
      tokens.sample(read(counter),
                    {{"backend", row->backend}, {"model", row->model}, {"kind", kind}});
    };
    add("input", row->input_tokens);
    add("output", row->output_tokens);
  }
  per_model("genvm_llm_call_microseconds_total", "Time spent in provider calls.",
            &Row::microseconds);
}

}  // namespace gvm::provider
