#include "serve/linger.h"

#include <string>
#include <utility>

#include "base/size.h"

namespace gvm::serve {

asio::awaitable<void> linger(Stream& stream) {
  stream.shutdown_send();
  std::string dropped(16 * kKiB, '\0');
  const auto into = asio::buffer(dropped);
  for (;;) {
    auto receiving = stream.receive(into);
    const auto received = co_await std::move(receiving);
    if (received.count == 0) co_return;
  }
}

}  // namespace gvm::serve
