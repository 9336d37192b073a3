#include "web/thumbnails.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/utc_text.h"

namespace gvm::web {

Thumbnails::Place::~Place() {
  if (of_) of_->release(index_);
}

Thumbnails::Place Thumbnails::claim(std::shared_ptr<Thumbnails> thumbnails) {
  std::size_t index = 0;
  {
    const std::lock_guard lock(thumbnails->mutex_);
    auto& kept = thumbnails->kept_;
    const auto free = std::ranges::find(kept, false, &Kept::in_use);
    if (free == kept.end()) return {nullptr, 0};
    free->in_use = true;
    index = static_cast<std::size_t>(free - kept.begin());
  }
  return {std::move(thumbnails), index};
}

void Thumbnails::release(std::size_t index) {
  const std::lock_guard lock(mutex_);
  kept_.at(index).in_use = false;
}

void Thumbnails::keep(const Place& place, std::string page, std::string jpeg) {
  if (!place.of_ || jpeg.size() > kMostBytes) return;
  const std::lock_guard lock(mutex_);
  auto& kept = kept_.at(place.index_);
  kept.page = std::move(page);
  kept.jpeg = std::move(jpeg);
  kept.taken = std::chrono::system_clock::now();
}

Value Thumbnails::to_value() const {
  Value::Array rows;
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < kept_.size(); ++i) {
    const auto& kept = kept_[i];
    if (kept.jpeg.empty()) continue;
    rows.push_back(Value::fields(
        "place", Value::integer(static_cast<std::int64_t>(i + 1)), "in_use",
        Value::boolean(kept.in_use), "page", Value::string(kept.page), "taken",
        Value::string(utc_text(kept.taken)), "jpeg", Value::string(base64_encode(kept.jpeg))));
  }
  return Value::fields("thumbnails", Value::array(std::move(rows)));
}

}  // namespace gvm::web
