#include "config/reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/ascii.h"
#include "config/forms.h"
#include "config/scalar.h"

namespace gvm::config {

namespace {

enum class Spelling { exact, any_case };

template <class T>
std::optional<T> read_word(const Leaf& leaf, const Names<T>& names,
                           Spelling spelling = Spelling::exact) {
  if (leaf.node.kind == Node::Kind::scalar) {
    const auto text = spelling == Spelling::exact ? leaf.node.text : lowered(leaf.node.text);
    for (const auto& [word, value] : names)
      if (text == word) return value;
  }
  auto form = one_of(names);
  const auto close = nearest(leaf.node.text, words_of(names));
  if (!close.empty()) form += fmt::format(", nearest is \"{}\"", close);
  leaf.refuse(form);
  return std::nullopt;
}

bool is_text(const Node& node) {
  return node.kind == Node::Kind::scalar;
}
bool is_plain_text(const Node& node) {
  return is_text(node) && node.plain;
}

bool within(const Range& range, double value) {
  return !range.bounded() || (value >= range.min && value <= range.max);
}

std::optional<std::int64_t> parse_integer_as(const LeafRule& rule, std::string_view text) {
  return rule.format == Format::bytes ? parse_bytes(text) : parse_integer(text);
}

std::optional<std::int64_t> read_integer(const Leaf& leaf, std::int64_t lowest) {
  if (is_text(leaf.node) && (leaf.node.plain || leaf.rule.format == Format::bytes)) {
    const auto value = parse_integer_as(leaf.rule, leaf.node.text);
    if (value && *value >= lowest && within(leaf.rule.range, static_cast<double>(*value)))
      return value;
  }
  leaf.refuse(integer_form(leaf.rule));
  return std::nullopt;
}

void read_url(const Leaf& leaf, std::string& out) {
  auto parsed = parse_endpoint(leaf.node.text);
  if (!parsed.endpoint) {
    leaf.context.error(leaf.node.mark, leaf.path,
                       fmt::format("got {}, expected an absolute http or https URL", parsed.error));
    return;
  }
  for (auto& secret : parsed.endpoint->secrets) leaf.context.secrets.push_back(std::move(secret));
  out = std::move(parsed.endpoint->url);
}

bool is_of_form(Format format, const std::string& text) {
  switch (format) {
    case Format::bind_address:
      return is_bind_address(text);
    case Format::header_name:
      return is_header_name(text);
    case Format::decimal:
      return is_decimal(text);
    case Format::path:
    case Format::not_empty:
      return !text.empty();
    default:
      return true;
  }
}

bool check_header(const Leaf& leaf, const Entry& entry) {
  const auto path = leaf.path + "." + entry.key;
  const auto& value = *entry.value;
  if (!is_header_name(entry.key)) {
    leaf.context.error(entry.mark, path, "got a forbidden character, expected a header name");
    return false;
  }
  if (is_text(value) && is_header_value(value.text)) return true;
  leaf.context.error(value.mark, path,
                     fmt::format("got {}, expected a header value (one line of text)",
                                 describe(value, Echo::hide)));
  return false;
}

std::chrono::milliseconds within_longest_timeout(const Leaf& leaf, std::chrono::milliseconds span) {
  if (span.count() == 0) return kLongestTimeout;
  if (span <= kLongestTimeout) return span;
  leaf.context.warn(leaf.node.mark, leaf.path,
                    fmt::format("got {}, which is cut to 24 hours", in_quotes(leaf.node.text)));
  return kLongestTimeout;
}

void add_literals_as_secrets(const RuntimeTemplate& text, Context& context) {
  for (auto& literal : text.literals()) context.secrets.emplace_back(std::move(literal));
}

std::optional<RuntimeTemplate> compile_for_signer(const Leaf& leaf, const Node& node,
                                                  const std::string& path) {
  auto compiled = RuntimeTemplate::compile(node.text, Malformed::refuse);
  if (compiled) return std::move(*compiled);
  leaf.context.error(node.mark, path, compiled.error());
  return std::nullopt;
}

}  // namespace

void Context::error(Mark mark, const std::string& key, std::string message) {
  errors.push_back({file, mark, key, std::move(message)});
}

void Context::warn(Mark mark, const std::string& key, std::string message) {
  warnings.push_back(Diagnostic{file, mark, key, std::move(message)}.to_string());
}

void Leaf::refuse(const std::string& form, Echo echo) const {
  context.error(node.mark, path, fmt::format("got {}, expected {}", describe(node, echo), form));
}

void read(const Leaf& leaf, bool& out) {
  const auto flag = is_plain_text(leaf.node) ? parse_bool(leaf.node.text) : std::nullopt;
  if (flag) out = *flag;
  if (!flag) leaf.refuse(expected(leaf.rule, out));
}

void read(const Leaf& leaf, int& out) {
  if (const auto value = read_integer(leaf, 0)) out = static_cast<int>(*value);
}

void read(const Leaf& leaf, std::int64_t& out) {
  constexpr auto lowest = std::numeric_limits<std::int64_t>::min();
  if (const auto value = read_integer(leaf, lowest)) out = *value;
}

void read(const Leaf& leaf, std::uint64_t& out) {
  if (const auto value = read_integer(leaf, 0)) out = static_cast<std::uint64_t>(*value);
}

void read(const Leaf& leaf, double& out) {
  const auto number = is_plain_text(leaf.node) ? parse_number(leaf.node.text) : std::nullopt;
  if (number && within(leaf.rule.range, *number))
    out = *number;
  else
    leaf.refuse(expected(leaf.rule, out));
}

void read(const Leaf& leaf, std::chrono::milliseconds& out) {
  const auto quoting = leaf.node.plain ? Quoting::plain : Quoting::quoted;
  const auto span = is_text(leaf.node) ? parse_duration(leaf.node.text, quoting) : std::nullopt;
  if (span && leaf.rule.format == Format::timeout) {
    out = within_longest_timeout(leaf, *span);
    return;
  }
  if (span && within(leaf.rule.range, static_cast<double>(span->count())))
    out = *span;
  else
    leaf.refuse(expected(leaf.rule, out));
}

void read(const Leaf& leaf, std::string& out) {
  if (is_text(leaf.node) && leaf.rule.format == Format::url) return read_url(leaf, out);
  if (is_text(leaf.node) && is_of_form(leaf.rule.format, leaf.node.text))
    out = leaf.node.text;
  else
    leaf.refuse(expected(leaf.rule, out),
                leaf.rule.format == Format::url ? Echo::hide : Echo::show);
}

void read(const Leaf& leaf, Secret& out) {
  if (!is_text(leaf.node) || !is_header_value(leaf.node.text))
    return leaf.refuse(expected(leaf.rule, out), Echo::hide);
  out = Secret(leaf.node.text);
  if (!out.empty()) leaf.context.secrets.push_back(out);
}

void read(const Leaf& leaf, Value& out) {
  out = to_value(leaf.node);
}

void read(const Leaf& leaf, std::vector<std::string>& out) {
  const bool is_list = leaf.node.kind == Node::Kind::list;
  const bool fits = is_list && within(leaf.rule.range, static_cast<double>(leaf.node.items.size()));
  const auto usable = [](const NodePtr& item) { return is_text(*item) && !item->text.empty(); };
  if (leaf.rule.format == Format::one_or_more && is_text(leaf.node) && !leaf.node.text.empty()) {
    out = {leaf.node.text};
    return;
  }
  if (!fits) return leaf.refuse(expected(leaf.rule, out));
  out.clear();
  for (std::size_t i = 0; i < leaf.node.items.size(); ++i) {
    const auto& item = leaf.node.items[i];
    if (usable(item)) {
      out.push_back(item->text);
      continue;
    }
    const auto path = fmt::format("{}[{}]", leaf.path, i);
    Leaf{*item, path, leaf.rule, leaf.context}.refuse("a text that is not empty");
  }
}

void read(const Leaf& leaf, std::vector<int>& out) {
  if (leaf.node.kind != Node::Kind::list) return leaf.refuse(expected(leaf.rule, out));
  out.clear();
  for (std::size_t i = 0; i < leaf.node.items.size(); ++i) {
    const auto path = fmt::format("{}[{}]", leaf.path, i);
    read(Leaf{*leaf.node.items[i], path, leaf.rule, leaf.context}, out.emplace_back());
  }
}

void read(const Leaf& leaf, Texts& out) {
  if (leaf.node.kind != Node::Kind::map) return leaf.refuse(expected(leaf.rule, out));
  for (const auto& entry : leaf.node.entries) {
    const auto path = leaf.path + "." + entry.key;
    if (is_text(*entry.value))
      out.emplace_back(entry.key, entry.value->text);
    else
      Leaf{*entry.value, path, leaf.rule, leaf.context}.refuse("a text");
  }
}

void read(const Leaf& leaf, std::vector<Secret>& out) {
  if (leaf.node.kind != Node::Kind::list) return leaf.refuse(expected(leaf.rule, out), Echo::hide);
  for (std::size_t i = 0; i < leaf.node.items.size(); ++i) {
    const auto path = fmt::format("{}[{}]", leaf.path, i);
    Secret secret;
    read(Leaf{*leaf.node.items[i], path, leaf.rule, leaf.context}, secret);
    if (!secret.empty()) out.push_back(std::move(secret));
  }
}

void read(const Leaf& leaf, std::vector<ExtraHeader>& out) {
  if (leaf.node.kind != Node::Kind::map) return leaf.refuse(expected(leaf.rule, out), Echo::hide);
  for (const auto& entry : leaf.node.entries) {
    if (!check_header(leaf, entry)) continue;
    out.push_back({.name = entry.key, .value = Secret(entry.value->text)});
    if (!entry.value->text.empty()) leaf.context.secrets.push_back(out.back().value);
  }
}

void read(const Leaf& leaf, std::vector<SignerHeader>& out) {
  if (leaf.node.kind != Node::Kind::map) return leaf.refuse(expected(leaf.rule, out), Echo::hide);
  for (const auto& entry : leaf.node.entries) {
    if (!check_header(leaf, entry)) continue;
    auto value = compile_for_signer(leaf, *entry.value, leaf.path + "." + entry.key);
    if (!value) continue;
    add_literals_as_secrets(*value, leaf.context);
    out.push_back({.name = entry.key, .value = std::move(*value)});
  }
}

void read(const Leaf& leaf, RuntimeTemplate& out) {
  if (!is_text(leaf.node)) return leaf.refuse(expected(leaf.rule, out), Echo::hide);
  auto compiled = compile_for_signer(leaf, leaf.node, leaf.path);
  if (!compiled) return;
  std::string url;
  // A URL with a #{name} in it can only be checked after it is filled.
  if (compiled->names().empty() && !compiled->empty()) read_url(leaf, url);
  out = std::move(*compiled);
}

void read(const Leaf& leaf, log::Level& out) {
  if (const auto level = read_word(leaf, level_names(), Spelling::any_case)) out = *level;
}

void read(const Leaf& leaf, CutText& out) {
  if (const auto word = read_word(leaf, cut_text_names())) out = *word;
}

void read(const Leaf& leaf, std::optional<Provider>& out) {
  if (const auto provider = read_word(leaf, provider_names())) out = *provider;
}

void read(const Leaf& leaf, std::optional<AuthStyle>& out) {
  if (const auto style = read_word(leaf, auth_names())) out = *style;
}

}  // namespace gvm::config
