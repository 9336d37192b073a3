// The cost of a contract's request compared with libcurl used directly: CPU time of the calling
// thread per request, on kept-alive loopback connections, through the whole policy (URL rules,
// addresses, pins, routes). Usage: bench_web_request [requests]
#include <curl/curl.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdlib>

#include "canned_server.h"
#include "web/sender.h"

namespace {

using namespace gvm;
using namespace gvm::bench;
namespace asio = boost::asio;

constexpr std::size_t kConcurrency = 64;

// The floor: one handle, blocking, every per-request option set again.
void bare_libcurl(const std::string& url, std::size_t requests) {
  CURL* easy = curl_easy_init();
  for (std::size_t i = 0; i < requests; ++i) {
    std::string answer;
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &append);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, &answer);
    if (curl_easy_perform(easy) != CURLE_OK || answer.size() != kAnswerBody) std::abort();
  }
  curl_easy_cleanup(easy);
}

// The shipped policy, except that the benchmark's own server is allowed.
web::Network network(const url::Url& server) {
  policy::AddressRulesConfig addresses;
  addresses.allow.push_back(policy::Cidr::parse("127.0.0.1").value());
  policy::UrlRulesConfig rules;
  rules.ports.push_back(*server.port());
  web::Network network;
  auto compiled =
      policy::UrlRules::compile(std::move(rules), policy::AddressRules(std::move(addresses)));
  network.rules = std::make_shared<const policy::UrlRules>(std::move(compiled).value());
  return network;
}

asio::awaitable<void> ask(web::WebSender& sender, const url::Url& url, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i) {
    host::Outgoing request(url);
    request.http.url = std::string(url.href());
    request.timeout = Deadline::in(std::chrono::seconds(60));
    auto sending = sender.send(request, Deadline::in(std::chrono::seconds(60)));
    const Result<net::HttpResponse> answer = co_await std::move(sending);
    if (!answer || answer->body.size() != kAnswerBody) std::abort();
  }
}

void through_the_policy(const url::Url& url, std::size_t requests, std::size_t concurrency) {
  asio::io_context context(1);
  const web::Network shared = network(url);
  net::HttpClient open(context, {});
  net::HttpClientOptions options;
  options.allow_address = [&](const sockaddr& address) {
    return shared.rules->addresses().allows(address);
  };
  net::HttpClient guarded(context, options);
  net::CaresResolver resolver(context, {});
  web::LaneNetwork lane{open, guarded, resolver, web::ProxyTurns(0)};
  const config::CommonConfig config(config::ModuleKind::web);
  const auto keys = host::SigningKeys::load({}).value();
  host::RequestSigner signer(config, keys, open, {});
  web::Counters counters;
  web::WebSender sender(shared, lane, signer, counters);
  for (std::size_t i = 0; i < concurrency; ++i)
    asio::co_spawn(context, ask(sender, url, requests / concurrency), asio::detached);
  context.run();
}

}  // namespace

int main(int argc, char** argv) {
  const std::size_t requests = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 30'000;
  const CannedServer server(0);
  const auto url = url::parse(server.url()).value();
  curl_global_init(CURL_GLOBAL_DEFAULT);
  through_the_policy(url, requests / 10, 1);  // warm
  const Cost bare = measure(requests, [&](std::size_t n) { bare_libcurl(server.url(), n); });
  const Cost one = measure(requests, [&](std::size_t n) { through_the_policy(url, n, 1); });
  const Cost many =
      measure(requests, [&](std::size_t n) { through_the_policy(url, n, kConcurrency); });
  report("libcurl easy, blocking, sequential", bare, bare);
  report("the web module, sequential", one, bare);
  report(fmt::format("the web module, {} at a time", kConcurrency), many, bare);
}
