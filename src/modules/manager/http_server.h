#pragma once
// The manager's HTTP: requests read within limits, answers written, and connections handed over to
// whoever passes them on. HTTP/1.1 on TCP or a Unix socket, on the manager's thread.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/size.h"
#include "manager/access.h"
#include "serve/listener.h"

namespace gvm::manager {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

using Stream = beast::basic_stream<asio::generic::stream_protocol>;
using Request = http::request<http::string_body>;

struct Answer {
  unsigned status = 200;
  std::string body;
  std::string content_type = "application/json";
  std::string extra_headers = {};  // whole lines
};
// {"error": sentence}
Answer error_answer(unsigned status, std::string_view sentence);

struct HttpLimits {
  // For a further one that connection is closed which has waited longest for a request to begin;
  // the further one itself when all have begun one.
  std::size_t connections = 128;
  std::size_t header_bytes = 16 * kKiB;
  std::size_t body_bytes = 32 * kMiB;
  std::chrono::milliseconds header_timeout{10'000};
  std::chrono::milliseconds body_timeout{60'000};
  std::chrono::milliseconds idle_timeout{60'000};  // between two requests of a connection
  std::chrono::milliseconds write_timeout{60'000};
};

// What the server does with requests. Outlives the server's connections: they hold it.
class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  virtual asio::awaitable<Answer> answer(const Request& request) = 0;
  // True: pass_on() takes the connection, which ends with it.
  virtual bool is_passed_on(const Request& request) const = 0;
  // `early` has what the client has sent behind the request.
  virtual asio::awaitable<void> pass_on(Stream& client, Request request, std::string early) = 0;
};

// Accepts until the context stops.
asio::awaitable<void> serve_http(std::shared_ptr<serve::Listener> listener,
                                 std::shared_ptr<HttpHandler> handler, Access access,
                                 HttpLimits limits, log::Logger logger);

}  // namespace gvm::manager
