#include "host/html_extraction.h"

#include <algorithm>
#include <array>

#include "base/error_codes.h"
#include "host/arguments.h"

namespace gvm::host {
namespace {

using html::Extraction;
using html::ExtractionFields;
using html::ExtractionLimits;

class Reader {
 public:
  Result<ExtractionFields> fields(const Value& table, const std::string& path) {
    const auto* map = table.as_map();
    if (map == nullptr || map->empty())
      return fail(wrong(path, "a table of fields", std::string(lua_kind(table))));
    if (++depth_ > ExtractionLimits::kDepth)
      return fail(wrong(path,
                        "records at most " + std::to_string(ExtractionLimits::kDepth) +
                            " deep inside of each other",
                        "a deeper one"));
    ExtractionFields out;
    for (const auto& [name, what] : *map) {
      if (++count_ > ExtractionLimits::kFields)
        return fail(wrong(path, "at most 256 fields", "more"));
      const std::string inner = path + (path.empty() ? "" : ".") + std::string(name.view());
      auto extraction = description(what, inner);
      if (!extraction) return fail(std::move(extraction.error()));
      out.emplace_back(std::string(name.view()), std::move(*extraction));
    }
    --depth_;
    return out;
  }

 private:
  static Error wrong(const std::string& path, std::string_view expected, std::string_view found) {
    return bad_argument("extract", "field " + (path.empty() ? "(the whole)" : path), expected,
                        found);
  }

  Result<Extraction> description(const Value& value, const std::string& path) {
    if (bytes_of(value)) return one(value, path);
    if (const auto* array = value.as_array()) return listed(*array, path);
    if (const auto* map = value.as_map()) return spelled(*map, path);
    return fail(wrong(path, "a selector, or a table with one", lua_kind(value)));
  }

  // "SELECTOR", "SELECTOR @attribute", "@attribute" or ".": the first match.
  static Result<Extraction> one(const Value& value, const std::string& path) {
    std::string_view text = bytes_of(value).value_or("");
    Extraction out;
    const auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
    const auto trim = [&] {
      while (!text.empty() && blank(text.front())) text.remove_prefix(1);
      while (!text.empty() && blank(text.back())) text.remove_suffix(1);
    };
    trim();
    // No selector ends with a word that begins with @.
    const auto at = text.rfind('@');
    const bool word = at != text.npos && (at == 0 || blank(text[at - 1])) &&
                      text.find_first_of(" \t\r\n\"']", at) == text.npos;
    if (word) {
      out.attribute = std::string(text.substr(at + 1));
      std::ranges::transform(out.attribute, out.attribute.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      });
      if (out.attribute.empty()) return fail(wrong(path, "an attribute's name after @", "none"));
      text = text.substr(0, at);
      trim();
    }
    if (text == "." || (text.empty() && word)) return out;
    auto selector = html::Selector::compile(text);
    if (!selector) return fail(std::move(selector.error()).with("field", Value::string(path)));
    out.selector = std::move(*selector);
    return out;
  }

  // {"SELECTOR"} or {"SELECTOR", what each match stands for}.
  Result<Extraction> listed(const Value::Array& array, const std::string& path) {
    if (array.empty() || array.size() > 2 || !bytes_of(array.front()))
      return fail(wrong(path, "{selector} or {selector, description}", "another list"));
    auto out = one(array.front(), path);
    if (!out) return out;
    out->all = true;
    if (array.size() == 2)
      if (auto done = set_inner(*out, array[1], path); !done) return fail(std::move(done.error()));
    return out;
  }

  // A record's fields, or a description of what to take of each match.
  Result<void> set_inner(Extraction& out, const Value& inner, const std::string& path) {
    if (!out.attribute.empty()) return fail(wrong(path, "a selector without @attribute", "one"));
    if (inner.as_map() != nullptr) {
      auto read = fields(inner, path);
      if (!read) return fail(std::move(read.error()));
      out.fields = std::move(*read);
      return {};
    }
    if (++depth_ > ExtractionLimits::kDepth) return fail(wrong(path, "less nesting", "more"));
    auto each = description(inner, path);
    --depth_;
    if (!each) return fail(std::move(each.error()));
    out.each = std::make_shared<const Extraction>(std::move(*each));
    return {};
  }

  // {one = SELECTOR, ...} or {all = SELECTOR, ...}, {SELECTOR, number = ...} with options.
  Result<Extraction> spelled(const Value::Map& map, const std::string& path) {
    static constexpr std::array<std::string_view, 8> kKeys = {"1",    "2",      "one",     "all",
                                                              "html", "number", "decimal", "each"};
    for (const auto& [key, value] : map) {
      if (std::ranges::find(kKeys, key.view()) == kKeys.end())
        return fail(wrong(path, "the keys one, all, each, html, number, decimal", key.view()));
    }
    const Value* only = map.find("one");
    const Value* all = map.find("all") != nullptr ? map.find("all") : map.find("1");
    if ((only == nullptr) == (all == nullptr))
      return fail(wrong(path, "either one or all", only == nullptr ? "neither" : "both"));
    const Value& text = only != nullptr ? *only : *all;
    if (!bytes_of(text)) return fail(wrong(path, "a selector", lua_kind(text)));
    auto out = one(text, path);
    if (!out) return out;
    out->all = only == nullptr;
    if (auto done = set_form(*out, map, path); !done) return fail(std::move(done.error()));
    const Value* inner = map.find("each") != nullptr ? map.find("each") : map.find("2");
    if (inner == nullptr) return out;
    if (out->form != Extraction::Form::text)
      return fail(wrong(path, "the form where the value is taken", "one beside each"));
    if (auto done = set_inner(*out, *inner, path); !done) return fail(std::move(done.error()));
    return out;
  }

  static Result<void> set_form(Extraction& out, const Value::Map& map, const std::string& path) {
    using Form = Extraction::Form;
    int forms = 0;
    if (const Value* html = map.find("html")) {
      const bool* wanted = html->as_bool();
      if (wanted == nullptr) return fail(wrong(path + ".html", "true", lua_kind(*html)));
      if (*wanted) out.form = Form::html;
      forms += *wanted ? 1 : 0;
    }
    for (const auto& [key, form] :
         {std::pair{"number", Form::number}, {"decimal", Form::decimal}}) {
      const Value* language = map.find(key);
      if (language == nullptr) continue;
      const auto tag = bytes_of(*language);
      const auto format = tag ? text::NumberFormat::of_language(*tag) : std::nullopt;
      if (!format)
        return fail(wrong(path + "." + key, "a known language, such as \"en\" or \"de-CH\"",
                          tag ? *tag : lua_kind(*language)));
      out.form = form;
      out.format = *format;
      ++forms;
    }
    if (forms > 1) return fail(wrong(path, "one of html, number, decimal", "several"));
    return {};
  }

  std::size_t depth_ = 0;
  std::size_t count_ = 0;
};

}  // namespace

Result<ExtractionFields> read_extraction(const Value& description) {
  return Reader().fields(description, "");
}

}  // namespace gvm::host
