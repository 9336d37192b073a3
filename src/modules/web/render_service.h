#pragma once
// GenLayer's rendering service, offered by our own browsers under our own policy (config.md, "Web
// module"): GET /render?url=&mode=text|html|screenshot&waitAfterLoaded=SECONDS answers 200 with the
// text, the HTML or the PNG and the page's own status in Resulting-Status; GET /healthcheck; all
// else is 404. Hosts that keep the field's web module have its pages rendered in cells this way.
#include <memory>
#include <string>

#include "base/error.h"
#include "base/metrics.h"
#include "scripted/current.h"
#include "serve/page_service.h"
#include "serve/service.h"
#include "web/session.h"

namespace gvm::web {

// What a request asks for; `url` is not judged yet.
struct RenderQuery {
  std::string url;
  browser::RenderMode mode = browser::RenderMode::text;
  std::chrono::milliseconds wait{0};
};

// The query of a target "/render?..." as forms write it: '+' is a space. MALFORMED_REQUEST says
// which parameter is missing or wrong.
Result<RenderQuery> read_render_query(std::string_view target);

// A page, or why there is none, in the service's form. A page that cannot be reached has the
// Resulting-Status of a gateway, 502 or 504; one that the policy refuses 403, one that is too large
// 413: scripts of the field take all of them for errors that the contract may catch. What is wrong
// with the service itself is 503.
serve::HttpAnswer answer_of_page(const Result<browser::RenderResult>& page);

class RenderService final : public serve::Service, public serve::PageService {
 public:
  // Both outlive it. A page is asked for under the configuration that is current then.
  RenderService(const scripted::Current<Shared>& current, asio::thread_pool& workers)
      : current_(current), workers_(workers) {}

  asio::awaitable<serve::HttpAnswer> page(net::Lane& lane, std::string method,
                                          std::string target) override;
  // There are no sessions here: a hello is refused.
  std::unique_ptr<serve::SessionHandler> open(net::Lane& lane, std::uint64_t session_id) override;
  void collect_metrics(metrics::Exposition&) override {}
  Health health() override { return {}; }

 private:
  asio::awaitable<serve::HttpAnswer> render(net::Lane& lane, std::string target);
  asio::awaitable<Result<browser::RenderResult>> render_page(std::shared_ptr<const Shared> shared,
                                                             net::Lane& lane, RenderQuery query);

  const scripted::Current<Shared>& current_;
  asio::thread_pool& workers_;
};

}  // namespace gvm::web
