#include "e2e/debug_form.h"

#include <charconv>
#include <cmath>
#include <stdexcept>
#include <string>

namespace gvm::e2e {
namespace {

void append_utf8(std::string& out, unsigned code) {
  const auto byte = [&out](unsigned bits) { out += static_cast<char>(bits); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xC0 | code >> 6);
  } else {
    if (code < 0x10000) {
      byte(0xE0 | code >> 12);
    } else {
      byte(0xF0 | code >> 18);
      byte(0x80 | (code >> 12 & 0x3F));
    }
    byte(0x80 | (code >> 6 & 0x3F));
  }
  byte(0x80 | (code & 0x3F));
}

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Value whole() {
    expect("ModuleError { causes: ");
    Value causes = list([this] { return Value::string(quoted()); });
    expect(", fatal: ");
    Value fatal = Value::boolean(boolean());
    expect(", ctx: ");
    Value ctx = map();
    expect(" }");
    if (!text_.empty()) fail("the end");
    return Value::fields("causes", std::move(causes), "fatal", std::move(fatal), "ctx",
                         std::move(ctx));
  }

 private:
  [[noreturn]] void fail(std::string_view wanted) const {
    throw std::runtime_error("expected " + std::string(wanted) +
                             " at: " + std::string(text_.substr(0, 80)));
  }
  bool take(std::string_view token) {
    if (!text_.starts_with(token)) return false;
    text_.remove_prefix(token.size());
    return true;
  }
  void expect(std::string_view token) {
    if (!take(token)) fail(token);
  }
  char next() {
    if (text_.empty()) fail("a character");
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }

  bool boolean() {
    if (take("true")) return true;
    expect("false");
    return false;
  }

  std::string quoted() {
    expect("\"");
    std::string out;
    for (char c = next(); c != '"'; c = next()) {
      if (static_cast<unsigned char>(c) < 0x20) fail("an escape");
      if (c == '\\')
        escape(out);
      else
        out += c;
    }
    return out;
  }

  void escape(std::string& out) {
    const char c = next();
    constexpr std::string_view kNames = "tnr0\"\\";
    constexpr std::string_view kMeanings("\t\n\r\0\"\\", 6);
    if (const auto at = kNames.find(c); at != kNames.npos) {
      out += kMeanings[at];
      return;
    }
    if (c != 'u') fail("a known escape");
    expect("{");
    const auto end = text_.find('}');
    unsigned code = 0;
    std::from_chars(text_.data(), text_.data() + end, code, 16);
    text_.remove_prefix(end + 1);
    append_utf8(out, code);
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

  Value map() {
    expect("{");
    Value::Map map;
    while (!take("}")) {
      if (!map.empty()) expect(", ");
      std::string key = quoted();
      expect(": ");
      map.set(key, value());
    }
    return Value::map(std::move(map));
  }

  double number() {
    if (take("NaN")) return std::nan("");
    double number = 0;
    const auto end = std::from_chars(text_.data(), text_.data() + text_.size(), number).ptr;
    const auto size = static_cast<std::size_t>(end - text_.data());
    if (text_.substr(0, size).find_first_of(".ei") == text_.npos) fail("a number with a fraction");
    text_.remove_prefix(size);
    return number;
  }

  Value number_value() {
    const double real = number();
    if (const auto integer = Integer::from_integral(real)) return Value::integer(*integer);
    return Value::real(real);
  }

  Value bytes() {
    expect("[");
    std::string out;
    while (!take("]")) {
      if (!out.empty()) expect(", ");
      int byte = 0;
      const auto end = std::from_chars(text_.data(), text_.data() + text_.size(), byte).ptr;
      text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
      out += static_cast<char>(byte);
    }
    return Value::bytes(std::move(out));
  }

  Value value() {
    if (take("Null")) return Value::null();
    Value value;
    if (take("Bool("))
      value = Value::boolean(boolean());
    else if (take("Number("))
      value = number_value();
    else if (take("Str("))
      value = Value::string(quoted());
    else if (take("Bytes("))
      value = bytes();
    else if (take("Array("))
      value = list([this] { return this->value(); });
    else if (take("Map("))
      value = map();
    else
      fail("a value");
    expect(")");
    return value;
  }

  std::string_view text_;
};

}  // namespace

Value read_debug_form(std::string_view text) {
  return Reader(text).whole();
}

}  // namespace gvm::e2e
