#include "apps/front/top_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "apps/front/terminal.h"
#include "base/json.h"
#include "text/json_view.h"

namespace gvm::apps {
namespace {

using Side = TextTable::Side;

constexpr std::size_t kMostModels = 12;
constexpr std::size_t kMostBudgets = 8;
constexpr std::size_t kMostProblems = 6;
constexpr std::size_t kBarCells = 20;
constexpr const char* kDuration = "genvm_serve_request_duration_seconds";
const std::vector<std::string_view> kNoReply{"failed", "deadline", "dropped"};

std::string text_at(const Value& value, std::string_view pointer) {
  return std::string(text::string_at(value, pointer).value_or(""));
}

double real_at(const Value& value, std::string_view key) {
  const Value* found = value.find(key);
  if (found == nullptr) return 0;
  if (const auto* real = found->as_real()) return *real;
  const auto* whole = found->as_integer();
  return whole == nullptr ? 0 : whole->to_double();
}

std::string seconds_text(const std::optional<double>& seconds) {
  if (!seconds) return "-";
  if (*seconds < 1) return fmt::format("{:.3g} ms", *seconds * 1e3);
  return fmt::format("{:.3g} s", *seconds);
}

std::string count_text(double value) {
  if (value >= 1e6) return fmt::format("{:.2f} M", value / 1e6);
  if (value >= 1e4) return fmt::format("{:.1f} k", value / 1e3);
  return fmt::format("{:.0f}", value);
}

std::string percent_text(double part, double whole) {
  return whole > 0 ? fmt::format("{:.1f} %", 100 * part / whole) : "-";
}

std::string span_text(double seconds) {
  const auto all = static_cast<long>(seconds);
  constexpr long kMinute = 60, kHour = 3600, kDay = 86'400;
  if (all >= kDay) return fmt::format("{} d {} h", all / kDay, all % kDay / kHour);
  if (all >= kHour) return fmt::format("{} h {} min", all / kHour, all % kHour / kMinute);
  return all >= kMinute ? fmt::format("{} min", all / kMinute) : fmt::format("{} s", all);
}

// Growth of counters between two looks; since the start when there is only one, or the module has
// started anew in between.
class Growth {
 public:
  Growth(const Seen& now, const std::optional<Seen>& before) : now_(now) {
    const double up = real_at(now.health, "uptime_seconds");
    seconds_ = std::max(up, 1.0);
    if (!before || real_at(before->health, "uptime_seconds") > up) return;
    before_ = &before->metrics;
    seconds_ = std::max(std::chrono::duration<double>(now.at - before->at).count(), 1e-3);
  }

  double of(std::string_view name, std::string_view label = {},
            const std::vector<std::string_view>& values = {}) const {
    const double after = now_.metrics.sum_or_zero(name, label, values);
    const double then = before_ == nullptr ? 0 : before_->sum_or_zero(name, label, values);
    return std::max(after - then, 0.0);
  }
  double per_second(std::string_view name) const { return of(name) / seconds_; }
  std::optional<double> quantile_of(double q) const {
    return quantile(before_ == nullptr ? Scrape() : *before_, now_.metrics, kDuration, q);
  }
  const char* since() const { return before_ == nullptr ? " since the start" : ""; }

