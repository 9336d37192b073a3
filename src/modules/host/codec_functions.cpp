#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "base/json.h"
#include "host/arguments.h"
#include "host/functions.h"
#include "host/json_text.h"
#include "host/piecewise.h"

namespace gvm::host {

namespace {

using script::Session;

constexpr std::size_t kLongestJson = 64 * kMiB;  // written

// JSON has no bytes: a string that is no UTF-8 would be lost silently. What came from Lua as a
// string or a key is UTF-8.
bool is_json_text(const Value& value) {
  if (value.as_bytes()) return false;
  if (const auto* array = value.as_array()) {
    for (const Value& item : *array) {
      if (!is_json_text(item)) return false;
    }
  }
  if (const auto* map = value.as_map()) {
    for (const auto& [key, item] : *map) {
      if (!is_json_text(item)) return false;
    }
  }
  return true;
}

using Work = script::HostFunction::Work;

// Writes a value as json::write does, in pieces: some thousands of values, or a part of a long
// string.
class StringifyWork : public Work {
 public:
  StringifyWork(Args args, std::size_t most_bytes) : args_(std::move(args)), most_(most_bytes) {
    if (args_.empty()) args_.emplace_back();
    open(args_.front());
  }

  bool step() override {
    const std::size_t target = out_.size() + kPieceBytes;
    for (std::size_t i = 0; i < kPieceValues && out_.size() < target && more(); ++i) {
      if (text_)
        write_text();
      else
        advance();
    }
    return more() && out_.size() <= most_;
  }
  Result<Value> finish() override {
    if (out_.size() <= most_) return Value::string(std::move(out_));
    return fail(codes::kTooLarge, Fatality::user,
                "lib.rs.json_stringify: more than " + std::to_string(most_ / kMiB) + " MiB");
  }
  std::size_t bytes() const override { return out_.capacity(); }

 private:
  static constexpr std::size_t kPieceBytes = 256 * kKiB;
  static constexpr std::size_t kPieceText = 64 * kKiB;
  static constexpr std::size_t kPieceValues = 4096;

  struct Frame {
    const Value::Array* array = nullptr;
    const Value::Map* map = nullptr;
    std::size_t next = 0;

    std::size_t size() const { return array != nullptr ? array->size() : map->size(); }
  };

  bool more() const { return text_ || !open_.empty(); }

  // Writes a value that has no parts; begins one that has.
  void open(const Value& value) {
    if (const auto* array = value.as_array()) {
      out_ += '[';
      open_.push_back({array, nullptr, 0});
    } else if (const auto* map = value.as_map()) {
      out_ += '{';
      open_.push_back({nullptr, map, 0});
    } else if (const auto text = bytes_of(value); text && text->size() > kPieceText) {
      out_ += '"';
      text_ = *text;
    } else if (text) {
      json::write_string_to(out_, *text);
    } else {
      json::write_to(out_, value);
    }
  }

  // A part of a long string, cut between characters.
  void write_text() {
    std::size_t size = std::min(text_->size(), kPieceText);
    while (size < text_->size() && (static_cast<unsigned char>((*text_)[size]) & 0xC0) == 0x80)
      --size;
    std::string part;
    json::write_string_to(part, text_->substr(0, size));
    out_.append(part, 1, part.size() - 2);
    text_->remove_prefix(size);
    if (!text_->empty()) return;
    out_ += '"';
    text_.reset();
  }

  void advance() {
    Frame& frame = open_.back();
    if (frame.next == frame.size()) {
      out_ += frame.array != nullptr ? ']' : '}';
      open_.pop_back();
      return;
    }
    if (frame.next > 0) out_ += ',';
    const std::size_t at = frame.next++;
    if (frame.array != nullptr) return open((*frame.array)[at]);
    const auto& [key, value] = *std::next(frame.map->begin(), static_cast<std::ptrdiff_t>(at));
    json::write_string_to(out_, key.view());
    out_ += ':';
    open(value);
  }

  Args args_;
  std::size_t most_;
  std::vector<Frame> open_;
  std::optional<std::string_view> text_;  // what is left of a long string
  std::string out_;
};

Result<std::unique_ptr<Work>> json_stringify(Session&, Args args) {
  Arguments arguments("lib.rs.json_stringify", args);
  if (!is_json_text(arguments.any(0))) {
    return fail(bad_argument(arguments.function(), "argument 1 (value)",
                             "strings in UTF-8 (encode bytes first, e.g. with base64_encode)",
                             "a string of other bytes"));
  }
  return std::make_unique<StringifyWork>(std::move(args), kLongestJson);
}

class EncodeTask {
 public:
  explicit EncodeTask(std::string_view text) { out_.reserve((text.size() + 2) / 3 * 4); }
  bool take(std::string_view piece, bool) {
    base64_encode_to(out_, piece);
    return true;
  }
  Result<Value> finish() { return Value::string(std::move(out_)); }
  std::size_t bytes() const { return out_.capacity(); }

 private:
  static_assert(kPiece % 3 == 0);
  std::string out_;
};

class DecodeTask {
 public:
  explicit DecodeTask(std::string_view text) { out_.reserve(text.size() / 4 * 3 + 2); }
  bool take(std::string_view piece, bool is_last) {
    const auto bytes = base64_decode(piece);
    // Padding stands at the end of the whole text only.
    ok_ = bytes && (is_last || !piece.ends_with('='));
    if (ok_) out_ += *bytes;
    return ok_;
  }
  Result<Value> finish() {
    if (ok_) return Value::bytes(std::move(out_));
    return fail(codes::kDeserializing, Fatality::fatal,
                "lib.rs.base64_decode: the text is no base64 (RFC 4648, section 4)");
  }
  std::size_t bytes() const { return out_.capacity(); }

 private:
  static_assert(kPiece % 4 == 0);
  std::string out_;
  bool ok_ = true;
};

}  // namespace

void add_codec_functions(script::HostTable& table) {
  add_json_parse(table);
  table.functions.push_back(
      {kCommonLibrary, "json_stringify", "fun(value: any): string",
       "A value to compact JSON, keys in byte order; NaN and infinities become null.",
       script::HostFunction::Sliced(json_stringify)});
  table.functions.push_back({kCommonLibrary, "base64_encode", "fun(data: string): string",
                             "Bytes to base64 with padding (RFC 4648, section 4).",
                             piecewise<EncodeTask>("lib.rs.base64_encode", "data")});
  table.functions.push_back(
      {kCommonLibrary, "base64_decode", "fun(text: string): string",
       "Base64 to bytes; padding may be absent. Errors: DESERIALIZING (fatal).",
       piecewise<DecodeTask>("lib.rs.base64_decode", "text")});
}

}  // namespace gvm::host
