#include "calldata/debug.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/json.h"

namespace gvm::calldata {
namespace {

constexpr std::size_t kShownTextBytes = 200;
constexpr std::size_t kShownRawBytes = 16;
constexpr std::string_view kMore = "...";

class Printer {
 public:
  explicit Printer(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  void value(const Value& v) {
    if (full()) return;
    switch (v.kind()) {
      case Value::Kind::string:
        return text(*v.as_string());
      case Value::Kind::bytes:
        return bytes(*v.as_bytes());
      case Value::Kind::integer:
        return integer(*v.as_integer());
      case Value::Kind::array:
        return array(*v.as_array());
      case Value::Kind::map:
        return map(*v.as_map());
      case Value::Kind::address: {
        const Address& a = *v.as_address();
        out_ += "addr#" + hex_encode({reinterpret_cast<const char*>(a.data()), a.size()});
        return;
      }
      default:
        json::write_to(out_, v);
    }
  }

  std::string take() && {
    if (out_.size() <= max_bytes_) return std::move(out_);
    const std::size_t kept = max_bytes_ < kMore.size() ? 0 : max_bytes_ - kMore.size();
    return to_valid_utf8(std::string_view(out_).substr(0, whole_characters(kept)))
        .append(kMore, 0, max_bytes_ - kept);
  }

 private:
  bool full() const { return out_.size() > max_bytes_; }

  // The largest end up to `end` that does not cut a character.
  std::size_t whole_characters(std::size_t end) const {
    while (end > 0 && (static_cast<unsigned char>(out_[end]) & 0xc0) == 0x80) --end;
    return end;
  }

  void text(std::string_view text) {
    if (text.size() <= kShownTextBytes) return json::write_string_to(out_, text);
    std::size_t end = kShownTextBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    json::write_string_to(out_, text.substr(0, end));
    fmt::format_to(std::back_inserter(out_), "{}({} bytes)", kMore, text.size());
  }

  void bytes(std::string_view raw) {
    fmt::format_to(std::back_inserter(out_), "bytes({}) {}", raw.size(),
                   hex_encode(raw.substr(0, kShownRawBytes)));
    if (raw.size() > kShownRawBytes) out_ += kMore;
  }

  void integer(const Integer& integer) {
    constexpr std::size_t kShownBits = 512;
    if (integer.bit_length() <= kShownBits) {
      out_ += integer.to_string();
    } else {
      fmt::format_to(std::back_inserter(out_), "{}integer({} bits)",
                     integer.is_negative() ? "-" : "", integer.bit_length());
    }
  }

  void array(const Value::Array& items) {
    out_ += '[';
    for (std::size_t i = 0; i < items.size() && !full(); ++i) {
      if (i > 0) out_ += ", ";
      value(items[i]);
    }
    out_ += ']';
  }

  void map(const Value::Map& map) {
    out_ += '{';
    bool first = true;
    for (const auto& [key, item] : map) {
      if (full()) break;
      if (!first) out_ += ", ";
      first = false;
      text(key.view());
      out_ += ": ";
      value(item);
    }
    out_ += '}';
  }

  const std::size_t max_bytes_;
  std::string out_;
};

}  // namespace

std::string to_debug_string(const Value& value, std::size_t max_bytes) {
  Printer printer(max_bytes);
  printer.value(value);
  return std::move(printer).take();
}

}  // namespace gvm::calldata
