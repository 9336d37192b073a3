// Whether the hosts of a configuration can be reached from here, and what they think of the clock.
#include <curl/curl.h>
#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdlib>

#include "apps/front/doctor.h"
#include "net/http_client.h"
#include "url/url.h"

namespace gvm::apps {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr auto kPatience = 10s;
constexpr std::chrono::seconds kClockTolerance{30};  // signatures and certificates stand more

struct Asked {
  std::string key;
  std::string url;

  // Credentials and keys stay out of it.
  std::string shown() const {
    const auto parsed = url::parse(url);
    return parsed ? parsed->origin() : "the host";
  }
};

const char* mend_for(net::HttpFault fault) {
  switch (fault) {
    case net::HttpFault::dns:
      return "check the name, and the machine's DNS (/etc/resolv.conf)";
    case net::HttpFault::connect:
    case net::HttpFault::timeout:
      return "check host and port, and whether a firewall is in between";
    case net::HttpFault::tls:
      return "check the machine's clock, its CA certificates, and http.ca_file";
    default:
      return "check what listens there";
  }
}

// The Date of an answer against this machine's clock. A proxy's cache may make it late by seconds.
void look_at_clock(Findings& findings, const Asked& asked, const net::HttpResponse& answer) {
  const auto date = answer.header("date");
  const std::time_t theirs = date ? curl_getdate(std::string(*date).c_str(), nullptr) : -1;
  if (theirs == -1) return;
  const std::chrono::seconds off(std::time(nullptr) - theirs);
  if (std::chrono::abs(off) <= kClockTolerance) return;
  findings.warning("clock",
                   fmt::format("{} s {} what {} says", std::abs(off.count()),
                               off.count() > 0 ? "ahead of" : "behind", asked.shown()),
                   "set the clock, by NTP: signatures and budgets go by it");
}

asio::awaitable<void> ask(net::HttpClient* http, Asked asked, Findings* findings) {
  net::HttpRequest request;
  request.url = asked.url;
  request.max_body = 1 * kMiB;
  auto sent = http->send(std::move(request), Deadline::in(kPatience));
  const net::HttpResult answer = co_await std::move(sent);
  const bool answered = answer.has_value();
  // Whatever it answers without key and path: there is a server.
  if (answered || answer.error().answer_began) {
    findings->ok(asked.key, asked.shown() + " answers");
    if (answered) look_at_clock(*findings, asked, *answer);
    co_return;
  }
  findings->error(asked.key, answer.error().error.to_string(), mend_for(answer.error().fault));
}

void ask_all(Findings& findings, const std::vector<Asked>& all, const config::HttpConfig& config) {
  asio::io_context context(1);
  net::HttpClientOptions options;
  options.ca_file = config.ca_file;
  net::HttpClient http(context, std::move(options));
  for (const auto& each : all) asio::co_spawn(context, ask(&http, each, &findings), asio::detached);
  context.run();
}

}  // namespace

void look_at_hosts(Findings& findings, const config::LlmConfig& config) {
  std::vector<Asked> all;
  for (const auto& backend : config.backends) {
    all.push_back({"backend " + backend.name, backend.host});
    for (const auto& host : backend.hosts) all.push_back({"backend " + backend.name, host});
  }
  ask_all(findings, all, config.common.http);
}

void look_at_driver(Findings& findings, const std::string& url) {
  ask_all(findings, {{"webdriver_host", url}}, {});
}

}  // namespace gvm::apps
