#include "web/render_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "base/ascii.h"
#include "base/error_codes.h"
#include "base/error_detail.h"

namespace gvm::web {
namespace {

using browser::RenderMode;
using browser::RenderResult;
using serve::HttpAnswer;

constexpr int kForbidden = 403;
constexpr int kContentTooLarge = 413;
constexpr int kBadGateway = 502;
constexpr int kGatewayTimeout = 504;
constexpr double kLongestWaitSeconds = 3'600;
// What is rendered is a stranger's: no browser may take it for a page of this server.
constexpr std::string_view kStrangersPage =
    "Content-Security-Policy: sandbox; default-src 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\nCache-Control: no-store\r\n";

std::unexpected<Error> wrong(std::string_view parameter, std::string_view expected) {
  return fail(codes::kMalformedRequest, Fatality::user,
              fmt::format("{}: expected {}", parameter, expected));
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// application/x-www-form-urlencoded; what is no escape stays.
std::string form_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      out += static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

// The first of that name.
std::optional<std::string> parameter(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = std::min(pair.find('='), pair.size());
    if (form_decoded(pair.substr(0, equals)) != name) continue;
    return form_decoded(pair.substr(std::min(equals + 1, pair.size())));
  }
  return std::nullopt;
}

std::optional<RenderMode> mode_of(std::string_view name) {
  if (name == "text") return RenderMode::text;
  if (name == "html") return RenderMode::html;
  if (name == "screenshot") return RenderMode::screenshot;
  return std::nullopt;
}

std::optional<std::chrono::milliseconds> seconds_of(std::string_view text) {
  double seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  // Also true for NaN.
  if (error != std::errc() || end != text.data() + text.size() || !(seconds >= 0))
    return std::nullopt;
  const double milli = std::ceil(std::min(seconds, kLongestWaitSeconds) * 1000);
  return std::chrono::milliseconds(static_cast<std::chrono::milliseconds::rep>(milli));
}

std::string_view content_type(RenderMode mode) {
  switch (mode) {
    case RenderMode::text:
      return "text/plain; charset=utf-8";
    case RenderMode::html:
      return "text/html; charset=utf-8";
    case RenderMode::screenshot:
      return "image/png";
  }
  return "text/plain; charset=utf-8";
}

HttpAnswer resulting(int status, std::string_view type, std::string body) {
  HttpAnswer answer;
  answer.content_type = type;
  answer.body = std::move(body);
  answer.security_headers = kStrangersPage;
  answer.extra_headers = fmt::format("Resulting-Status: {}\r\n", status);
  return answer;
}

const Value& field(const Error& error, std::string_view name) {
  static const Value kNone;
  const Value* value = error.ctx().find(name);
  return value == nullptr ? kNone : *value;
}

// WEBPAGE_LOAD_FAILED, with the page's own status when it had one.
HttpAnswer answer_of_failed_load(const Error& error) {
  const auto* integer = field(error, "status").as_integer();
  const auto status = integer == nullptr ? 0 : integer->to_i64().value_or(0);
  const auto type = content_type(RenderMode::text);
  if (status > 0) {
    const auto body = field(error, "body").as_string().value_or("");
    return resulting(static_cast<int>(status), type, std::string(body));
  }
  const bool late = field(error, "reason").as_string() == "timeout";
  return resulting(late ? kGatewayTimeout : kBadGateway, type, std::string(detail_of(error)));
}

HttpAnswer answer_of_error(const Error& error) {
  if (error.code() == codes::kWebpageLoadFailed) return answer_of_failed_load(error);
  const auto type = content_type(RenderMode::text);
  if (error.code() == codes::kTooLarge)
    return resulting(kContentTooLarge, type, std::string(detail_of(error)));
  if (error.code() == codes::kDeadlineExceeded)
    return resulting(kGatewayTimeout, type, "the page took too long");
  if (error.code() == codes::kSendingRequest || error.code() == codes::kReadingBody)
    return resulting(kBadGateway, type, std::string(detail_of(error)));
  if (!error.fatal())
    return resulting(kForbidden, type, fmt::format("{}: {}", error.code(), detail_of(error)));
  auto answer = serve::http_error(503, fmt::format("{}: {}", error.code(), detail_of(error)));
  answer.extra_headers = "Retry-After: 1\r\n";
  return answer;
}

asio::awaitable<HttpAnswer> at_once(HttpAnswer answer) {
  co_return answer;
}

class NoSession final : public serve::SessionHandler {
 public:
  Result<void> hello(std::string) override {
    return fail(codes::kMalformedHello, Fatality::fatal,
                "this is a rendering service: there are GET /render and GET /healthcheck");
  }
  asio::awaitable<std::string> request(std::string, Deadline) override { co_return std::string(); }
  std::string deadline_reply() override { return {}; }
  std::string refusal_reply(Error) override { return {}; }
  asio::awaitable<void> finish(Deadline) override { co_return; }
};

}  // namespace

Result<RenderQuery> read_render_query(std::string_view target) {
  const auto mark = std::min(target.find('?'), target.size());
  const auto query = target.substr(std::min(mark + 1, target.size()));
  RenderQuery out;
  out.url = parameter(query, "url").value_or("");
  if (out.url.empty()) return wrong("url", "an http or https URL");
  const auto mode = mode_of(parameter(query, "mode").value_or("text"));
  if (!mode) return wrong("mode", "text, html or screenshot");
  out.mode = *mode;
  const auto wait = seconds_of(parameter(query, "waitAfterLoaded").value_or("0"));
  if (!wait) return wrong("waitAfterLoaded", "seconds, a number from 0");
  out.wait = *wait;
  return out;
}

HttpAnswer answer_of_page(const Result<RenderResult>& page) {
  if (!page) return answer_of_error(page.error());
  constexpr int kOk = 200;
  const int status = page->status == 0 ? kOk : page->status;  // some drivers do not know it
  const bool jpeg =
      page->mode == RenderMode::screenshot && page->format == browser::PictureFormat::jpeg;
  return resulting(status, jpeg ? "image/jpeg" : content_type(page->mode), page->content);
}

asio::awaitable<HttpAnswer> RenderService::page(net::Lane& lane, std::string method,
                                                std::string target) {
  const std::string_view path = std::string_view(target).substr(0, target.find('?'));
  const bool get = method == "GET";
  if (get && path == "/render") return render(lane, std::move(target));
  HttpAnswer answer = serve::http_error(404, "there are GET /render and GET /healthcheck");
  if (get && path == "/healthcheck")
    answer = {.status = 200, .content_type = "text/plain", .body = "OK\n", .extra_headers = {}};
  return at_once(std::move(answer));
}

asio::awaitable<HttpAnswer> RenderService::render(net::Lane& lane, std::string target) {
  auto query = read_render_query(target);
  if (!query) co_return serve::http_error(400, detail_of(query.error()));
  const auto shared = current_.get();
  shared->counters->renders.fetch_add(1, std::memory_order_relaxed);
  auto rendering = render_page(shared, lane, std::move(*query));
  const Result<RenderResult> page = co_await std::move(rendering);
  if (!page) shared->counters->failed_renders.fetch_add(1, std::memory_order_relaxed);
  HttpAnswer answer = answer_of_page(page);
  if (!page && shared->redactor) answer.body = shared->redactor->redact(answer.body);
  co_return answer;
}

asio::awaitable<Result<RenderResult>> RenderService::render_page(
    std::shared_ptr<const Shared> shared, net::Lane& lane, RenderQuery query) {
  auto url = url::parse(query.url);
  if (!url) co_return fail(std::move(url).error());
  const auto decision = shared->network.rules->judge(*url);
  if (!decision.allowed) {
    shared->counters->refused.fetch_add(1, std::memory_order_relaxed);
    co_return fail(decision.error(*url));
  }
  LaneNetwork& network = shared->networks->of(lane);
  host::RequestSigner signer(shared->config->common, shared->signing_keys, network.open, {});
  const PageSettings& pages = shared->service_pages ? *shared->service_pages : shared->pages;
  const WebContext context{shared->network,   pages,    network,
                           *shared->counters, workers_, lane.executor()};
  const auto services =
      std::make_unique<WebServices>(context, std::move(signer), shared->redactor, nullptr);
  PageRequest request{services->pages().preset(), std::nullopt};
  request.what.url = std::string(url->href());
  request.what.mode = query.mode;
  request.what.wait_after_loaded = query.wait;
  const Deadline deadline = Deadline::in(shared->config->common.serve.request_timeout);
  auto rendering = services->pages().render(std::move(request), deadline);
  Result<RenderResult> page = co_await std::move(rendering);
  co_return page;
}

std::unique_ptr<serve::SessionHandler> RenderService::open(net::Lane&, std::uint64_t) {
  return std::make_unique<NoSession>();
}

}  // namespace gvm::web
