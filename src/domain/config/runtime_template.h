#pragma once
// #{name} in prompt templates and signer settings, filled at run time. Compiled once into pieces;
// filling is one pass, so a value that contains "#{...}" or "%" stays literal. Pure; immutable once
// compiled, shared by all lanes.
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gvm::config {

// A name consists of letters, digits, '_', '-' and '.'. How to treat a "#{" that is not followed by
// a name and "}":
enum class Malformed {
  keep,    // prose may hold it (prompt templates)
  refuse,  // a typing error must not be sent (signer settings)
};

class RuntimeTemplate {
 public:
  // The value of a name; empty when there is none.
  using Lookup = std::function<std::optional<std::string_view>(std::string_view name)>;

  RuntimeTemplate() = default;
  // The error is a sentence for a Diagnostic.
  static std::expected<RuntimeTemplate, std::string> compile(std::string_view text,
                                                             Malformed malformed);

  // The error is the first name that `lookup` does not know.
  std::expected<std::string, std::string> fill(const Lookup& lookup) const;

  const std::string& source() const { return source_; }
  bool empty() const { return source_.empty(); }
  // Each name once, in the order of the text.
  std::vector<std::string> names() const;
  // The fixed texts between the names.
  std::vector<std::string> literals() const;

  friend bool operator==(const RuntimeTemplate& a, const RuntimeTemplate& b) {
    return a.source_ == b.source_;
  }

 private:
  struct Piece {
    bool is_name;
    std::string text;
  };
  void add_literal(std::string_view text);

  std::string source_;
  std::vector<Piece> pieces_;
};

}  // namespace gvm::config
