#pragma once
// The browsers of the process, and the proxy through which they reach the network. Lives on one
// lane, its home.
#include <memory>

#include "base/metrics.h"
#include "browser/pool.h"
#include "egress/proxy.h"
#include "net/lane.h"
#include "net/resolver.h"

namespace gvm::web {

class Browsers {
 public:
  // `home` outlives it.
  Browsers(net::Lane& home, net::ResolverOptions resolver, browser::PoolOptions options,
           const log::Logger& logger)
      : home_(home),
        resolver_(home.context(), std::move(resolver)),
        dialer_(home.executor()),
        proxy_(home.executor(), resolver_, dialer_, logger.child("egress")),
        pool_(home.executor(), home.http(), options.webdriver_host.empty() ? &proxy_ : nullptr,
              std::move(options), logger.child("browser")) {}

  browser::Pool& pool() { return pool_; }
  // From another thread, while the home lane runs: waits until a session can be had. Errors: those
  // of Pool::check.
  Result<void> check(Deadline deadline);

 private:
  net::Lane& home_;
  net::CaresResolver resolver_;
  egress::DirectDialer dialer_;
  egress::Proxy proxy_;
  browser::Pool pool_;
};

// Of all browsers of the process together.
void write_browsers(metrics::Exposition& out, const browser::PoolStats& stats);

}  // namespace gvm::web
