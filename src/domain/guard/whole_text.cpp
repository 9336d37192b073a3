#include "guard/whole_text.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/ascii.h"
#include "base/error_codes.h"
#include "base/utf8.h"
#include "guard/language.h"
#include "guard/phrases.h"
#include "json_schema/schema.h"
#include "text/grapheme.h"
#include "text/json.h"
#include "text/utf8.h"

namespace gvm::guard {
namespace {

std::unexpected<Error> wrong(const Rule& rule, std::string_view what) {
  return fail(codes::kInvalidConfig, Fatality::fatal,
              "the guard rule \"" + rule.name + "\": " + std::string(what));
}

// Fires, with a label, for the text as a whole.
template <class Judge>
class Whole final : public Detector {
 public:
  explicit Whole(Judge judge) : judge_(std::move(judge)) {}
  void find(const Reading& reading, const Report& report) const override {
    const std::string_view label = judge_(reading);
    if (!label.empty()) report({0, reading.clean.text().size()}, label, 0);
  }

 private:
  Judge judge_;
};

template <class Judge>
std::unique_ptr<Detector> whole(Judge judge) {
  return std::make_unique<Whole<Judge>>(std::move(judge));
}

std::size_t clusters(std::string_view text) {
  text::GraphemeBorders borders;
  std::size_t count = 0;
  while (!text.empty()) {
    const auto c = text::first_code_point(text);
    count += borders.before(c.value) ? 1 : 0;
    text.remove_prefix(c.bytes);
  }
  return count;
}

std::size_t size_in(LengthUnit unit, std::string_view text) {
  if (unit == LengthUnit::bytes) return text.size();
  return unit == LengthUnit::tokens ? estimated_tokens(text) : clusters(text);
}

Result<std::unique_ptr<Detector>> length_rule(const Rule& rule) {
  if (rule.most == 0 && rule.least == 0) return wrong(rule, "it names no length");
  if (rule.most != 0 && rule.least > rule.most)
    return wrong(rule, "its least length is larger than its largest");
  return whole([unit = rule.unit, least = rule.least, most = rule.most](const Reading& reading) {
    const auto size = size_in(unit, reading.original);
    if (size < least) return "too_short";
    return most != 0 && size > most ? "too_long" : "";
  });
}

Result<std::unique_ptr<Detector>> language_rule(const Rule& rule) {
  for (const auto& entry : rule.entries)
    if (!is_known_language(entry)) return wrong(rule, "\"" + entry + "\" is no language it knows");
  if (rule.entries.empty()) return wrong(rule, "it names no language");
  return whole([allowed = rule.entries](const Reading& reading) {
    const auto found = language_of(reading);
    const bool clear = !found.empty();
    return clear && std::ranges::find(allowed, found) == allowed.end() ? "other_language" : "";
  });
}

Result<std::unique_ptr<Detector>> script_rule(const Rule& rule) {
  std::vector<Script> allowed;
  for (const auto& entry : rule.entries) {
    const auto script = script_named(entry);
    if (!script) return wrong(rule, "\"" + entry + "\" is no script it knows");
    allowed.push_back(*script);
  }
  if (allowed.empty()) return wrong(rule, "it names no script");
  return whole([allowed](const Reading& reading) {
    const auto letters = letters_by_script(reading.clean.text());
    for (std::size_t i = 0; i < letters.size(); ++i) {
      const auto script = static_cast<Script>(i);
      const bool known = std::ranges::find(allowed, script) != allowed.end();
      if (letters[i] > 0 && !known) return "other_script";
    }
    return "";
  });
}

Result<std::unique_ptr<Detector>> choice_rule(const Rule& rule) {
  if (rule.entries.empty()) return wrong(rule, "it names no value");
  return whole([values = rule.entries](const Reading& reading) {
    const auto text = trim(reading.original, " \t\r\n");
    return std::ranges::find(values, text) == values.end() ? "other_value" : "";
  });
}

bool fits(const json_schema::Schema& schema, const Reading& reading) {
  constexpr std::uint64_t kStep = 1'000;  // nanoseconds
  std::size_t steps = json_schema::kMostSteps;
  if (reading.effort != nullptr)
    steps =
        static_cast<std::size_t>(std::min<std::uint64_t>(steps, reading.effort->left() / kStep));
  const auto fit = schema.fit(reading.original, steps);
  if (!fit.finished && steps < json_schema::kMostSteps) reading.effort->give_up();
  return may_spend(reading.effort, fit.steps * kStep) && fit.fits;
}

Result<std::unique_ptr<Detector>> json_rule(const Rule& rule) {
  std::shared_ptr<const json_schema::Schema> schema;
  if (rule.schema) {
    auto compiled = json_schema::Schema::compile(*rule.schema);
    if (!compiled)
      return wrong(
          rule, "its schema is wrong at \"" + compiled.error().at + "\": " + compiled.error().why);
    schema = std::move(*compiled);
  }
  return whole([schema](const Reading& reading) {
    if (!text::parse_json(reading.original, text::JsonStrings::borrow)) return "no_json";
    return schema && !fits(*schema, reading) ? "other_form" : "";
  });
}

}  // namespace

std::size_t estimated_tokens(std::string_view text) {
  constexpr std::size_t kAsciiToken = 4;
  std::size_t ascii = 0;
  std::size_t others = 0;
  while (!text.empty()) {
    const auto run = utf8::ascii_prefix(text);
    ascii += run;
    text.remove_prefix(run);
    if (text.empty()) break;
    ++others;
    text.remove_prefix(text::first_code_point(text).bytes);
  }
  return (ascii + kAsciiToken - 1) / kAsciiToken + others;
}

bool repeats_itself(std::string_view search) {
  constexpr std::size_t kLeastBytes = 400;   // shorter texts may repeat a line
  constexpr std::size_t kPassage = 24;       // bytes
  constexpr std::size_t kMostRepeated = 70;  // of a hundred passages
  constexpr std::uint64_t kBase = 0x9E3779B97F4A7C15;
  if (search.size() < kLeastBytes) return false;
  std::uint64_t oldest = 1;
  for (std::size_t i = 1; i < kPassage; ++i) oldest *= kBase;
  const auto bits = std::bit_ceil(search.size() * 16);
  std::vector<std::uint64_t> seen(bits / 64);
  std::uint64_t hash = 0;
  std::size_t repeated = 0;
  for (std::size_t i = 0; i < search.size(); ++i) {
    if (i >= kPassage)
      hash -= (static_cast<unsigned char>(search[i - kPassage]) + std::uint64_t{1}) * oldest;
    hash = hash * kBase + static_cast<unsigned char>(search[i]) + 1;
    if (i + 1 < kPassage) continue;
    const auto bit = ((hash ^ hash >> 31) * kBase >> 20) & (bits - 1);
    repeated += seen[bit / 64] >> bit % 64 & 1;
    seen[bit / 64] |= std::uint64_t{1} << bit % 64;
  }
  return repeated * 100 > (search.size() - kPassage + 1) * kMostRepeated;
}

bool is_refusal(std::string_view search) {
  constexpr std::size_t kBeginning = 160;  // bytes: later a text may quote one
  static const std::vector<std::string> kForms = [] {
    std::vector<std::string> forms;
    for (const auto& phrase : refusal_phrases()) forms.push_back(search_text(phrase.text));
    return forms;
  }();
  const auto start = search.substr(0, kBeginning);
  return std::ranges::any_of(kForms, [start](const std::string& form) {
    return start.find(form) != std::string_view::npos;
  });
}

Result<std::unique_ptr<Detector>> make_whole_text(const Rule& rule) {
  switch (rule.kind) {
    case RuleKind::length:
      return length_rule(rule);
    case RuleKind::language:
      return language_rule(rule);
    case RuleKind::script:
      return script_rule(rule);
    case RuleKind::choice:
      return choice_rule(rule);
    case RuleKind::json:
      return json_rule(rule);
    case RuleKind::repetition:
      return whole([](const Reading& reading) {
        return repeats_itself(reading.search.text()) ? "repetition" : "";
      });
    case RuleKind::refusal:
      return whole([](const Reading& reading) {
        return is_refusal(reading.search.text()) ? "refusal" : "";
      });
    default:
      return wrong(rule, "it is no rule about a whole text");
  }
}

}  // namespace gvm::guard
