#pragma once
// What `genvm-modules top` asks a module: the same pages that its status page reads.
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <string>
#include <vector>

#include "apps/front/scrape.h"
#include "base/error.h"
#include "base/secret.h"
#include "net/http_client.h"

namespace gvm::apps {

struct Seen {
  std::chrono::steady_clock::time_point at;
  Value health = Value::map();
  Scrape metrics;
  Value::Array budgets;   // the fullest first; none when the module has no ledger
  Value::Array problems;  // the newest last
};

// Blocks; one thread.
class TopSource {
 public:
  // `url`: http://host:port, or unix:///path of a socket. INVALID_ARGUMENT for anything else.
  static Result<std::string> check(const std::string& url);
  // `token`: the module's admin token; empty: none is shown.
  TopSource(std::string url, Secret token)
      : url_(std::move(url)), token_(std::move(token)), http_(context_, {}) {}

  const std::string& url() const { return url_; }
  // An error names the page and why it cannot be read.
  Result<Seen> look();

 private:
  Result<net::HttpResponse> get(const std::string& path);
  Value::Array list_at(const std::string& path, const char* key);

  std::string url_;
  Secret token_;
  boost::asio::io_context context_{1};
  net::HttpClient http_;
};

}  // namespace gvm::apps
