#pragma once
// The catalogue in use, read again on request: a file with an error changes nothing.
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "config/prices_load.h"
#include "pricing/catalog.h"

namespace gvm::pricing {

struct LoadedCatalog {
  std::shared_ptr<const Catalog> catalog;
  std::vector<std::string> warnings;
};

// All errors at once, each "file:line:column: key: what, expected".
std::expected<LoadedCatalog, std::vector<config::Diagnostic>> load_catalog(
    const std::string& path, const config::Environment& env);

// Any thread; current() is one atomic load of a shared pointer. Hold what it gives for a whole
// prompt: the reservation and its settlement then use the same prices.
class LiveCatalog {
 public:
  LiveCatalog(std::string path, config::Environment env);

  std::shared_ptr<const Catalog> current() const { return current_.load(); }

  // What the new file warns of, or its errors; then the old catalogue stays.
  std::expected<std::vector<std::string>, std::vector<config::Diagnostic>> reload();

 private:
  std::string path_;
  config::Environment env_;
  std::atomic<std::shared_ptr<const Catalog>> current_;  // never null; knows no price at first
};

}  // namespace gvm::pricing
