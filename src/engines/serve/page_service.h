#pragma once
// A service that answers HTTP requests itself, in place of /health, /metrics and 404. A Service
// that is one of these too is asked for every request that comes to its server.
#include <boost/asio/awaitable.hpp>
#include <string>

#include "net/lane.h"
#include "serve/http_answer.h"

namespace gvm::serve {

class PageService {
 public:
  virtual ~PageService() = default;
  // Cancelled when the peer goes or the server stops. On the lane's thread.
  virtual boost::asio::awaitable<HttpAnswer> page(net::Lane& lane, std::string method,
                                                  std::string target) = 0;
};

}  // namespace gvm::serve
