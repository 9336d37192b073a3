// The cost of HttpClient compared with libcurl used directly: CPU time of the calling thread per
// request, on kept-alive loopback connections to a server that answers from threads of its own.
// Usage: bench_http_client [requests]
#include "net/http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <string>

#include "canned_server.h"

namespace {

using namespace gvm;
using namespace gvm::bench;
namespace asio = boost::asio;

constexpr std::size_t kRequestBody = 1024;
constexpr std::size_t kConcurrency = 64;

// The floor: one handle, blocking, every per-request option set again.
void bare_libcurl(const std::string& url, std::size_t requests) {
  CURL* easy = curl_easy_init();
  const std::string body(kRequestBody, 'q');
  for (std::size_t i = 0; i < requests; ++i) {
    std::string answer;
    curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
    headers = curl_slist_append(headers, "Authorization: Bearer 0123456789abcdef0123456789abcdef");
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &append);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    if (curl_easy_perform(easy) != CURLE_OK || answer.size() != kAnswerBody) std::abort();
    curl_slist_free_all(headers);
  }
  curl_easy_cleanup(easy);
}

asio::awaitable<void> ask(net::HttpClient& client, std::string url, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) {
    net::HttpRequest request;
    request.method = "POST";
    request.url = url;
    request.headers.push_back({"Content-Type", "application/json"});
    request.secret_headers.push_back(
        {"Authorization", "Bearer ", Secret("0123456789abcdef0123456789abcdef")});
    request.body = std::string(kRequestBody, 'q');
    const auto answer =
        co_await client.send(std::move(request), Deadline::in(std::chrono::seconds(60)));
    if (!answer || answer->body.size() != kAnswerBody) std::abort();
  }
}

void through_client(const std::string& url, std::size_t requests, std::size_t concurrency) {
  asio::io_context context(1);
  net::HttpClient client(context, {});
  for (std::size_t i = 0; i < concurrency; ++i) {
    asio::co_spawn(context, ask(client, url, requests / concurrency), asio::detached);
  }
  context.run();
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t requests = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 30'000;
  const CannedServer server(kRequestBody);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  through_client(server.url(), requests / 10, 1);  // warm
  const Cost bare = measure(requests, [&](std::size_t n) { bare_libcurl(server.url(), n); });
  const Cost one = measure(requests, [&](std::size_t n) { through_client(server.url(), n, 1); });
  const Cost many =
      measure(requests, [&](std::size_t n) { through_client(server.url(), n, kConcurrency); });
  report("libcurl easy, blocking, sequential", bare, bare);
  report("HttpClient, sequential", one, bare);
  report(fmt::format("HttpClient, {} at a time", kConcurrency), many, bare);
}
