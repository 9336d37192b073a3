#include "serve/linger.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <string>

#include "base/size.h"

namespace gvm::serve {

asio::awaitable<void> linger(Stream& stream) {
  stream.shutdown_send();
  std::string dropped(16 * kKiB, '\0');
  const auto into = asio::buffer(dropped);
  for (;;) {
    const auto [error, count] =
        co_await stream.async_read_some(into, asio::as_tuple(asio::use_awaitable));
    if (error || count == 0) co_return;
  }
}

}  // namespace gvm::serve
