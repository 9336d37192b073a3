#pragma once
// The top-level domains that contracts may visit: those of the public suffix list as they were when
// this was built, or of a file of the operator's own. Immutable.
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gvm::policy {

// Of the build: ASCII (Punycode), lower case, without dots, sorted.
std::span<const std::string_view> public_tlds();
// What that list calls its version; empty for lists from before 2024.
std::string_view public_tlds_version();
bool is_public_tld(std::string_view label);

class TldList {
 public:
  // A file in the form of publicsuffix.org. INVALID_CONFIG: it cannot be read, is larger than
  // 8 MiB, or is no such list.
  static Result<std::shared_ptr<const TldList>> load(const std::string& file);

  bool contains(std::string_view label) const { return labels_.contains(label); }
  const std::set<std::string, std::less<>>& labels() const { return labels_; }
  const std::string& version() const { return version_; }
  // Whether both lists say their version, and that of the build is the newer one.
  bool older_than_built_in() const;

 private:
  std::set<std::string, std::less<>> labels_;
  std::string version_;
};

}  // namespace gvm::policy
