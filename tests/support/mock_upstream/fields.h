#pragma once
// Reads a JSON object member by member. The first problem (a wrong type, an unknown member) is kept
// with the object's path, so that callers need no check after each member.
#include <chrono>
#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/value.h"

namespace gvm::mock {

template <class Enum>
using Name = std::pair<std::string_view, Enum>;

template <class Enum, std::size_t N>
constexpr std::string_view name_in(const Name<Enum> (&names)[N], Enum value) {
  for (const auto& [name, known] : names) {
    if (known == value) return name;
  }
  return {};
}

class Fields {
 public:
  // `where` names the object in errors, such as "rules[2].when".
  Fields(const Value& object, std::string where);

  // Null when absent. From then on the member counts as known.
  const Value* take(std::string_view name);

  // An absent member leaves `out` unchanged.
  void read(std::string_view name, std::string& out);
  void read(std::string_view name, bool& out);
  void read(std::string_view name, double& out);
  template <std::unsigned_integral T>
    requires(!std::same_as<T, bool>)
  void read(std::string_view name, T& out) {
    if (auto number = whole(name)) out = static_cast<T>(*number);
  }
  template <class T>
  void read(std::string_view name, std::optional<T>& out) {
    T value{};
    if (!has(name)) return;
    read(name, value);
    out = std::move(value);
  }
  // Milliseconds, fractions allowed.
  void read_ms(std::string_view name, std::chrono::microseconds& out);
  template <class Enum, std::size_t N>
  void read(std::string_view name, Enum& out, const Name<Enum> (&names)[N]) {
    const auto word = this->word(name);
    if (!word) return;
    for (const auto& [known, value] : names) {
      if (known == *word) {
        out = value;
        return;
      }
    }
    std::string known;
    for (const auto& entry : names) known.append(known.empty() ? "" : ", ").append(entry.first);
    complain(name, "one of " + known);
  }

  bool has(std::string_view name) const { return object_.find(name) != nullptr; }
  std::string path(std::string_view name) const { return where_ + "." + std::string(name); }
  // Records a problem of a member; only the first one is kept.
  void complain(std::string_view name, std::string_view expected);
  void adopt(const Error& error);
  // INVALID_CONFIG with the first problem, or an unknown member.
  Result<void> done();

 private:
  std::optional<std::string_view> word(std::string_view name);
  std::optional<std::uint64_t> whole(std::string_view name);

  const Value& object_;
  std::string where_;
  std::vector<std::string> known_;
  std::string problem_;
};

std::unexpected<Error> bad_script(std::string problem);

}  // namespace gvm::mock
