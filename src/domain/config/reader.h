#pragma once
// Reads typed values from nodes. A value that does not fit becomes a Diagnostic "got X, expected
// Y", and the default stays.
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.h"
#include "base/value.h"
#include "config/document.h"
#include "config/llm_config.h"

namespace gvm::config {

// How a key that the schema does not have is treated. A probable typing error of a known key is
// always an error, because money or safety may depend on it.
enum class UnknownKeys { warn, refuse };

// What one load collects.
struct Context {
  std::string file;
  const Environment& env;
  UnknownKeys unknown_keys = UnknownKeys::refuse;
  std::vector<Diagnostic> errors;
  std::vector<std::string> warnings;
  std::vector<Secret> secrets;
  std::vector<Diagnostic> dropped = {};

  void error(Mark mark, const std::string& key, std::string message);
  void warn(Mark mark, const std::string& key, std::string message);
};

// Inclusive bounds, in the unit of the type: numbers, milliseconds, bytes, entries of a list.
struct Range {
  double min = 0;
  double max = 0;
  bool bounded() const { return min != 0 || max != 0; }
};

// The form of a string or number, beyond its C++ type.
enum class Format {
  plain,
  bytes,
  url,
  bind_address,
  path,
  header_name,
  timeout,  // of a whole call: 0 is no limit, which is kLongestTimeout; longer ones are cut to it
  not_empty,
  json_object,
  decimal,     // an exact one, kept as its text: 12, 0.25
  one_or_more  // of a list of texts: one text may stand alone
};

inline constexpr std::chrono::hours kLongestTimeout{24};

struct LeafRule {
  Format format = Format::plain;
  Range range;
  std::string_view unit;
};

struct Leaf {
  const Node& node;
  const std::string& path;
  const LeafRule& rule;
  Context& context;

  void refuse(const std::string& expected, Echo echo = Echo::show) const;
};

// One overload per type. `expected()` describes what to write, for messages and the reference page.
void read(const Leaf& leaf, bool& out);
void read(const Leaf& leaf, int& out);
void read(const Leaf& leaf, std::int64_t& out);
void read(const Leaf& leaf, std::uint64_t& out);
void read(const Leaf& leaf, double& out);
void read(const Leaf& leaf, Days& out);  // days.cpp
void read(const Leaf& leaf, std::chrono::milliseconds& out);
void read(const Leaf& leaf, std::string& out);
void read(const Leaf& leaf, Secret& out);
void read(const Leaf& leaf, Value& out);
void read(const Leaf& leaf, std::vector<std::string>& out);
void read(const Leaf& leaf, std::vector<int>& out);
using Texts = std::vector<std::pair<std::string, std::string>>;  // in the order of the file
void read(const Leaf& leaf, Texts& out);
void read(const Leaf& leaf, std::vector<Secret>& out);
void read(const Leaf& leaf, std::vector<ExtraHeader>& out);
void read(const Leaf& leaf, std::vector<SignerHeader>& out);
void read(const Leaf& leaf, RuntimeTemplate& out);
void read(const Leaf& leaf, log::Level& out);
void read(const Leaf& leaf, CutText& out);
void read(const Leaf& leaf, JsonForm& out);  // json_form.cpp
void read(const Leaf& leaf, std::optional<Provider>& out);
void read(const Leaf& leaf, std::optional<AuthStyle>& out);
template <class T>
void read(const Leaf& leaf, std::optional<T>& out) {
  const auto before = leaf.context.errors.size();
  T value{};
  read(leaf, value);
  if (leaf.context.errors.size() == before) out = std::move(value);
}

// The form in words: "an integer from 1 to 1024", "true or false". The second argument only selects
// the overload.
std::string expected(const LeafRule& rule, const bool&);
std::string expected(const LeafRule& rule, const int&);
std::string expected(const LeafRule& rule, const std::int64_t&);
std::string expected(const LeafRule& rule, const std::uint64_t&);
std::string expected(const LeafRule& rule, const double&);
std::string expected(const LeafRule& rule, const Days&);
std::string expected(const LeafRule& rule, const std::chrono::milliseconds&);
std::string expected(const LeafRule& rule, const std::string&);
std::string expected(const LeafRule& rule, const Secret&);
std::string expected(const LeafRule& rule, const Value&);
std::string expected(const LeafRule& rule, const std::vector<std::string>&);
std::string expected(const LeafRule& rule, const std::vector<int>&);
std::string expected(const LeafRule& rule, const Texts&);
std::string expected(const LeafRule& rule, const std::vector<Secret>&);
std::string expected(const LeafRule& rule, const std::vector<ExtraHeader>&);
std::string expected(const LeafRule& rule, const std::vector<SignerHeader>&);
std::string expected(const LeafRule& rule, const RuntimeTemplate&);
std::string expected(const LeafRule& rule, const log::Level&);
std::string expected(const LeafRule& rule, const CutText&);
std::string expected(const LeafRule& rule, const JsonForm&);
std::string expected(const LeafRule& rule, const std::optional<Provider>&);
std::string expected(const LeafRule& rule, const std::optional<AuthStyle>&);
template <class T>
std::string expected(const LeafRule& rule, const std::optional<T>&) {
  return expected(rule, T{});
}

// The value in YAML's notation; empty when there is nothing to show.
std::string shown(const LeafRule& rule, const bool& value);
std::string shown(const LeafRule& rule, const int& value);
std::string shown(const LeafRule& rule, const std::int64_t& value);
std::string shown(const LeafRule& rule, const std::uint64_t& value);
std::string shown(const LeafRule& rule, const double& value);
std::string shown(const LeafRule& rule, const Days& value);
std::string shown(const LeafRule& rule, const std::chrono::milliseconds& value);
std::string shown(const LeafRule& rule, const std::string& value);
std::string shown(const LeafRule& rule, const std::vector<int>& value);
std::string shown(const LeafRule& rule, const log::Level& value);
std::string shown(const LeafRule& rule, const CutText& value);
template <class T>
std::string shown(const LeafRule&, const T&) {
  return {};
}

}  // namespace gvm::config