 private:
  const Seen& now_;
  const Scrape* before_ = nullptr;
  double seconds_ = 1;
};

std::string head_of(const std::string& url, const Seen& now) {
  const auto status = text_at(now.health, "/status");
  const char* mark = status == "ok" ? "+" : "!";
  return fmt::format("{} {} {}  {}  {}  up {}\n", mark, text_at(now.health, "/program"),
                     text_at(now.health, "/version"), status, url,
                     span_text(real_at(now.health, "uptime_seconds")));
}

std::string requests_of(const Seen& now, const Growth& growth) {
  const double ended = growth.of("genvm_serve_requests_total");
  return fmt::format(
      "requests  {:.3g}/s{}   without a reply {}   half within {}, 99 % within {}\n"
      "sessions  {:.0f} of {:.0f}   requests running {:.0f}\n",
      growth.per_second("genvm_serve_requests_total"), growth.since(),
      percent_text(growth.of("genvm_serve_requests_total", "outcome", kNoReply), ended),
      seconds_text(growth.quantile_of(0.5)), seconds_text(growth.quantile_of(0.99)),
      real_at(now.health, "sessions"), real_at(now.health, "max_sessions"),
      now.metrics.sum_or_zero("genvm_serve_requests_running"));
}

std::string money_of(const Seen& now, const Growth& growth) {
  const auto cost = now.metrics.sum("genvm_llm_cost_usd_total");
  if (!cost) return {};
  constexpr double kMinute = 60;
  const bool alarm = now.metrics.sum_or_zero("genvm_llm_ledger_alarm") > 0;
  return fmt::format(
      "charged   {:.4g} USD/min{}, {:.4f} USD in all   tokens {}   not yet in the ledger {}{}\n",
      growth.per_second("genvm_llm_cost_usd_total") * kMinute, growth.since(), *cost,
      count_text(now.metrics.sum_or_zero("genvm_llm_tokens_total")),
      count_text(now.metrics.sum_or_zero("genvm_llm_ledger_backlog")),
      alarm ? "   ! the ledger cannot be written" : "");
}

std::string web_of(const Seen& now, const Growth& growth) {
  if (!now.metrics.sum("genvm_web_requests_total")) return {};
  const auto failed = [&](const std::string& name) {
    return percent_text(growth.of(name + "_failed_total"), growth.of(name + "_total"));
  };
  return fmt::format(
      "web       requests {:.3g}/s, failed {}   pages {:.3g}/s, failed {}   browsers {:.0f}, "
      "{:.0f} "
      "pages wait\n",
      growth.per_second("genvm_web_requests_total"), failed("genvm_web_requests"),
      growth.per_second("genvm_web_renders_total"), failed("genvm_web_renders"),
      now.metrics.sum_or_zero("genvm_web_browsers"),
      now.metrics.sum_or_zero("genvm_web_browser_leases_waiting"));
}

struct ModelRow {
  double calls = 0, failed = 0, tokens = 0, usd = 0, micros = 0, ways = 0, open = 0;
};

std::map<std::string, ModelRow> models_of(const Scrape& metrics) {
  std::map<std::string, ModelRow> rows;
  for (const auto& sample : metrics.samples()) {
    if (!sample.name.starts_with("genvm_llm_") || sample.label("backend").empty()) continue;
    auto& row = rows[fmt::format("{}/{}", sample.label("backend"), sample.label("model"))];
    if (sample.name == "genvm_llm_calls_total") {
      row.calls += sample.value;
      if (sample.label("outcome") == "failed") row.failed += sample.value;
    }
    if (sample.name == "genvm_llm_tokens_total") row.tokens += sample.value;
    if (sample.name == "genvm_llm_cost_usd_total") row.usd += sample.value;
    if (sample.name == "genvm_llm_call_microseconds_total") row.micros += sample.value;
    if (sample.name == "genvm_llm_candidate_available") {
      ++row.ways;
      row.open += sample.value;
    }
  }
  return rows;
}

std::string more_of(std::size_t all, std::size_t shown, const char* what) {
  return all > shown ? fmt::format("and {} more {}\n", all - shown, what) : std::string();
}

std::string models_table(const Scrape& metrics) {
  const auto rows = models_of(metrics);
  if (rows.empty()) return {};
  TextTable table;
  for (const auto* title : {"model", "state"}) table.column(title, Side::left);
  for (const auto* title : {"calls", "failed", "tokens", "USD", "mean time"}) table.column(title);
  std::size_t shown = 0;
  for (const auto& [name, row] : rows) {
    if (shown++ == kMostModels) break;
    const char* state = row.open == row.ways ? "open" : row.open > 0 ? "! partly rests" : "! rests";
    const auto mean = row.calls > 0 ? std::optional(row.micros / row.calls / 1e6) : std::nullopt;
    table.row({name, state, count_text(row.calls), percent_text(row.failed, row.calls),
               count_text(row.tokens), fmt::format("{:.4f}", row.usd), seconds_text(mean)});
  }
  return "\n" + table.to_string() + more_of(rows.size(), kMostModels, "models");
}

std::string budgets_table(const Value::Array& budgets) {
  if (budgets.empty()) return {};
  TextTable table;
  for (const auto* title : {"budget", "for", "window"}) table.column(title, Side::left);
  table.column("used");
  for (const auto* title : {"", "spent", "limit", "unit"}) table.column(title, Side::left);
  for (std::size_t i = 0; i < std::min(budgets.size(), kMostBudgets); ++i) {
    const auto& row = budgets[i];
    const double used = real_at(row, "used");
    table.row({text_at(row, "/name"), text_at(row, "/scope"), text_at(row, "/window"),
               fmt::format("{}{:.1f} %", used >= 1 ? "! " : "", used * 100),
               bar(used, kBarCells) + " ", text_at(row, "/spent"), text_at(row, "/limit"),
               text_at(row, "/unit")});
  }
  return "\n" + table.to_string() + more_of(budgets.size(), kMostBudgets, "accounts");
}

std::string problems_of(const Value::Array& problems) {
  if (problems.empty()) return "\nno warnings and errors\n";
  std::string out = "\nlast warnings and errors (UTC)\n";
  const auto from = problems.size() - std::min(problems.size(), kMostProblems);
  for (auto i = problems.size(); i > from; --i) {
    const auto& line = problems[i - 1];
    const auto time = text_at(line, "/time");
    std::string of = text_at(line, "/provider");
    if (!of.empty()) of = " " + of + "/" + text_at(line, "/model");
    const auto kind = text_at(line, "/kind");
    const auto detail = text_at(line, "/error/ctx/detail");
    out += fmt::format(
        "  {}  {:<5}  {}:{} {}{}{}\n", time.substr(0, std::min<std::size_t>(19, time.size())),
        text_at(line, "/level"), text_at(line, "/source"), of, text_at(line, "/message"),
        kind.empty() ? "" : ", " + kind, detail.empty() ? "" : ": " + detail);
  }
  return out;
}

// By characters; what stood there stays valid UTF-8.
std::string cut_lines(const std::string& text, std::size_t width) {
  std::string out;
  std::size_t column = 0;
  for (const char c : text) {
    const bool begins = (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    if (c == '\n')
      column = 0;
    else if (begins)
      ++column;
    if (column <= width) out += c;
  }
  return out;
}

}  // namespace

std::string top_text(const std::string& url, const Seen& now, const std::optional<Seen>& before,
                     std::size_t width) {
  const Growth growth(now, before);
  const std::string all = head_of(url, now) + requests_of(now, growth) + money_of(now, growth) +
                          web_of(now, growth) + models_table(now.metrics) +
                          budgets_table(now.budgets) + problems_of(now.problems);
  return cut_lines(printable(all, Lines::keep), width);
}

std::string top_json(const std::string& url, const Seen& now, const std::optional<Seen>& before) {
  const Growth growth(now, before);
  const auto real = [](const std::optional<double>& value) {
    return value && std::isfinite(*value) ? Value::real(*value) : Value::null();
  };
  Value::Array budgets = now.budgets;
  Value::Array problems = now.problems;
  return json::write(Value::fields(
             "url", Value::string(url), "health", Value(now.health), "requests_per_second",
             real(growth.per_second("genvm_serve_requests_total")), "without_reply",
             real(growth.of("genvm_serve_requests_total", "outcome", kNoReply)), "seconds_50",
             real(growth.quantile_of(0.5)), "seconds_99", real(growth.quantile_of(0.99)),
             "charged_usd", real(now.metrics.sum("genvm_llm_cost_usd_total")), "budgets",
             Value::array(std::move(budgets)), "problems", Value::array(std::move(problems)))) +
         "\n";
}

}  // namespace gvm::apps
