#pragma once
// Knows every secret of the configuration and removes them from text on its way out: errors, logs,
// metrics. Built once at load, then immutable and shared by all lanes.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/secret.h"

namespace gvm {

class Redactor {
 public:
  // Secrets shorter than this are ignored: they would blank out ordinary words.
  static constexpr std::size_t kShortestSecret = 6;

  Redactor() = default;
  explicit Redactor(std::vector<Secret> secrets);

  // `text` with every secret (also in its base64, hex, percent-encoded and JSON-escaped form)
  // replaced by "[redacted]".
  std::string redact(std::string_view text) const;
  bool contains_secret(std::string_view text) const;
  void redact(Error& error) const;

 private:
  std::vector<Secret> needles_;  // longest first
};

}  // namespace gvm
