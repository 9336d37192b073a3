#include "web/session.h"

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include "base/error_codes.h"
#include "envelope/reply.h"
#include "policy/codes.h"
#include "web/answer_of_script.h"
#include "web/caller_rules.h"
#include "web/guarded_page.h"

namespace gvm::web {
namespace {

using Arguments = scripted::Session::Arguments;

void add_size_limit(Value& payload, const std::optional<std::uint64_t>& limit) {
  if (limit) payload.as_map()->set("size_limit", Value::integer(Integer::from_u64(*limit)));
}

// The strings are borrowed from the request, which outlives the call.
Value payload_of(const envelope::RenderRequest& request) {
  const auto wait = std::chrono::duration<double>(request.wait_after_loaded);
  Value payload =
      Value::fields("url", Value::string(Blob::borrow(request.url.view())), "mode",
                    Value::string(Blob::borrow(envelope::render_mode_name(request.mode))),
                    "wait_after_loaded", Value::real(wait.count()));
  add_size_limit(payload, request.size_limit);
  return payload;
}

Value payload_of(const envelope::WebRequest& request) {
  Value::Map headers;
  for (const auto& [name, value] : request.headers)
    headers.set(name.view(), Value::bytes(Blob::borrow(value.as_bytes().value_or(""))));
  Value payload = Value::fields(
      "method", Value::string(Blob::borrow(envelope::web_method_name(request.method))), "url",
      Value::string(Blob::borrow(request.url.view())), "headers", Value::map(std::move(headers)),
      "sign", Value::boolean(request.sign));
  if (request.body) payload.as_map()->set("body", Value::bytes(Blob::borrow(request.body->view())));
  add_size_limit(payload, request.size_limit);
  return payload;
}

// What the policy refused, whether the script asked it or a hop met it.
bool is_refusal(const Error& error) {
  constexpr std::array kCodes{codes::kMalformedUrl, codes::kSchemaForbidden,  codes::kPortForbidden,
                              codes::kTldForbidden, codes::kAddressForbidden, codes::kUrlForbidden};
  return std::ranges::find(kCodes, error.code()) != kCodes.end();
}

void count(std::atomic<std::uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

std::shared_ptr<guarded::SessionGuards> session_guards(
    const std::shared_ptr<guarded::Guards>& guards) {
  if (!guards) return nullptr;
  std::random_device random;
  const auto seed = std::uint64_t{random()} << 32 | random();
  return std::make_shared<guarded::SessionGuards>(guards, seed);
}

}  // namespace

WebSession::WebSession(std::shared_ptr<const Shared> shared, net::Lane& lane,
                       asio::thread_pool& workers, std::uint64_t number)
    : Session(shared, lane, number),
      shared_(std::move(shared)),
      guards_(session_guards(shared_->guards)),
      network_(shared_->networks->of(lane)),
      workers_(workers) {}

asio::awaitable<Result<std::string>> WebSession::answer(Value message, Deadline deadline) {
  auto request = envelope::parse_web_request(std::move(message), peer().generation);
  if (!request) co_return fail(std::move(request).error());
  Counters& counters = *shared_->counters;
  const bool render = std::holds_alternative<envelope::RenderRequest>(*request);
  count(render ? counters.renders : counters.requests);
  ++(render ? renders_ : fetches_);
  auto running = run(std::move(*request), deadline);
  Result<Value> answer = co_await std::move(running);
  if (!answer) {
    count(render ? counters.failed_renders : counters.failed_requests);
    if (is_refusal(answer.error())) count(counters.refused);
    co_return fail(std::move(answer).error());
  }
  const auto generation = peer().generation;
  co_return envelope::encode_ok(std::move(*answer), generation);
}

asio::awaitable<Result<Value>> WebSession::run(envelope::AnyWebRequest request, Deadline deadline) {
  if (!audit_) audit_.emplace(shared_->audit, guards_, peer());
  AuditedPage audited(*audit_, request);
  auto ready = audited.ready();
  if (!ready) co_return fail(std::move(ready).error());
  auto asking = ask_script(request, deadline);
  Result<Value> answer = co_await std::move(asking);
  audited.ends(answer);
  co_return answer;
}

asio::awaitable<Result<Value>> WebSession::ask_script(envelope::AnyWebRequest& request,
                                                      Deadline deadline) {
  Arguments arguments;
  std::string_view entry = "Render";
  if (const auto* web = std::get_if<envelope::WebRequest>(&request)) {
    if (auto allowed = check_caller(*web); !allowed) co_return fail(std::move(allowed).error());
    entry = "Request";
    arguments.push_back({payload_of(*web)});
  } else {
    auto& page = std::get<envelope::RenderRequest>(request);
    page.wait_after_loaded =
        std::min(page.wait_after_loaded, shared_->config->max_wait_after_loaded);
    arguments.push_back({payload_of(page)});
  }
  auto returned = co_await call_script(entry, std::move(arguments), deadline);
  PageGuard guard{guards_, shared_->network.rules, &network_.open};
  if (!returned) {
    Error told = std::move(returned).error();
    auto shown = co_await guard_error(std::move(guard), std::move(told));
    co_return fail(std::move(shown));
  }
  Value page = std::move(*returned);
  auto passed = co_await guard_page(std::move(guard), std::move(page), deadline);
  if (!passed) co_return fail(std::move(passed).error());
  co_return read_script_answer(std::move(*passed), request);
}

void WebSession::add_stats(Value::Map& stats) const {
  stats.set("renders", Value::integer(Integer::from_u64(renders_)));
  stats.set("web_requests", Value::integer(Integer::from_u64(fetches_)));
}

std::unique_ptr<script::Services> WebSession::make_services() {
  host::RequestSigner signer(shared_->config->common, shared_->signing_keys, network_.open,
                             identity());
  const WebContext context{shared_->network,   shared_->pages, network_,
                           *shared_->counters, workers_,       lane().executor()};
  return std::make_unique<WebServices>(context, std::move(signer), shared_->redactor, guards_);
}

}  // namespace gvm::web
