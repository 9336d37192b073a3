#include "provider/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "base/error_detail.h"
#include "base/json.h"
#include "text/json_view.h"

namespace gvm::provider {
namespace {

constexpr std::string_view kQuestion = "Reply with exactly this word and nothing else: ok";
// Room for a reasoning model to think before two letters.
constexpr std::uint32_t kMaxTokens = 512;
constexpr std::size_t kShownBytes = 300;

std::string shown(std::string_view text) {
  std::string cut = to_valid_utf8(text.substr(0, kShownBytes));
  return text.size() > kShownBytes ? cut + "..." : cut;
}

std::string body_text(const Error& error) {
  const Value* body = error.ctx().find("body");
  if (body == nullptr) return "";
  if (auto text = body->as_string()) return std::string(*text);
  if (auto message = text::string_at(*body, "/error/message")) return std::string(*message);
  return json::write(*body);
}

bool mentions_model(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text.find("model") != std::string::npos;
}

CheckReport report(CheckOutcome outcome, std::string sentence) {
  return CheckReport{outcome, std::move(sentence), {}};
}

CheckReport diagnose_status(const Error& error) {
  const auto status = text::integer_at(error.ctx(), "/status").value_or(0);
  const std::string body = body_text(error);
  const std::string said = body.empty() ? "" : fmt::format(" It says: {}", shown(body));
  if (status == 401 || status == 403) {
    return report(
        CheckOutcome::wrong_key,
        fmt::format("wrong key: the provider answered {} (check --key).{}", status, said));
  }
  if (status == 404 && !mentions_model(body)) {
    return report(
        CheckOutcome::wrong_url,
        fmt::format(
            "wrong URL: the server is there but has no such path, status 404 (check --host and "
            "--provider).{}",
            said));
  }
  if ((status == 400 || status == 404 || status == 422) && mentions_model(body)) {
    return report(
        CheckOutcome::wrong_model,
        fmt::format("wrong model: the provider answered {} (check --model).{}", status, said));
  }
  if (status == 408 || status == 429 || status == 503 || status == 504 || status == 529) {
    return report(
        CheckOutcome::overloaded,
        fmt::format("the provider is overloaded or limits your rate: status {}.{}", status, said));
  }
  if (status >= 300 && status < 400) {
    return report(
        CheckOutcome::wrong_url,
        fmt::format("wrong URL: the server redirects elsewhere, status {} (check --host).",
                    status));
  }
  return report(CheckOutcome::other,
                fmt::format("the provider answered with status {}.{}", status, said));
}

CheckReport diagnose_transport(const Error& error) {
  const auto kind = text::string_at(error.ctx(), "/kind").value_or("");
  const std::string detail(detail_of(error).empty() ? error.code() : detail_of(error));
  if (kind == "tls")
    return report(CheckOutcome::tls_trouble, fmt::format("TLS trouble: {}", detail));
  if (kind == "dns" || kind == "connect") {
    return report(CheckOutcome::wrong_url,
                  fmt::format("wrong URL: nobody answers there: {} (check --host)", detail));
  }
  return report(CheckOutcome::other, fmt::format("the connection failed: {}", detail));
}

CheckReport judge(ProviderAnswer answer) {
  const auto text = answer.data.as_string().value_or("");
  CheckReport result = says_ok(text)
                           ? report(CheckOutcome::works, "ok")
                           : report(CheckOutcome::unhelpful_answer,
                                    fmt::format("unhelpful answer: the model is reachable, but "
                                                "instead of \"ok\" it said: \"{}\"",
                                                shown(text)));
  result.usage = std::move(answer.usage);
  return result;
}

}  // namespace

bool says_ok(std::string_view answer) {
  std::string letters;
  for (const char c : answer) {
    if (std::isalnum(static_cast<unsigned char>(c))) letters += static_cast<char>(std::tolower(c));
  }
  return letters == "ok";
}

CheckReport diagnose(const Error& error) {
  if (error.code() == codes::kStatusNotOk) return diagnose_status(error);
  if (error.code() == codes::kSendingRequest || error.code() == codes::kReadingBody) {
    return diagnose_transport(error);
  }
  if (error.code() == codes::kDeserializing) {
    return report(CheckOutcome::wrong_url,
                  fmt::format("wrong URL or provider: the answer is not of the promised form ({})",
                              error.to_string()));
  }
  if (error.code() == codes::kDeadlineExceeded) {
    return report(CheckOutcome::timed_out, fmt::format("no answer in time: {}", error.to_string()));
  }
  return report(CheckOutcome::other, error.to_string());
}

asio::awaitable<CheckReport> check_model(net::HttpClient& http, config::BackendConfig backend) {
  auto config = std::make_shared<config::LlmConfig>();
  std::vector<Secret> secrets{backend.key};
  const auto timeout = backend.models.front().timeouts.total;
  ProviderCall call;
  call.provider = backend.name;
  call.model = backend.models.front().name;
  call.prompt.user_message = Blob::borrow(kQuestion);
  call.prompt.max_tokens = kMaxTokens;
  config->backends.push_back(std::move(backend));

  Counters counters;
  auto redactor = std::make_shared<const Redactor>(std::move(secrets));
  const Catalog catalog(std::move(config), redactor, counters);
  auto found = catalog.find(call.provider, call.model);
  if (!found) co_return diagnose(found.error());
  const Target target{found->backend, found->model};
  const CallContext context{&http, &catalog, &counters};
  const Deadline deadline = Deadline::in(timeout);
  auto attempted = co_await attempt(context, target, std::move(call), deadline);
  if (!attempted.answer) {
    redactor->redact(attempted.answer.error());
    co_return diagnose(attempted.answer.error());
  }
  co_return judge(std::move(*attempted.answer));
}

}  // namespace gvm::provider
