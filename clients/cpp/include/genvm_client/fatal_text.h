#pragma once
// Reads the text of a FatalError: one line of JSON (generation C), or the debug form of the field's
// modules (A and B):
//   ModuleError { causes: ["CODE"], fatal: true, ctx: {"key": Str("text")} }
#include "genvm_client/error.h"
#include "genvm_client/json.h"

namespace genvm {

namespace detail {

class DebugFormReader : private TextReader {
 public:
  using TextReader::TextReader;

  Value whole() {
    Value::Map error;
    expect("ModuleError { causes: ");
    error.emplace("causes", list([this] { return Value::string(quoted()); }));
    expect(", fatal: ");
    error.emplace("fatal", boolean());
    expect(", ctx: ");
    error.emplace("ctx", map(0));
    expect(" }");
    if (!at_end()) fail();
    return Value::map(std::move(error));
  }

 private:
  Value boolean() {
    if (take("true")) return Value::boolean(true);
    expect("false");
    return Value::boolean(false);
  }

  std::string quoted() {
    expect("\"");
    std::string out;
    for (char c = next(); c != '"'; c = next()) {
      if (c == '\\')
        escape(out);
      else
        out += c;
    }
    return out;
  }

  void escape(std::string& out) {
    constexpr std::string_view kNames = "tnr0\"\\'";
    constexpr std::string_view kMeanings("\t\n\r\0\"\\'", 7);
    const char name = next();
    if (const auto at = kNames.find(name); at != kNames.npos) {
      out += kMeanings[at];
      return;
    }
    if (name != 'u') fail();
    expect("{");
    const std::uint32_t code = hex(1, 6);
    expect("}");
    add_scalar(out, code);
  }

  template <class Item>
  Value list(Item item) {
    expect("[");
    Value::Array items;
    while (!take("]")) {
      if (!items.empty()) expect(", ");
      items.push_back(item());
    }
    return Value::array(std::move(items));
  }

  Value map(int depth) {
    expect("{");
    Value::Map fields;
    while (!take("}")) {
      if (!fields.empty()) expect(", ");
      std::string key = quoted();
      expect(": ");
      fields.insert_or_assign(std::move(key), value(depth + 1));
    }
    return Value::map(std::move(fields));
  }

  // A number of the debug form has at least one decimal. An integral one becomes an integer.
  Value number() {
    const std::size_t start = at();
    if (!take("NaN")) {
      take("-");
      if (!take("inf")) digits();
    }
    std::string text(since(start));
    if (text.size() > kMaxDigits) fail();
    constexpr std::string_view kZero = ".0";
    const bool integral = text.size() > 2 && text.compare(text.size() - 2, 2, kZero) == 0;
    if (!integral) return Value::string(std::move(text));
    return Value::integer(Integer::parse(std::string_view(text).substr(0, text.size() - 2)));
  }

  void digits() {
    if (skip_digits() == 0) fail();
    const bool fraction = take(".");
    if (fraction && skip_digits() == 0) fail();
    if (take("e")) {
      take("-");
      if (skip_digits() == 0) fail();
    } else if (!fraction) {
      fail();
    }
  }

  Value byte_list() {
    std::string out;
    list([&] {
      const std::size_t start = at();
      if (skip_digits() == 0 || at() - start > 3) fail();
      const int byte = std::stoi(std::string(since(start)));
      if (byte > 255) fail();
      out += static_cast<char>(byte);
      return Value();
    });
    return Value::bytes(std::move(out));
  }

  Value value(int depth) {
    if (depth > kMaxDepth) fail();
    if (take("Null")) return {};
    Value out = inner(depth);
    expect(")");
    return out;
  }

  Value inner(int depth) {
    if (take("Bool(")) return boolean();
    if (take("Number(")) return number();
    if (take("Str(")) return Value::string(quoted());
    if (take("Bytes(")) return byte_list();
    if (take("Array(")) return list([this, depth] { return value(depth + 1); });
    if (take("Map(")) return map(depth + 1);
    fail();
  }
};

inline std::optional<std::vector<std::string>> texts_of(const Value* list) {
  if (list == nullptr || !list->is_array()) return std::nullopt;
  std::vector<std::string> out;
  for (const auto& item : list->as_array()) {
    if (!item.is_string()) return std::nullopt;
    out.push_back(item.as_string());
  }
  return out;
}

inline std::optional<Value> parse_debug_form(std::string_view text) {
  try {
    return DebugFormReader(text).whole();
  } catch (const NotOfTheForm&) {
    return std::nullopt;
  }
}

}  // namespace detail

inline FatalError read_fatal(const std::string& text) {
  const bool json = !text.empty() && text.front() == '{';
  const auto error = json ? parse_json(text) : detail::parse_debug_form(text);
  auto causes = error ? detail::texts_of(error->find("causes")) : std::nullopt;
  if (!causes) return FatalError(text, {}, Value::map(), false);
  const Value* ctx = error->find("ctx");
  const bool is_map = ctx != nullptr && ctx->is_map();
  return FatalError(text, std::move(*causes), is_map ? *ctx : Value::map(), true);
}

}  // namespace genvm
