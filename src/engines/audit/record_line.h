#pragma once
// How a record, and a line of texts, is written. Internal to audit/.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include "audit/record.h"
#include "base/encoding.h"
#include "base/json_writer.h"
#include "base/utc_text.h"

namespace gvm::audit {

// What a host or a script chose, as a record has it.
inline std::string cut(std::string_view text) {
  return to_valid_utf8(text.substr(0, kMostFieldBytes));
}

// With its length, so that no two lists of parts have the same bytes.
inline void add_part(std::string& whole, char tag, std::string_view part) {
  whole += fmt::format("{}{}:", tag, part.size());
  whole += part;
}

// Begins with the members that every record has.
class Line {
 public:
  Line(const Link& link, std::int64_t at_ms, std::string_view kind) : out_(text_) {
    constexpr std::int64_t kVersion = 1;
    out_.begin_object();
    number("v", kVersion);
    number("seq", link.seq);
    text("prev", link.prev);
    const std::chrono::system_clock::time_point at{std::chrono::milliseconds(at_ms)};
    text("at", utc_text(at));
    text("kind", kind);
  }
  void text(std::string_view key, std::string_view value) {
    out_.key(key);
    out_.string(value);
  }
  template <class T>
  void number(std::string_view key, T value) {
    out_.key(key);
    out_.number(value);
  }
  void subject(const Subject& of) {
    text("session", cut(of.session));
    text("node", cut(of.node));
    text("tx", cut(of.tx));
    text("contract", cut(of.contract));
  }
  void rules(const Subject& of) {
    out_.key("rules");
    out_.begin_array();
    for (std::size_t i = 0; i < std::min(of.rules.size(), kMostRules); ++i)
      out_.string(cut(of.rules[i]));
    out_.end_array();
  }
  json::Writer& key(std::string_view name) {
    out_.key(name);
    return out_;
  }
  std::string take() {
    out_.end_object();
    return std::move(text_);
  }

 private:
  std::string text_;
  json::Writer out_;
};

}  // namespace gvm::audit
