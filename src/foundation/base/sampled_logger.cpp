#include "base/sampled_logger.h"

#include <utility>

namespace gvm::log {

SampledLogger::Event& SampledLogger::event_of(std::string_view message, std::string_view subject) {
  auto key = std::string(message).append(1, '\n').append(subject);
  if (const auto found = events_.find(key); found != events_.end()) return found->second;
  return events_.size() < kMostEvents ? events_[std::move(key)] : others_;
}

void SampledLogger::write(Level level, std::string_view message,
                          std::initializer_list<Field> fields, std::string_view subject) {
  if (!logger_.enabled(level)) return;
  std::int64_t left_out = 0;
  {
    const std::lock_guard lock(mutex_);
    auto& event = event_of(message, subject);
    const auto now = std::chrono::steady_clock::now();
    if (now >= event.next) {
      event.next = now + interval_;
      event.written = 0;
    }
    if (event.written == most_) {
      ++event.left_out;
      return;
    }
    ++event.written;
    left_out = std::exchange(event.left_out, 0);
  }
  Value::Map map;
  for (const auto& field : fields) map.set(field.key, field.value);
  if (left_out > 0) map.set("left_out", Value::integer(left_out));
  logger_.write_value(level, message, Value::map(std::move(map)));
}

}  // namespace gvm::log
