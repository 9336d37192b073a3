#include "base/metrics.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace gvm::metrics {
namespace {

std::string_view name_of(Type type) {
  switch (type) {
    case Type::counter:
      return "counter";
    case Type::gauge:
      return "gauge";
    case Type::histogram:
      return "histogram";
  }
  return "untyped";
}

void append_number(std::string& out, double value) {
  if (std::isnan(value))
    out += "NaN";
  else if (std::isinf(value))
    out += value > 0 ? "+Inf" : "-Inf";
  else
    fmt::format_to(std::back_inserter(out), "{}", value);
}

// `quote`: of a label's value, where it is escaped too.
void append_escaped(std::string& out, std::string_view text, bool quote) {
  for (const char c : text) {
    if (c == '\\' || (quote && c == '"')) out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
}

}  // namespace

Exposition::Family Exposition::family(std::string_view name, Type type, std::string_view help) {
  out_.append("# HELP ").append(name) += ' ';
  append_escaped(out_, help, false);
  out_.append("\n# TYPE ").append(name) += ' ';
  out_.append(name_of(type)) += '\n';
  return {out_, name};
}

void Exposition::histogram(std::string_view name, std::string_view help,
                           std::span<const double> bounds, std::span<const std::uint64_t> counts,
                           double sum) {
  Family family = this->family(name, Type::histogram, help);
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    cumulative += counts[i];
    std::string bound;
    append_number(bound, i < bounds.size() ? bounds[i] : HUGE_VAL);
    family.begin("_bucket", {{"le", bound}});
    fmt::format_to(std::back_inserter(out_), "{}\n", cumulative);
  }
  family.begin("_sum", {});
  append_number(out_, sum);
  out_ += '\n';
  family.begin("_count", {});
  fmt::format_to(std::back_inserter(out_), "{}\n", cumulative);
}

Exposition::Family& Exposition::Family::sample(double value, std::initializer_list<Label> labels) {
  begin({}, labels);
  append_number(out_, value);
  out_ += '\n';
  return *this;
}

Exposition::Family& Exposition::Family::add(std::int64_t value,
                                            std::initializer_list<Label> labels) {
  begin({}, labels);
  fmt::format_to(std::back_inserter(out_), "{}\n", value);
  return *this;
}

Exposition::Family& Exposition::Family::add(std::uint64_t value,
                                            std::initializer_list<Label> labels) {
  begin({}, labels);
  fmt::format_to(std::back_inserter(out_), "{}\n", value);
  return *this;
}

void Exposition::Family::begin(std::string_view suffix, std::initializer_list<Label> labels) {
  out_.append(name_).append(suffix);
  char before = '{';
  for (const auto& [name, value] : labels) {
    out_ += before;
    out_.append(name) += "=\"";
    append_escaped(out_, value, true);
    out_ += '"';
    before = ',';
  }
  out_ += labels.size() > 0 ? "} " : " ";
}

}  // namespace gvm::metrics
