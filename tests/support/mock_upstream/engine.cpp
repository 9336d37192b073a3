#include "support/mock_upstream/engine.h"

#include "base/json.h"
#include "support/mock_upstream/answer.h"

namespace gvm::mock {
namespace {

constexpr int kBadRequest = 400;
constexpr int kNotFound = 404;
constexpr std::string_view kHtml =
    "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>"
    "<body><center><h1>502 Bad Gateway</h1></center><hr>nginx</body></html>\n";

std::chrono::system_clock::time_point wall_clock() {
  return std::chrono::system_clock::now();
}

PlainReply reply_of(const Fault& fault, const AnswerParts& parts) {
  PlainReply reply;
  reply.id = parts.id;
  switch (fault.body_kind()) {
    case Body::answer:
      reply.body = answer_body(parts);
      break;
    case Body::error:
      reply.body = error_body(parts.call->form, fault.status, "scripted: " + fault.name);
      break;
    case Body::html:
      reply.body = kHtml;
      reply.content_type = "text/html; charset=utf-8";
      break;
    case Body::text:
      reply.body = fault.text;
      break;
  }
  return reply;
}

CallRecord record_of(const Call& call, const Rule& rule, std::uint64_t connection,
                     Clock::time_point now) {
  CallRecord record;
  record.connection = connection;
  record.form = call.form;
  record.model = call.model;
  record.key = call.key;
  record.session = call.session;
  record.fault = rule.fault.name;
  record.status = rule.fault.status;
  record.received = now;
  return record;
}

}  // namespace

Work plain_work(int status, std::string body) {
  Fault fault;
  fault.status = status;
  PlainReply reply;
  reply.body = std::move(body);
  Work work;
  work.plan = plan_of(fault, reply, wall_clock());
  return work;
}

Engine::Engine(EngineOptions options)
    : options_(std::move(options)),
      rules_(options_.seed, options_.latency),
      prices_(options_.prices),
      records_(options_.kept_calls) {}

Result<void> Engine::set_script(std::string_view json) {
  auto parsed = parse_rules(json);
  if (!parsed) return fail(std::move(parsed).error());
  const std::lock_guard lock(mutex_);
  if (parsed->seed) rules_.set_seed(*parsed->seed);
  if (parsed->latency) rules_.set_latency(*parsed->latency);
  if (parsed->prices) prices_ = std::move(*parsed->prices);
  if (parsed->rules) rules_.set_rules(std::move(*parsed->rules), Clock::now());
  return {};
}

void Engine::set_rules(std::vector<Rule> rules) {
  const std::lock_guard lock(mutex_);
  rules_.set_rules(std::move(rules), Clock::now());
}

void Engine::set_latency(Latency latency) {
  const std::lock_guard lock(mutex_);
  rules_.set_latency(latency);
}

Work Engine::take(HttpRequest request, std::uint64_t connection) {
  const auto form = form_of(request.target);
  if (!form) {
    const auto text = "no such page: " + request.method + " " + request.target;
    return plain_work(kNotFound, error_body(Form::openai_compatible, kNotFound, text));
  }
  auto call = read_call(*form, std::move(request));
  if (!call)
    return plain_work(kBadRequest, error_body(*form, kBadRequest, call.error().to_string()));
  return answer(*call, connection, Clock::now());
}

Work Engine::answer(const Call& call, std::uint64_t connection, Clock::time_point now) {
  RuleBook::Decision decision;
  {
    const std::lock_guard lock(mutex_);
    decision = rules_.decide(call, now);
  }
  const Fault& fault = decision.rule->fault;
  Work work;
  work.latency = decision.latency;
  work.model = call.model;
  work.call = records_.call_began(record_of(call, *decision.rule, connection, now));
  const std::string words = fault.words ? *fault.words : words_for(call, options_.name);
  work.usage = decision.rule->usage.value_or(usage_for(call, words));
  work.produced = fault.produces_answer();
  const std::string id = "mock-" + std::to_string(*work.call);
  AnswerParts parts{&call, words, work.usage, fault.content, fault.usage, id};
  work.plan = plan_of(fault, reply_of(fault, parts), wall_clock());
  return work;
}

void Engine::produced(const Work& work, bool peer_left) {
  if (!work.call || !work.produced) return;
  if (peer_left && options_.abandoned == Abandoned::free) return;
  std::int64_t cost = 0;
  {
    const std::lock_guard lock(mutex_);
    cost = cost_nano_usd(prices_.of(work.model), work.usage);
  }
  records_.call_billed(*work.call, work.model, work.usage, cost);
}

std::shared_ptr<const Rule> Engine::connection_rule() {
  const std::lock_guard lock(mutex_);
  auto rule = rules_.decide_connection(Clock::now());
  if (rule->fault.at_connection()) records_.connection_struck(rule->fault.name);
  return rule;
}

RuleBook::Listening Engine::listening() const {
  const std::lock_guard lock(mutex_);
  return rules_.listening(Clock::now());
}

}  // namespace gvm::mock
