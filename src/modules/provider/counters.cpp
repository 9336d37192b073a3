#include "provider/counters.h"

#include <algorithm>

namespace gvm::provider {
namespace {

// Counters never go back. What was learned about the other upstream does not hold for this one.
void carry_over(const Counters::Row& from, Counters::Row& to) {
  for (const auto counter :
       {&Counters::Row::answered, &Counters::Row::unusable, &Counters::Row::failed,
        &Counters::Row::cut, &Counters::Row::retries, &Counters::Row::input_tokens,
        &Counters::Row::output_tokens, &Counters::Row::microseconds, &Counters::Row::nano_usd})
    (to.*counter).store((from.*counter).load(std::memory_order_relaxed), std::memory_order_relaxed);
}

}  // namespace

std::size_t Counters::add(std::string backend, std::string model, std::string upstream) {
  const auto found = std::ranges::find_if(
      rows_, [&](const auto& row) { return row->backend == backend && row->model == model; });
  const auto index = static_cast<std::size_t>(found - rows_.begin());
  if (found != rows_.end() && (*found)->upstream == upstream) return index;
  auto row = std::make_shared<Row>();
  if (found != rows_.end()) carry_over(**found, *row);
  row->backend = std::move(backend);
  row->model = std::move(model);
  row->upstream = std::move(upstream);
  if (found == rows_.end())
    rows_.push_back(std::move(row));
  else
    *found = std::move(row);
  return index;
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
  constexpr double kNanoPerUsd = 1e9;
  auto cost =
      out.family("genvm_llm_cost_usd_total", Type::counter,
                 "What calls were charged, in USD; the worst case where the bill is unknown.");
  for (const auto& row : rows_)
    cost.sample(static_cast<double>(read(row->nano_usd)) / kNanoPerUsd,
                {{"backend", row->backend}, {"model", row->model}});
}

}  // namespace gvm::provider
