#include "guarded/in_turn.h"

#include <utility>

#include "script/off_lane.h"

namespace gvm::guarded {

boost::asio::awaitable<Result<Value>> in_turn(std::size_t bytes, Look look) {
  if (bytes <= kOnLaneBytes) {
    guard::Effort effort(kOnLaneEffort);
    auto result = look(&effort);
    if (!effort.exhausted()) co_return result;
  }
  std::function<Result<Value>()> rest = [look = std::move(look)] { return look(nullptr); };
  auto outcome = script::run_off_lane(std::move(rest));
  script::OffLaneResult done = co_await std::move(outcome);
  co_return std::move(done.result);
}

boost::asio::awaitable<Result<Value>> in_turn(std::size_t bytes,
                                              std::function<Result<Value>()> work) {
  Look look = [work = std::move(work)](guard::Effort*) { return work(); };
  auto done = in_turn(bytes, std::move(look));
  Result<Value> result = co_await std::move(done);
  co_return result;
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as what a script or a parser made, which is bounded.
std::size_t text_bytes(const Value& value) {
  constexpr std::size_t kEach = 16;
  if (const auto bytes = value.as_bytes()) return bytes->size();
  if (const auto text = value.as_string()) return text->size();
  std::size_t sum = 0;
  if (const auto* items = value.as_array())
    for (const auto& item : *items) sum += kEach + text_bytes(item);
  if (const auto* map = value.as_map())
    for (const auto& [key, field] : *map) sum += kEach + key.view().size() + text_bytes(field);
  return sum;
}

}  // namespace gvm::guarded
