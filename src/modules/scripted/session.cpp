#include "scripted/session.h"

#include <utility>

#include "base/error_codes.h"
#include "base/log_form.h"
#include "base/null_fields.h"
#include "calldata/decode.h"
#include "envelope/reply.h"
#include "envelope/variant.h"
#include "host/services.h"

namespace gvm::scripted {

Session::Session(std::shared_ptr<const ModuleContext> context, net::Lane& lane,
                 std::uint64_t number)
    : context_(std::move(context)), number_(number), lane_(lane) {}

Result<void> Session::hello(std::string frame) {
  auto value = calldata::decode(frame);
  if (!value) return fail(std::move(value).error());
  auto hello = envelope::parse_hello(std::move(*value));
  if (!hello) return fail(std::move(hello).error());
  hello_ = std::move(*hello);
  if (context_->tracer) begin_trace();
  return {};
}

// The caller's place in its trace; what is no traceparent is as if it were not there.
void Session::begin_trace() {
  span_ = std::make_shared<trace::Span>();
  const Value* host_data = hello_.fields.find("host_data");
  const Value* parent = host_data == nullptr ? nullptr : host_data->find("traceparent");
  if (parent == nullptr) return;
  trace_parent_ = trace::parse_traceparent(parent->as_string().value_or(""));
}

void Session::begin_span() {
  *span_ = context_->tracer->begin_request("request", trace_parent_);
  if (!hello_.tx_id.empty()) span_->set("genvm.tx_id", hello_.tx_id);
}

asio::awaitable<std::string> Session::request(std::string frame, Deadline deadline) {
  if (span_) begin_span();
  const auto began = Clock::now();
  auto reply = co_await decode_and_answer(frame, deadline);
  if (!reply) co_return reply_to(std::move(reply).error());
  if (span_) span_->end();
  log_answer(began);
  co_return std::move(*reply);
}

asio::awaitable<Result<std::string>> Session::decode_and_answer(std::string_view frame,
                                                                Deadline deadline) {
  auto value = calldata::decode(frame);
  if (!value) co_return fail(std::move(value).error());
  Value message = std::move(*value);
  const auto generation = hello_.generation;
  if (envelope::is_stats_request(message)) co_return envelope::encode_ok(stats(), generation);
  ++requests_;
  auto reply = co_await answer(std::move(message), deadline);
  co_return reply;
}

asio::awaitable<Result<Value>> Session::call_script(std::string_view entry, Arguments arguments,
                                                    Deadline deadline) {
  if (span_) span_->name(entry);
  auto ready = co_await ensure_script(deadline);
  if (!ready) co_return fail(std::move(ready).error());
  auto returned = co_await script_->call(entry, std::move(arguments), deadline);
  co_return returned;
}

Result<std::unique_ptr<script::Session>> Session::open_script() {
  auto services = make_services();
  // A copy: when opening or Setup fails, the next request tries again with the same fields. A null
  // in the hello is an absent field for scripts.
  Value fields = hello_.fields;
  drop_null_fields(fields);
  if (auto* told = dynamic_cast<host::Services*>(services.get()); told != nullptr) {
    told->log_calls(logger(), number_, hello_.tx_id);
    if (span_) told->trace_below(span_);
  }
  return context_->pools->of(lane_).open(logger(), std::move(services), std::move(fields));
}

asio::awaitable<Result<void>> Session::ensure_script(Deadline deadline) {
  if (script_) co_return Result<void>();
  auto opened = open_script();
  if (!opened) co_return fail(std::move(opened).error());
  script_ = std::move(*opened);
  auto ready = co_await run_setup(deadline);
  if (ready)
    hello_.fields = Value::null();  // the script has received them
  else
    script_.reset();  // the next request tries again, from the start
  co_return ready;
}

asio::awaitable<Result<void>> Session::run_setup(Deadline deadline) {
  if (!context_->program->has_entry("Setup")) co_return Result<void>();
  Arguments none;
  auto answer = co_await script_->call("Setup", std::move(none), deadline);
  if (!answer) co_return fail(std::move(answer).error());
  co_return Result<void>();
}

host::SigningIdentity Session::identity() const {
  const Value* host_data = hello_.fields.find("host_data");
  const auto profile = hello_.generation == envelope::Generation::c
                           ? signing::GenlayerProfile::with_scheme
                           : signing::GenlayerProfile::without_scheme;
  return {hello_.node_address, hello_.tx_id, host_data == nullptr ? Value::map() : *host_data,
          profile};
}

Value Session::stats() const {
  const auto number = [](std::uint64_t n) { return Value::integer(Integer::from_u64(n)); };
  Value::Map stats;
  stats.set("requests", number(requests_));
  stats.set("user_errors", number(user_errors_));
  stats.set("fatal_errors", number(fatal_errors_));
  add_stats(stats);
  return Value::map(std::move(stats));
}

std::string Session::reply_to(Error error) {
  ++(error.fatal() ? fatal_errors_ : user_errors_);
  context_->redactor->redact(error);
  log_failure(error);
  if (span_) end_span(error);
  return envelope::encode_error(error, hello_.generation);
}

// An error that the contract may catch is an ordinary answer.
void Session::end_span(const Error& error) {
  if (error.fatal())
    span_->fail(error.code());
  else
    span_->error_type(error.code());
  span_->end();
}

// What became of a request that has no error; the steps in between have lines of their own.
void Session::log_answer(Clock::time_point began) const {
  if (!logger().enabled(log::Level::debug)) return;
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - began);
  logger().debug("request answered", {{"session", Value::integer(Integer::from_u64(number_))},
                                      {"tx_id", Value::string(hello_.tx_id)},
                                      {"took_us", Value::integer(std::int64_t{took.count()})}});
}

// At level debug every request is logged.
void Session::log_failure(const Error& error) const {
  if (!logger().enabled(log::Level::info)) return;
  if (logs_content())
    logger().write(log::Level::trace, "what a failed request was told",
                   {{"tx_id", Value::string(hello_.tx_id)}, {"error", error.to_value()}});
  constexpr std::string_view kMessage = "request failed";
  const std::initializer_list<log::Field> fields = {
      {"session", Value::integer(Integer::from_u64(number_))},
      {"tx_id", Value::string(hello_.tx_id)},
      {"error", log_form(error)}};
  if (logger().enabled(log::Level::debug)) return logger().info(kMessage, fields);
  context_->failures->write(log::Level::info, kMessage, fields, error.code());
}

std::string Session::deadline_reply() {
  return reply_to(Error(codes::kDeadlineExceeded, deadline_fatality(),
                        "the request took longer than serve.request_timeout allows"));
}

std::string Session::refusal_reply(Error error) {
  return reply_to(std::move(error));
}

asio::awaitable<void> Session::finish(Deadline deadline) {
  if (!script_ || !script_->usable() || !context_->program->has_entry("Teardown")) co_return;
  Arguments none;
  auto done = co_await script_->call("Teardown", std::move(none), deadline);
  if (!done) logger().warn("Teardown failed", {{"error", log_form(done.error())}});
}

}  // namespace gvm::scripted
