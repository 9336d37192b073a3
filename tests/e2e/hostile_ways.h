#pragma once
// The ways out of a page (tests/data/hostile/ways.json), and the site that serves them.
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "support/http_server.h"

namespace gvm::e2e {

struct File {
  int status = 200;
  std::string type = "text/html";
  std::string body;
  test::HttpServer::Headers headers;
};

struct Way {
  std::string name;
  bool always_reaches = false;  // reaches an allowed host in this way
  bool never_reaches = false;   // does not, whatever the policy; neither: it depends on Chromium
  std::map<std::string, File> files;  // "/page" is the page
};

// All ways of the file; throws when it cannot be read.
std::vector<Way> hostile_ways();

// The page's own site, and the public host.
class HostileSite {
 public:
  HostileSite() : server_([this](const test::HttpServer::Request& r) { return answer(r); }) {}

  // `target` is "host" or "host:port".
  void show(const Way& way, const std::string& target);
  std::uint16_t port() const { return server_.port(); }

 private:
  test::HttpServer::Reply answer(const test::HttpServer::Request& request);

  std::mutex mutex_;
  std::map<std::string, File> files_;
  test::HttpServer server_;
};

}  // namespace gvm::e2e
