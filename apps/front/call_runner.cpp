#include "apps/front/call_runner.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "apps/front/commands.h"
#include "apps/front/show_reply.h"
#include "apps/front/token_argument.h"
#include "calldata/decode.h"
#include "calldata/encode.h"
#include "client/connection.h"
#include "text/json.h"

namespace gvm::apps {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

struct Outcome {
  int code = kExitOk;
  std::string shown;
  std::vector<double> latencies_ms;

  // Keeps the worst exit code and its text.
  void take(int other_code, std::string other_shown) {
    if (shown.empty() || other_code > code) {
      code = std::max(code, other_code);
      shown = std::move(other_shown);
    }
  }
};

Result<Value> plain_hello(const CallPlan& plan) {
  Value host_data =
      Value::fields("node_address", Value::string("0x0000000000000000000000000000000000000000"),
                    "tx_id", Value::string("0x" + std::string(64, '0')));
  if (!plan.host_data.empty()) {
    auto given = text::parse_json(plan.host_data);
    if (!given) return given;
    if (!given->as_map())
      return fail("USAGE", Fatality::user, "--host-data: expected a JSON object");
    for (auto& [key, value] : *given->as_map()) host_data.as_map()->set(key.view(), value);
  }
  if (plan.generation == "a") {
    return Value::fields("cookie", Value::string("genvm-modules-call"), "host_data",
                         std::move(host_data));
  }
  if (plan.generation == "b")
    return Value::fields("genvm_id", Value::integer(1), "host_data", std::move(host_data));
  return Value::fields("genvm_id", Value::integer(1), "role", Value::string("leader"), "host_data",
                       std::move(host_data), "gas_data", Value::map(),
                       "initial_time_units_allocation", Value::integer(0));
}

Result<Value> hello_of(const CallPlan& plan) {
  auto hello = plain_hello(plan);
  auto token = token_of_argument(plan.token);
  if (!token) return fail(std::move(token).error());
  if (hello && !token->empty()) hello->as_map()->set("token", Value::string(std::move(*token)));
  return hello;
}

// One session: takes request numbers until none are left.
Outcome run_session(const CallPlan& plan, const std::string& hello, const std::string& request,
                    std::atomic<int>& left) {
  Outcome outcome;
  const milliseconds timeout(static_cast<long>(plan.timeout_seconds * 1000));
  const auto give_up = [&outcome](const Error& error) {
    outcome.take(kExitUnreachable, error.to_string());
    return outcome;
  };
  auto target = client::parse_target(plan.url);
  if (!target) return give_up(target.error());
  auto connection = client::Connection::open(*target, timeout, plan.trust);
  if (!connection) return give_up(connection.error());
  if (auto sent = connection->send(hello, timeout); !sent) return give_up(sent.error());
  while (left.fetch_sub(1) > 0) {
    const auto started = SteadyClock::now();
    if (auto sent = connection->send(request, timeout); !sent) return give_up(sent.error());
    auto reply = connection->receive(timeout);
    if (!reply) return give_up(reply.error());
    outcome.latencies_ms.push_back(
        std::chrono::duration<double, std::milli>(SteadyClock::now() - started).count());
    auto value = calldata::decode(*reply);
    if (!value) return give_up(value.error());
    auto shown = show_reply(*value, plan.out_file);
    outcome.take(shown.code, std::move(shown.text));
  }
  return outcome;
}

void print_summary(std::vector<double> latencies, double seconds) {
  std::ranges::sort(latencies);
  const auto at = [&](double quantile) {
    return latencies[std::min(
        latencies.size() - 1,
        static_cast<std::size_t>(quantile * static_cast<double>(latencies.size())))];
  };
  fmt::print(stderr,
             "{} replies in {:.2f} s ({:.0f}/s); latency ms: min {:.2f}, p50 {:.2f}, p90 {:.2f}, "
             "p99 {:.2f}, max {:.2f}\n",
             latencies.size(), seconds, static_cast<double>(latencies.size()) / seconds,
             latencies.front(), at(0.5), at(0.9), at(0.99), latencies.back());
}

}  // namespace

int run_call(const CallPlan& plan, Value request) {
  auto hello = hello_of(plan);
  auto hello_bytes = hello ? calldata::encode(*hello) : Result<std::string>(fail(hello.error()));
  auto request_bytes = calldata::encode(request);
  for (const auto* encoded : {&hello_bytes, &request_bytes}) {
    if (*encoded) continue;
    fmt::print(stderr, "call: {}\n", encoded->error().to_string());
    return kExitUsage;
  }
  Outcome all;
  std::mutex mutex;
  std::atomic<int> left{plan.repeat};
  std::vector<std::thread> threads;
  const auto started = SteadyClock::now();
  for (int i = 0; i < std::min(plan.concurrency, plan.repeat); ++i) {
    threads.emplace_back([&] {
      Outcome one = run_session(plan, *hello_bytes, *request_bytes, left);
      const std::lock_guard lock(mutex);
      all.take(one.code, std::move(one.shown));
      all.latencies_ms.insert(all.latencies_ms.end(), one.latencies_ms.begin(),
                              one.latencies_ms.end());
    });
  }
  for (auto& thread : threads) thread.join();
  const std::chrono::duration<double> spent = SteadyClock::now() - started;
  fmt::print(all.code == kExitOk ? stdout : stderr, "{}\n", all.shown);
  if (plan.repeat > 1 && !all.latencies_ms.empty()) print_summary(all.latencies_ms, spent.count());
  return all.code;
}

}  // namespace gvm::apps
