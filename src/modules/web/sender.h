#pragma once
// Sends contracts' requests: every hop is checked, resolved, pinned to the allowed addresses,
// routed, signed and, when that is safe, repeated. One per session, on its lane.
#include <memory>

#include "host/outgoing.h"
#include "host/request_signer.h"
#include "net/resolver.h"
#include "policy/url_rules.h"
#include "web/counters.h"
#include "web/retries.h"
#include "web/routes.h"
#include "web/webdriver_host.h"

namespace gvm::web {

namespace asio = boost::asio;

// Of every filtered request. Zero means "no limit of this kind" for times.
struct RequestLimits {
  std::chrono::milliseconds connect{10'000};
  std::chrono::milliseconds first_byte{0};
  std::chrono::milliseconds idle{60'000};
  std::size_t max_body = 32 * kMiB;  // after decompression
  std::size_t max_headers = 256 * kKiB;
  std::size_t max_header_count = 1'000;
  net::DecompressionLimit decompression;
  net::MinimumSpeed min_speed;
  net::HttpVersion version = net::HttpVersion::best;
  unsigned redirects = 10;
};

// What requests of all lanes share; immutable but for the counters.
struct Network {
  std::shared_ptr<const policy::UrlRules> rules;
  std::shared_ptr<WebdriverHost> webdriver_host;  // null: browsers of our own
  Routes routes;
  RetrySettings retries;
  RequestLimits limits;
};

// One a lane. Requests under the policy never share a connection with others.
struct LaneNetwork {
  net::HttpClient& open;     // no address policy: trusted hosts and what the operator's script asks
  net::HttpClient& guarded;  // refuses every address the rules refuse, when dialled and when reused
  net::Resolver& resolver;
  ProxyTurns turns;
};

class Pages;

class WebSender final : public host::Sender {
 public:
  // All outlive it.
  WebSender(const Network& network, LaneNetwork& lane, host::RequestSigner& signer,
            Counters& counters)
      : network_(network), lane_(lane), signer_(signer), counters_(counters) {}

  // Requests of the script to the WebDriver session it leased go there, whatever the policy.
  void drive_through(Pages& pages) { pages_ = &pages; }

 protected:
  void begin(host::Outgoing& request) override;
  // Errors beside those of host::Sender, none fatal: the ones of UrlRules, and ADDRESS_FORBIDDEN
  // when no address of the name may be talked to.
  asio::awaitable<Result<net::HttpResponse>> send_hop(const host::Outgoing& request,
                                                      Deadline deadline) override;
  void move_on(host::Outgoing& request, const net::HttpResponse& response,
               url::Url target) override;

 private:
  // Where one hop may go.
  struct Permission {
    bool guarded = true;
    net::Addresses addresses;  // of guarded hops: those that passed
  };
  bool is_for_webdriver_host(const host::Outgoing& request) const;
  asio::awaitable<std::expected<Permission, net::HttpFailure>> permit(const host::Outgoing& request,
                                                                      Deadline deadline);
  // `traceparent`: that header; empty: none.
  asio::awaitable<net::HttpResult> send_signed(const host::Outgoing& request,
                                               const Permission& permission,
                                               std::string traceparent, Deadline deadline);
  asio::awaitable<net::HttpResult> send_routed(net::HttpRequest request, const Route& route,
                                               bool guarded, Deadline deadline);

  // By one way of a route: a proxy's index, or Route::kDirect.
  asio::awaitable<net::HttpResult> send_by(std::size_t way, net::HttpRequest request,
                                           net::HttpClient& client, Deadline deadline);

  const Network& network_;
  LaneNetwork& lane_;
  host::RequestSigner& signer_;
  Counters& counters_;
  Pages* pages_ = nullptr;
};

}  // namespace gvm::web
