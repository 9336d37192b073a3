#pragma once
// A replacement for GenLayer's rendering service (config.md, "Web module"): GET /render answers a
// page with the page's own status in the header Resulting-Status, GET /healthcheck answers,
// everything else is 404.
#include <atomic>
#include <string>

#include "support/http_server.h"

namespace gvm::test {

class RenderingService {
 public:
  RenderingService() : server_([this](const HttpServer::Request& r) { return answer(r); }) {}

  std::string url() { return server_.url(""); }
  HttpServer& server() { return server_; }
  // The status of the pages that it shows from now on.
  void set_page_status(int status) { page_status_ = status; }
  void set_own_status(int status) { own_status_ = status; }

 private:
  HttpServer::Reply answer(const HttpServer::Request& request) const {
    if (request.target == "/healthcheck") return {.body = "OK"};
    if (request.method != "GET" || !request.target.starts_with("/render?")) return {.status = 404};
    const bool picture = request.target.find("mode=screenshot") != std::string::npos;
    HttpServer::Reply reply{.status = own_status_};
    reply.headers.emplace_back("Resulting-Status", std::to_string(page_status_));
    reply.body = picture ? std::string("\x89PNG\r\n\x1a\nrest") : "rendered " + request.target;
    return reply;
  }

  std::atomic<int> page_status_{200};
  std::atomic<int> own_status_{200};
  HttpServer server_;
};

}  // namespace gvm::test
