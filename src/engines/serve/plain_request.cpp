#include "serve/plain_request.h"

#include <utility>

#include "serve/http_pages.h"
#include "serve/status_page.h"

namespace gvm::serve {
namespace {

namespace http = boost::beast::http;

PlainAnswer only_get() {
  auto answer = http_error(405, "only GET is answered here");
  answer.extra_headers = "Allow: GET\r\n";
  return {std::move(answer)};
}

PlainAnswer nothing_here(Door door) {
  if (door == Door::admin)
    return {http_error(404, "nothing here: there are /health, /metrics and the status page /")};
  return {http_error(404,
                     "nothing here: sessions are WebSocket connections; there are /health, "
                     "/metrics and, for who may watch the module, the status page /")};
}

PlainAnswer refused(WatchRefusal refusal) {
  const bool wrong = refusal == WatchRefusal::wrong_token;
  auto answer = http_error(status_of(refusal), sentence_of(refusal));
  if (answer.status == 401) answer.extra_headers = "WWW-Authenticate: Bearer\r\n";
  return {.now = std::move(answer),
          .refused = wrong ? RefusalReason::admin_token : RefusalReason::watcher};
}

PlainAnswer health(Core& core, bool whole) {
  return {health_page(core, whole ? HealthDetail::whole : HealthDetail::brief)};
}

}  // namespace

PlainAnswer answer_plain(Core& core, const PlainRequest& request) {
  if (request.method != http::verb::get) return only_get();
  const auto& admin = core.options.admin;
  const bool watched_here = request.door == Door::admin || admin.address.empty();
  const auto path = request.target.substr(0, request.target.find('?'));
  const auto refusal = judge_watcher(admin.token, request.watcher);
  if (path == "/health") return health(core, watched_here && !refusal);
  if (!watched_here)
    return {http_error(404, "only sessions and /health are here: serve.admin_address is set")};
  auto file = page_file(path);
  // Its program asks for the token.
  if (file && !admin.token.empty()) return {std::move(*file)};
  const bool is_watched = file || path == "/metrics" || path.starts_with("/status/");
  if (!is_watched) return nothing_here(request.door);
  if (refusal) return refused(*refusal);
  if (file) return {std::move(*file)};
  if (path == "/metrics") return {metrics_page(core)};
  if (auto data = page_data(core, path)) return {std::move(*data)};
  if (auto part = core.service.status_part(request.target)) return {{}, std::move(part)};
  return nothing_here(request.door);
}

}  // namespace gvm::serve
