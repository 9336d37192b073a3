#pragma once
// JSON of RFC 8259, read strictly into a Value. Calldata has no floats: a number with a fraction or
// an exponent becomes its text.
#include <optional>

#include "genvm_client/text_reader.h"
#include "genvm_client/value.h"

namespace genvm {

namespace detail {

class JsonReader : private TextReader {
 public:
  using TextReader::TextReader;

  Value whole() {
    Value out = value(0);
    space();
    if (!at_end()) fail();
    return out;
  }

 private:
  void space() {
    while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r'))
      next();
  }

  Value value(int depth) {
    if (depth > kMaxDepth) fail();
    space();
    if (take("null")) return {};
    if (take("true")) return Value::boolean(true);
    if (take("false")) return Value::boolean(false);
    if (peek() == '"') return Value::string(string());
    if (take("[")) return array(depth + 1);
    if (take("{")) return object(depth + 1);
    return number();
  }

  Value array(int depth) {
    Value::Array items;
    space();
    if (take("]")) return Value::array();
    do {
      items.push_back(value(depth));
      space();
    } while (take(","));
    expect("]");
    return Value::array(std::move(items));
  }

  Value object(int depth) {
    Value::Map fields;
    space();
    if (take("}")) return Value::map();
    do {
      space();
      std::string key = string();
      space();
      expect(":");
      if (!fields.emplace(std::move(key), value(depth)).second) fail();  // a key occurs twice
      space();
    } while (take(","));
    expect("}");
    return Value::map(std::move(fields));
  }

  Value number() {
    const std::size_t start = at();
    take("-");
    const bool zero = peek() == '0';
    const std::size_t digits = skip_digits();
    if (digits == 0 || (zero && digits > 1)) fail();
    bool integral = true;
    if (take(".")) {
      integral = false;
      if (skip_digits() == 0) fail();
    }
    if (take("e") || take("E")) {
      integral = false;
      if (!take("+")) take("-");
      if (skip_digits() == 0) fail();
    }
    const std::string_view text = since(start);
    if (text.size() > kMaxDigits) fail();
    return integral ? Value::integer(Integer::parse(text)) : Value::string(std::string(text));
  }

  std::string string() {
    expect("\"");
    std::string out;
    for (char c = next(); c != '"'; c = next()) {
      if (static_cast<unsigned char>(c) < 0x20) fail();
      if (c == '\\')
        escape(out);
      else
        out += c;
    }
    if (!is_utf8(out)) fail();
    return out;
  }

  void escape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt";
    constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const char name = next();
    if (name == 'u') return add_scalar(out, unicode());
    const auto at = kNames.find(name);
    if (at == kNames.npos) fail();
    out += kMeanings[at];
  }

  std::uint32_t unicode() {
    const std::uint32_t first = hex(4, 4);
    if (first < 0xD800 || first >= 0xDC00) return first;
    expect("\\u");
    const std::uint32_t second = hex(4, 4);
    if (second < 0xDC00 || second >= 0xE000) fail();
    return 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
  }
};

}  // namespace detail

// Empty for what is no JSON, for a key that occurs twice, and for nesting over 256.
inline std::optional<Value> parse_json(std::string_view text) {
  try {
    return detail::JsonReader(text).whole();
  } catch (const detail::NotOfTheForm&) {
    return std::nullopt;
  }
}

}  // namespace genvm
