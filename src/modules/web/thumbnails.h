#pragma once
// The last page of each browser session, as a small picture for the status page; only where
// browser.status_thumbnails asks for it. In memory only, within fixed bounds. Thread safe.
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/size.h"
#include "base/value.h"

namespace gvm::web {

class Thumbnails {
 public:
  static constexpr std::size_t kMostBytes = 48 * kKiB;  // of one; a larger one is not kept
  static constexpr int kWidth = 256;                    // pixels

  // `places`: sessions that there may be at the same time.
  explicit Thumbnails(std::size_t places) : kept_(places) {}

  // The place of a session while it is leased; the picture stays there until the next one.
  class Place {
   public:
    Place(Place&& other) noexcept : of_(std::exchange(other.of_, nullptr)), index_(other.index_) {}
    Place& operator=(Place&&) = delete;
    ~Place();

   private:
    friend class Thumbnails;
    Place(std::shared_ptr<Thumbnails> of, std::size_t index) : of_(std::move(of)), index_(index) {}
    std::shared_ptr<Thumbnails> of_;  // null: moved from, or there was none left
    std::size_t index_;
  };
  // The first that nobody has.
  static Place claim(std::shared_ptr<Thumbnails> thumbnails);

  // `page`: the origin of its URL, because paths and queries may be secrets.
  void keep(const Place& place, std::string page, std::string jpeg);

  // {"thumbnails": [{place, in_use, page, taken, jpeg (base64)}]}
  Value to_value() const;

 private:
  struct Kept {
    bool in_use = false;
    std::string page = {};
    std::string jpeg = {};
    std::chrono::system_clock::time_point taken = {};
  };
  void release(std::size_t index);

  mutable std::mutex mutex_;
  std::vector<Kept> kept_;
};

}  // namespace gvm::web
