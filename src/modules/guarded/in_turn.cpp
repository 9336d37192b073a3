#include "guarded/in_turn.h"

#include <utility>

#include "script/off_lane.h"

namespace gvm::guarded {

boost::asio::awaitable<Result<Value>> in_turn(std::size_t bytes,
                                              std::function<Result<Value>()> work) {
  if (bytes <= kOnLaneBytes) co_return work();
  auto outcome = script::run_off_lane(std::move(work));
  script::OffLaneResult done = co_await std::move(outcome);
  co_return std::move(done.result);
}

std::size_t text_bytes(const Value& value) {
  if (const auto bytes = value.as_bytes()) return bytes->size();
  if (const auto text = value.as_string()) return text->size();
  std::size_t sum = 0;
  if (const auto* items = value.as_array())
    for (const auto& item : *items) sum += text_bytes(item);
  if (const auto* map = value.as_map())
    for (const auto& [key, field] : *map) sum += key.view().size() + text_bytes(field);
  return sum;
}

}  // namespace gvm::guarded
