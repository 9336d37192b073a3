#include "guarded/moderate.h"

#include <algorithm>
#include <utility>

#include "base/error_codes.h"
#include "guarded/moderation.h"

namespace gvm::guarded {
namespace {

constexpr std::size_t kMostAnswer = 1 * kMiB;
constexpr int kOk = 200;

bool looks_at(const config::ModeratorConfig& moderator, guard::Stage stage) {
  return moderator.stages.empty() ||
         std::ranges::find(moderator.stages, guard::name_of(stage)) != moderator.stages.end();
}

net::HttpRequest request_to(const config::ModeratorConfig& moderator, std::string_view text) {
  net::HttpRequest request;
  request.method = "POST";
  request.url = moderator.url;
  request.headers.push_back({"Content-Type", "application/json"});
  if (!moderator.key.empty())
    request.secret_headers.push_back({"Authorization", "Bearer ", moderator.key});
  request.body = moderation_question(moderator, text);
  request.has_body = true;
  request.timeouts.connect = moderator.timeout;
  request.timeouts.total = moderator.timeout;
  request.max_body = kMostAnswer;
  return request;
}

asio::awaitable<Result<bool>> ask_endpoint(const config::ModeratorConfig& moderator,
                                           std::string text, net::HttpClient& http,
                                           Deadline deadline) {
  net::HttpRequest request = request_to(moderator, text);
  auto response = co_await http.send(std::move(request), deadline);
  // Only the code: the rest may repeat the text.
  if (!response) co_return fail(Error(response.error().code(), Fatality::user));
  if (response->status != kOk)
    co_return fail(codes::kGuardUnavailable, Fatality::user,
                   "it answers with status " + std::to_string(response->status));
  co_return read_moderation(moderator, response->body);
}

// Whether it passes.
asio::awaitable<Result<bool>> ask(const config::ModeratorConfig& moderator, std::string text,
                                  const Asking& asking, Deadline deadline) {
  const auto until = sooner(deadline, Deadline::in(moderator.timeout));
  if (!moderator.url.empty()) {
    auto flagged = co_await ask_endpoint(moderator, std::move(text), *asking.http, until);
    if (!flagged) co_return fail(std::move(flagged).error());
    co_return !*flagged;
  }
  if (!asking.model)
    co_return fail(codes::kGuardUnavailable, Fatality::user, "this module has no backends");
  auto passes = co_await asking.model(moderator, std::move(text), until);
  co_return passes;
}

std::string subject(guard::Stage stage) {
  switch (stage) {
    case guard::Stage::input:
      return "the prompt";
    case guard::Stage::output:
      return "the answer";
    case guard::Stage::page:
      return "the page";
  }
  return "the text";
}

Refusal refused(const config::ModeratorConfig& moderator, guard::Stage stage, std::string_view code,
                std::string sentence) {
  Error error(code, Fatality::user, std::move(sentence));
  error.with("stage", Value::string(std::string(guard::name_of(stage))));
  error.with("moderator", Value::string(moderator.name));
  return {std::move(error)};
}

std::optional<Refusal> judge(Guards& guards, const config::ModeratorConfig& moderator,
                             guard::Stage stage, const Result<bool>& passes) {
  const bool acts = !moderator.dry_run && moderator.action == "block";
  if (!passes) {
    if (passes.error().code() == codes::kCancelled) return Refusal{passes.error()};
    guards.count(moderator, Opinion::none);
    if (moderator.dry_run || moderator.when_down == "pass") return std::nullopt;
    auto down = refused(moderator, stage, codes::kGuardUnavailable,
                        "the moderator \"" + moderator.name + "\" gave no verdict on " +
                            subject(stage) + ", and when_down is block");
    down.error.add_cause(passes.error().to_string());
    return down;
  }
  guards.count(moderator, *passes ? Opinion::passes : Opinion::flagged);
  if (*passes || !acts) return std::nullopt;
  return refused(moderator, stage, codes::kGuardBlocked,
                 "the moderator \"" + moderator.name + "\" refuses " + subject(stage));
}

}  // namespace

asio::awaitable<std::optional<Refusal>> moderate(std::shared_ptr<SessionGuards> guards,
                                                 guard::Stage stage, std::string text,
                                                 Asking asking, Deadline deadline) {
  if (!guards->enforce()) co_return std::nullopt;
  for (const auto& moderator : guards->module().moderators()) {
    if (!looks_at(moderator, stage)) continue;
    std::string question = text;
    const Result<bool> passes = co_await ask(moderator, std::move(question), asking, deadline);
    auto refusal = judge(guards->module(), moderator, stage, passes);
    if (refusal) co_return refusal;
  }
  co_return std::nullopt;
}

bool is_moderated(Guards& guards, guard::Stage stage) {
  return guards.enforce() && std::ranges::any_of(guards.moderators(), [stage](const auto& each) {
           return looks_at(each, stage);
         });
}

}  // namespace gvm::guarded
