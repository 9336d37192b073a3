#include "web/webdriver_host.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "text/json.h"

namespace gvm::web {
namespace {

using browser::RenderMode;
using browser::RenderRequest;
using browser::RenderResult;
using std::chrono::milliseconds;

constexpr milliseconds kProbeLimit{5'000};
constexpr std::size_t kLargestProbeAnswer = 64 * kKiB;
constexpr int kOk = 200;
constexpr int kFirstErrorStatus = 400;
constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";

std::string_view mode_name(RenderMode mode) {
  switch (mode) {
    case RenderMode::text:
      return "text";
    case RenderMode::html:
      return "html";
    case RenderMode::screenshot:
      return "screenshot";
  }
  return "text";
}

// Everything but RFC 3986's unreserved characters.
std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool letter_or_digit =
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (letter_or_digit || std::string_view("-._~").find(c) != std::string_view::npos)
      out += c;
    else
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

// W3C WebDriver, 8.3: the answer of Status is {"value": {"ready": ..., "message": ...}}.
bool is_webdriver_status(const net::HttpResponse& response) {
  const auto json = text::parse_json(response.body);
  if (!json) return false;
  const Value* value = json->find("value");
  return value != nullptr && value->as_map() != nullptr;
}

// The page's own status, as the service tells it; 0 when it does not.
int resulting_status(const net::HttpResponse& response) {
  const auto header = response.header("resulting-status").value_or("");
  int status = 0;
  std::from_chars(header.data(), header.data() + header.size(), status);
  return status;
}

Error load_failed(const RenderRequest& request, int status, std::string_view body,
                  std::string_view reason, std::string detail) {
  const auto shown = body.substr(0, browser::RenderLimits{}.failed_body_bytes);
  return Error(codes::kWebpageLoadFailed, Fatality::user, std::move(detail))
      .with("url", Value::string(request.url))
      .with("status", Value::integer(status))
      .with("body", Value::string(to_valid_utf8(shown)))
      .with("reason", Value::string(std::string(reason)));
}

Result<RenderResult> read_page(net::HttpResponse response, const RenderRequest& request) {
  const int status = resulting_status(response);
  if (response.status != kOk) {
    return fail(
        load_failed(request, status != 0 ? status : response.status, response.body, "service",
                    fmt::format("the rendering service answered with status {}", response.status)));
  }
  if (status >= kFirstErrorStatus) {
    return fail(load_failed(request, status, response.body, "status",
                            fmt::format("the page answered with status {}", status)));
  }
  const bool picture = request.mode == RenderMode::screenshot;
  if (picture && !response.body.starts_with(kPngSignature)) {
    return fail(load_failed(request, status, "", "service",
                            "the rendering service answered something that is no PNG"));
  }
  RenderResult result;
  result.mode = request.mode;
  result.content = picture ? std::move(response.body) : to_valid_utf8(response.body);
  result.url = request.url;
  result.status = status;
  return result;
}

// What the client says when an answer is over its limit.
bool is_too_large(const Error& error) {
  const Value* kind = error.ctx().find("kind");
  return error.code() == codes::kReadingBody && kind != nullptr && kind->as_string() == "limit";
}

}  // namespace

std::string_view kind_name(WebdriverHost::Kind kind) {
  switch (kind) {
    case WebdriverHost::Kind::unknown:
      return "unknown";
    case WebdriverHost::Kind::webdriver:
      return "webdriver";
    case WebdriverHost::Kind::rendering_service:
      return "rendering service";
  }
  return "unknown";
}

WebdriverHost::WebdriverHost(std::string url, milliseconds page_limit, log::Logger logger)
    : url_(std::move(url)),
      parsed_(url::parse(url_).value()),  // the configuration has been checked
      page_limit_(page_limit),
      logger_(std::move(logger)) {}

bool WebdriverHost::is_at(const url::Url& url) const {
  return url.origin() == parsed_.origin();
}

net::HttpRequest WebdriverHost::question(std::string target, milliseconds limit) const {
  net::HttpRequest request;
  request.method = "GET";
  request.url = url_ + std::move(target);
  request.timeouts.total = limit;
  request.max_body = kLargestProbeAnswer;
  return request;
}

Error WebdriverHost::unavailable(std::string detail) const {
  return Error(kWebdriverUnavailable, Fatality::fatal, "webdriver_host: " + std::move(detail))
      .with("url", Value::string(parsed_.origin()));
}

asio::awaitable<Result<WebdriverHost::Kind>> WebdriverHost::find_out(net::HttpClient& http,
                                                                     Deadline deadline) {
  if (kind() != Kind::unknown) co_return kind();
  auto asking = http.send(question("/status", kProbeLimit), deadline);
  Result<net::HttpResponse> status = co_await std::move(asking);
  if (!status && status.error().code() == codes::kCancelled)
    co_return fail(std::move(status).error());
  if (!status) co_return fail(unavailable(status.error().to_string()));
  Kind found = Kind::webdriver;
  if (!is_webdriver_status(*status)) {
    auto looking = http.send(question("/healthcheck", kProbeLimit), deadline);
    Result<net::HttpResponse> health = co_await std::move(looking);
    if (!health) co_return fail(unavailable(health.error().to_string()));
    if (health->status != kOk) {
      co_return fail(unavailable(fmt::format(
          "neither a WebDriver (GET /status: {}) nor a rendering service (GET /healthcheck: {})",
          status->status, health->status)));
    }
    found = Kind::rendering_service;
  }
  kind_.store(found);
  logger_.info("webdriver_host is known", {{"kind", Value::string(std::string(kind_name(found)))}});
  co_return found;
}

asio::awaitable<Result<RenderResult>> WebdriverHost::render(net::HttpClient& http,
                                                            RenderRequest request,
                                                            Deadline deadline) const {
  const double seconds = std::chrono::duration<double>(request.wait_after_loaded).count();
  auto asked = question(fmt::format("/render?url={}&mode={}&waitAfterLoaded={}",
                                    percent_encoded(request.url), mode_name(request.mode), seconds),
                        page_limit_ + request.wait_after_loaded);
  asked.max_body = request.max_bytes;
  auto sending = http.send(std::move(asked), deadline);
  Result<net::HttpResponse> response = co_await std::move(sending);
  if (response) co_return read_page(std::move(*response), request);
  const Error& error = response.error();
  if (error.code() == codes::kCancelled) co_return fail(error);
  if (is_too_large(error)) {
    co_return fail(Error(codes::kTooLarge, Fatality::user, "the page is larger than allowed")
                       .with("url", Value::string(request.url)));
  }
  if (error.code() == codes::kDeadlineExceeded)
    co_return fail(load_failed(request, 0, "", "timeout", "the page took too long"));
  co_return fail(unavailable(error.to_string()));
}

}  // namespace gvm::web
