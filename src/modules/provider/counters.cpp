#include "provider/counters.h"

#include <fmt/format.h>

#include <iterator>

namespace gvm::provider {
std::string metric_label(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '\\' || c == '"') escaped += '\\';
    if (c == '\n') {
      escaped += "\\n";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

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

void Counters::write_to(std::string& out) const {
  const auto series = [&](std::string_view name, std::string_view help, std::string_view extra,
                          auto member, bool head) {
    if (head)
      fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} counter\n", name, help);
    for (const auto& row : rows_) {
      fmt::format_to(std::back_inserter(out), "{}{{backend=\"{}\",model=\"{}\"{}}} {}\n", name,
                     metric_label(row->backend), metric_label(row->model), extra,
                     ((*row).*member).load(std::memory_order_relaxed));
    }
  };
  constexpr std::string_view kCalls = "genvm_llm_calls_total";
  constexpr std::string_view kCallsHelp = "Provider calls by outcome.";
  series(kCalls, kCallsHelp, ",outcome=\"answered\"", &Row::answered, true);
  series(kCalls, kCallsHelp, ",outcome=\"unusable\"", &Row::unusable, false);
  series(kCalls, kCallsHelp, ",outcome=\"failed\"", &Row::failed, false);
  series("genvm_llm_cut_answers_total", "Text answers delivered though a limit cut them.", "",
         &Row::cut, true);
  series("genvm_llm_retries_total", "Attempts beyond the first.", "", &Row::retries, true);
  constexpr std::string_view kTokens = "genvm_llm_tokens_total";
  constexpr std::string_view kTokensHelp = "Tokens as reported by providers.";
  series(kTokens, kTokensHelp, ",kind=\"input\"", &Row::input_tokens, true);
  series(kTokens, kTokensHelp, ",kind=\"output\"", &Row::output_tokens, false);
  series("genvm_llm_call_microseconds_total", "Time spent in provider calls.", "",
         &Row::microseconds, true);
}

}  // namespace gvm::provider
