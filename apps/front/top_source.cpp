#include "apps/front/top_source.h"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "base/error_codes.h"
#include "base/size.h"
#include "text/json.h"
#include "url/url.h"

namespace gvm::apps {
namespace {

namespace asio = boost::asio;

constexpr std::chrono::seconds kPatience{5};
constexpr std::size_t kMostBytes = 8 * kMiB;
constexpr int kOk = 200;
constexpr int kStopping = 503;  // of /health: it says so itself
constexpr std::string_view kUnix = "unix://";

Error no_module(const std::string& url, const std::string& why) {
  return Error(codes::kInvalidConfig, Fatality::user, url + ": " + why);
}

// The sentence of {"error": sentence}.
std::string why_not_shown(const std::string& body) {
  const auto said = text::parse_json(body);
  const Value* why = said ? said->find("error") : nullptr;
  const auto sentence = why == nullptr ? std::nullopt : why->as_string();
  return std::string(sentence.value_or("its metrics are not shown"));
}

}  // namespace

Result<std::string> TopSource::check(const std::string& url) {
  if (url.starts_with(kUnix) && url.size() > kUnix.size() && url[kUnix.size()] == '/') return url;
  const auto parsed = url::parse(url);
  if (!parsed || (parsed->scheme() != "http" && parsed->scheme() != "https"))
    return fail(no_module(url, "expected http://HOST:PORT, or unix:///PATH of a socket"));
  return std::string(parsed->origin());
}

Result<net::HttpResponse> TopSource::get(const std::string& path) {
  net::HttpRequest request;
  if (url_.starts_with(kUnix)) {
    request.unix_socket_path = url_.substr(kUnix.size());
    request.url = "http://localhost" + path;
  } else {
    request.url = url_ + path;
  }
  request.max_body = kMostBytes;
  if (!token_.empty()) request.secret_headers.push_back({"Authorization", "Bearer ", token_});
  std::optional<net::HttpResult> answer;
  asio::co_spawn(context_, http_.send(std::move(request), Deadline::in(kPatience)),
                 [&](const std::exception_ptr& failure, net::HttpResult got) {
                   if (failure) std::rethrow_exception(failure);
                   answer.emplace(std::move(got));
                 });
  context_.restart();
  while (!answer) context_.run_one();
  if (!*answer) return fail(no_module(url_ + path, answer->error().to_string()));
  return std::move(**answer);
}

Value::Array TopSource::list_at(const std::string& path, const char* key) {
  const auto answer = get(path);
  if (!answer || answer->status != kOk) return {};
  auto body = text::parse_json(answer->body);
  if (!body) return {};
  const Value* list = key == nullptr ? &*body : body->find(key);
  if (list == nullptr || list->as_array() == nullptr) return {};
  return *Value(*list).to_owned().as_array();
}

Result<Seen> TopSource::look() {
  const auto health = get("/health");
  if (!health) return fail(health.error());
  auto said = text::parse_json(health->body);
  const bool is_module = said && said->find("program") != nullptr;
  if (!is_module || (health->status != kOk && health->status != kStopping))
    return fail(no_module(url_, "what answers there is no module of this project"));
  const auto metrics = get("/metrics");
  if (!metrics) return fail(metrics.error());
  if (metrics->status != kOk) return fail(no_module(url_, why_not_shown(metrics->body)));
  Seen seen;
  seen.at = std::chrono::steady_clock::now();
  seen.health = std::move(*said).to_owned();
  seen.metrics = Scrape(metrics->body);
  seen.budgets = list_at("/status/budgets", "budgets");
  seen.problems = list_at("/status/problems", nullptr);
  return seen;
}

}  // namespace gvm::apps
