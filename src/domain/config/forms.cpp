#include "config/forms.h"

#include "config/scalar.h"

namespace gvm::config {

namespace {

constexpr double kUnbounded = 1e15;  // upper bounds from here on are not shown

template <class T>
std::string bounds(const Range& range, T&& show) {
  if (!range.bounded()) return {};
  if (range.max >= kUnbounded) return fmt::format(" of at least {}", show(range.min));
  return fmt::format(" from {} to {}", show(range.min), show(range.max));
}

std::string unit_suffix(const LeafRule& rule) {
  return rule.unit.empty() ? "" : fmt::format(" ({})", rule.unit);
}

std::string show_count(double value) {
  return fmt::format("{:.0f}", value);
}

}  // namespace

const Names<log::Level>& level_names() {
  // Files written for GenVM's other implementation contain "warning" and "off".
  static const Names<log::Level> names = {
      {"trace", log::Level::trace}, {"debug", log::Level::debug},  {"info", log::Level::info},
      {"warn", log::Level::warn},   {"warning", log::Level::warn}, {"error", log::Level::error},
      {"off", log::Level::error}};
  return names;
}

const Names<Provider>& provider_names() {
  static const Names<Provider> names = {{"openai-compatible", Provider::openai_compatible},
                                        {"ollama", Provider::ollama},
                                        {"anthropic", Provider::anthropic},
                                        {"google", Provider::google}};
  return names;
}

const Names<AuthStyle>& auth_names() {
  static const Names<AuthStyle> names = {
      {"bearer", AuthStyle::bearer}, {"header", AuthStyle::header}, {"none", AuthStyle::none}};
  return names;
}

const Names<CutText>& cut_text_names() {
  static const Names<CutText> names = {{"deliver", CutText::deliver}, {"fail", CutText::fail}};
  return names;
}

std::string integer_form(const LeafRule& rule) {
  if (rule.format == Format::bytes)
    return fmt::format("a size{} (bytes, or 64KiB, 16MiB, 1GiB)", bounds(rule.range, [](double v) {
                         return format_bytes(static_cast<std::uint64_t>(v));
                       }));
  return "an integer" + bounds(rule.range, show_count) + unit_suffix(rule);
}

std::string_view provider_name(Provider provider) {
  for (const auto& [word, value] : provider_names())
    if (value == provider) return word;
  return {};
}

std::string expected(const LeafRule&, const bool&) {
  return "true or false";
}
std::string expected(const LeafRule& rule, const int&) {
  return integer_form(rule);
}
std::string expected(const LeafRule& rule, const std::int64_t&) {
  return integer_form(rule);
}
std::string expected(const LeafRule& rule, const std::uint64_t&) {
  return integer_form(rule);
}

std::string expected(const LeafRule& rule, const double&) {
  return "a number" + bounds(rule.range, format_number) + unit_suffix(rule);
}

std::string expected(const LeafRule& rule, const std::chrono::milliseconds&) {
  const auto show = [](double ms) {
    return format_duration(std::chrono::milliseconds(static_cast<std::int64_t>(ms)));
  };
  return fmt::format("a duration{} (seconds, or 500ms, 3s, 2m)", bounds(rule.range, show));
}

std::string expected(const LeafRule& rule, const std::string&) {
  switch (rule.format) {
    case Format::url:
      return "an absolute http or https URL";
    case Format::bind_address:
      return "host:port or unix:///path";
    case Format::path:
      return "a path";
    case Format::header_name:
      return "a header name";
    case Format::decimal:
      return "a decimal number of at least 0, such as 12 or 0.25";
    case Format::not_empty:
      return "a text that is not empty";
    case Format::json_object:
      return "a text holding a JSON object";
    default:
      return "a text";
  }
}

std::string expected(const LeafRule&, const Secret&) {
  return "one line of text";
}
std::string expected(const LeafRule&, const Value&) {
  return "anything";
}

std::string expected(const LeafRule& rule, const std::vector<std::string>&) {
  if (rule.format == Format::one_or_more) return "a text or a list of texts";
  if (!rule.range.bounded()) return "a list of texts";
  return fmt::format("a list of at most {:.0f} texts", rule.range.max);
}

std::string expected(const LeafRule& rule, const std::vector<int>&) {
  return "a list, each " + integer_form(rule);
}

std::string expected(const LeafRule&, const Texts&) {
  return "a map of names to texts";
}
std::string expected(const LeafRule&, const std::vector<Secret>&) {
  return "a list, each one line of text";
}
std::string expected(const LeafRule&, const std::vector<ExtraHeader>&) {
  return "a map of header names to values";
}
std::string expected(const LeafRule&, const std::vector<SignerHeader>&) {
  return "a map of header names to values";
}
std::string expected(const LeafRule&, const RuntimeTemplate&) {
  return "an absolute http or https URL";
}
std::string expected(const LeafRule&, const log::Level&) {
  return one_of(level_names());
}
std::string expected(const LeafRule&, const CutText&) {
  return one_of(cut_text_names());
}
std::string expected(const LeafRule&, const std::optional<Provider>&) {
  return one_of(provider_names());
}
std::string expected(const LeafRule&, const std::optional<AuthStyle>&) {
  return one_of(auth_names());
}

std::string shown(const LeafRule&, const bool& value) {
  return value ? "true" : "false";
}
std::string shown(const LeafRule&, const int& value) {
  return fmt::format("{}", value);
}
std::string shown(const LeafRule&, const std::int64_t& value) {
  return fmt::format("{}", value);
}
std::string shown(const LeafRule& rule, const std::uint64_t& value) {
  return rule.format == Format::bytes ? format_bytes(value) : fmt::format("{}", value);
}
std::string shown(const LeafRule&, const double& value) {
  return format_number(value);
}
std::string shown(const LeafRule&, const std::chrono::milliseconds& value) {
  return format_duration(value);
}
std::string shown(const LeafRule&, const std::string& value) {
  return value;
}
std::string shown(const LeafRule&, const std::vector<int>& value) {
  return fmt::format("[{}]", fmt::join(value, ", "));
}
std::string shown(const LeafRule&, const CutText& value) {
  return value == CutText::deliver ? "deliver" : "fail";
}
std::string shown(const LeafRule&, const log::Level& value) {
  return std::string(log::level_name(value));
}

}  // namespace gvm::config
