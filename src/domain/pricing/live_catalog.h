#pragma once
// The price catalogue in use, reloaded on request. A file with an error changes nothing.
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

// From any thread. Keep the result of current() for a whole prompt, so that the reservation and its
// settlement use the same prices.
class LiveCatalog {
 public:
  LiveCatalog(std::string path, config::Environment env);

  // Takes no lock, except for the first call of a thread after a reload. A thread keeps the
  // catalogue it was given last until it asks again. (std::atomic<std::shared_ptr> of g++ 12 has a
  // data race.)
  std::shared_ptr<const PriceCatalog> current() const;

  // Returns the warnings of the new file, or its errors; with errors the old catalogue stays. One
  // thread at a time.
  std::expected<std::vector<std::string>, std::vector<config::Diagnostic>> reload();
  // True when the file differs from the one that reload() read last, whether that was good or bad,
  // and has not changed since the last call: a file that is still being written is not read. On the
  // thread of reload().
  bool has_settled_change();

 private:
  void publish(std::shared_ptr<const PriceCatalog> catalog);

  std::string path_;
  config::Environment env_;
  std::optional<FileStamp> read_;                // of what reload() read
  std::optional<FileStamp> seen_;                // at the last check
  mutable std::mutex mutex_;                     // guards current_
  std::shared_ptr<const PriceCatalog> current_;  // never null; knows no price at first
  std::atomic<std::uint64_t> edition_ = 0;       // of current_; unique within the process
};

}  // namespace gvm::pricing
