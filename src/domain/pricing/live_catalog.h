#pragma once
// The catalogue in use, read again on request: a file with an error changes nothing.
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "config/prices_load.h"
#include "pricing/file_stamp.h"
#include "pricing/price_catalog.h"

namespace gvm::pricing {

struct LoadedCatalog {
  std::shared_ptr<const PriceCatalog> catalog;
  std::vector<std::string> warnings;
};

// All errors at once, each "file:line:column: key: what, expected".
std::expected<LoadedCatalog, std::vector<config::Diagnostic>> load_catalog(
    const std::string& path, const config::Environment& env);

// Any thread. Hold what current() gives for a whole prompt: the reservation and its settlement then
// use the same prices.
class LiveCatalog {
 public:
  LiveCatalog(std::string path, config::Environment env);

  // Takes no lock, but for the first call of a thread after a reload. A thread keeps the last
  // catalogue it was given until it asks again. (std::atomic<std::shared_ptr> of g++ 12 has a
  // race.)
  std::shared_ptr<const PriceCatalog> current() const;

  // What the new file warns of, or its errors; then the old catalogue stays. One thread at a time.
  std::expected<std::vector<std::string>, std::vector<config::Diagnostic>> reload();
  // Whether the file is another one than reload() read last, good or bad, and was that one at the
  // last call already: a file that is still being written is left alone. On reload()'s thread.
  bool has_settled_change();

 private:
  void publish(std::shared_ptr<const PriceCatalog> catalog);

  std::string path_;
  config::Environment env_;
  std::optional<FileStamp> read_;                // of what reload() read
  std::optional<FileStamp> seen_;                // at the last look
  mutable std::mutex mutex_;                     // guards current_
  std::shared_ptr<const PriceCatalog> current_;  // never null; knows no price at first
  std::atomic<std::uint64_t> edition_ = 0;       // of current_; unique within the process
};

}  // namespace gvm::pricing
