#pragma once
// The DevTools protocol over a cell's Unix socket, for tests that drive a browser directly. Every
// call has a timeout and throws when it passes. One thread.
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

namespace gvm::test {

class CdpClient {
 public:
  CdpClient(const std::string& socket, const std::string& host, const std::string& path,
            std::chrono::milliseconds timeout = std::chrono::seconds(20));
  ~CdpClient();
  CdpClient(const CdpClient&) = delete;
  CdpClient& operator=(const CdpClient&) = delete;

  // Returns the whole reply as JSON; events that come before it are dropped. `params` is a JSON
  // object. Throws after `timeout`; zero means the client's own timeout.
  std::string call(std::string_view method, std::string_view params = "{}",
                   std::string_view session = {},
                   std::chrono::milliseconds timeout = std::chrono::milliseconds(0));

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The raw text of the first string field `key` in the JSON `text`; empty when there is none.
std::string json_field(std::string_view text, std::string_view key);

// One HTTP request over a Unix socket; the whole answer. Throws when it does not come.
std::string unix_http(const std::string& socket, std::string_view request,
                      std::chrono::milliseconds timeout = std::chrono::seconds(20));

}  // namespace gvm::test
