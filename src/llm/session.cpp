#include "llm/session.h"

#include <utility>

#include "base/error_codes.h"
#include "calldata/decode.h"
#include "envelope/reply.h"
#include "host/null_fields.h"
#include "llm/answer_of_script.h"
#include "llm/services.h"

namespace gvm::llm {
namespace {

using envelope::LlmAnswer;
using Arguments = std::vector<script::Argument>;

// The strings and images are borrowed from the frame, which outlives the call.
Value payload_of(envelope::PromptRequest& prompt) {
  Value::Array images;
  for (const auto& image : prompt.images)
    images.push_back(Value::bytes(Blob::borrow(image.view())));
  return Value::fields(
      "response_format",
      Value::string(Blob::borrow(envelope::response_format_name(prompt.response_format))), "prompt",
      Value::string(Blob::borrow(prompt.prompt.view())), "images", Value::array(std::move(images)));
}

Value payload_of(envelope::TemplateRequest& request) {
  Value::Map payload = std::move(request.slots);
  payload.set("template", Value::string(Blob::borrow(envelope::template_name(request.kind))));
  return Value::map(std::move(payload));
}

struct EntryCall {
  std::string_view name;
  Arguments arguments;
};

EntryCall entry_call(envelope::LlmRequest& request) {
  return std::visit(
      [](auto& typed) {
        constexpr bool kIsPrompt =
            std::is_same_v<std::decay_t<decltype(typed)>, envelope::PromptRequest>;
        EntryCall call{kIsPrompt ? "ExecPrompt" : "ExecPromptTemplate", {}};
        Value fuel = Value::integer(std::move(typed.remaining_fuel));
        call.arguments.push_back({payload_of(typed), false});
        call.arguments.push_back({std::move(fuel), true});
        return call;
      },
      request);
}

bool exhausted(const Error& error) {
  return error.code() == codes::kInsufficientExecutionBudget;
}

}  // namespace

LlmSession::LlmSession(std::shared_ptr<const Shared> shared, net::Lane& lane,
                       script::SessionPool& pool)
    : shared_(std::move(shared)), lane_(lane), pool_(pool), logger_(shared_->logger) {}

Result<void> LlmSession::hello(std::string frame) {
  auto value = calldata::decode(frame);
  if (!value) return fail(std::move(value).error());
  auto hello = envelope::parse_hello(std::move(*value));
  if (!hello) return fail(std::move(hello).error());
  hello_ = std::move(*hello);
  return {};
}

asio::awaitable<std::string> LlmSession::request(std::string frame, Deadline deadline) {
  auto reply = co_await answer(frame, deadline);
  if (!reply) co_return reply_to(std::move(reply).error());
  co_return std::move(*reply);
}

asio::awaitable<Result<std::string>> LlmSession::answer(std::string_view frame, Deadline deadline) {
  auto value = calldata::decode(frame);
  if (!value) co_return fail(std::move(value).error());
  auto request = envelope::parse_llm_request(std::move(*value));
  if (!request) co_return fail(std::move(request).error());
  auto ready = co_await ensure_script(deadline);
  if (!ready) co_return fail(std::move(ready).error());

  EntryCall call = entry_call(*request);
  auto returned = co_await script_->call(call.name, std::move(call.arguments), deadline);
  if (!returned && exhausted(returned.error())) {
    co_return envelope::encode_ok(
        envelope::answer_value(LlmAnswer::exhausted(), hello_.generation));
  }
  if (!returned) co_return fail(std::move(returned).error());
  auto checked = read_script_answer(std::move(*returned), *request, hello_.generation);
  if (!checked) co_return fail(std::move(checked).error());
  LlmAnswer answer{std::move(checked->data), std::move(checked->consumed_gen)};
  co_return envelope::encode_ok(envelope::answer_value(std::move(answer), hello_.generation));
}

Result<std::unique_ptr<script::Session>> LlmSession::open_script() {
  CallContext context;
  context.http = &lane_.http();
  context.catalog = shared_->catalog.get();
  context.counters = shared_->counters.get();
  context.json_shape =
      hello_.generation == envelope::Hello::Generation::first ? JsonShape::map : JsonShape::text;
  auto services = std::make_unique<LlmServices>(context, shared_->redactor);
  // The ctx table holds the hello from here on. A null in it is an absent field for scripts.
  Value fields = std::exchange(hello_.fields, Value::null());
  host::drop_null_fields(fields);
  return pool_.open(logger_, std::move(services), std::move(fields));
}

asio::awaitable<Result<void>> LlmSession::ensure_script(Deadline deadline) {
  if (script_) co_return Result<void>();
  auto opened = open_script();
  if (!opened) co_return fail(std::move(opened).error());
  script_ = std::move(*opened);
  if (!shared_->program->has_entry("Setup")) co_return Result<void>();
  Arguments none;
  auto set_up = co_await script_->call("Setup", std::move(none), deadline);
  if (set_up) co_return Result<void>();
  // The next request tries again, from the start.
  hello_.fields = script_->ctx_fields();
  script_.reset();
  co_return fail(std::move(set_up).error());
}

std::string LlmSession::reply_to(Error error) const {
  shared_->redactor->redact(error);
  if (logger_.enabled(log::Level::info)) {
    logger_.info("request failed",
                 {{"tx_id", Value::string(hello_.tx_id)}, {"error", error.to_value()}});
  }
  return envelope::encode_error(error);
}

std::string LlmSession::deadline_reply() {
  return reply_to(Error(codes::kDeadlineExceeded, Fatality::fatal,
                        "the request took longer than serve.request_timeout allows"));
}

asio::awaitable<void> LlmSession::finish(Deadline deadline) {
  if (!script_ || !script_->usable() || !shared_->program->has_entry("Teardown")) co_return;
  Arguments none;
  auto done = co_await script_->call("Teardown", std::move(none), deadline);
  if (!done) logger_.warn("Teardown failed", {{"error", done.error().to_value()}});
}

}  // namespace gvm::llm
