#pragma once
// A scriptable LLM upstream on loopback: real sockets, optionally TLS, all four provider forms, and
// every way in which such a server fails; it bills what it produced. One thread of its own. All
// members may be called from any thread.
//
//   mock::MockUpstream upstream({.name = "a", .latency = mock::Latency::fixed(50ms)});
//   upstream.set_script(R"({"rules": [{"when": {"rate": 0.1}, "fault": "status_429"}]})").value();
//   ... point a backend at upstream.url() ...
//   EXPECT_EQ(upstream.bill().cost_nano_usd, ledger.total());
//
// docs/mock-upstream.md describes scripts, faults and the control requests.
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/mock_upstream/engine.h"

namespace gvm::mock {

enum class Transport { plain, tls };

struct Options {
  std::string name = "mock";  // answers name it
  Transport transport = Transport::plain;
  std::uint16_t port = 0;                          // 0: any free one
  std::optional<std::uint16_t> control_port = {};  // a second, plain port, for control only
  std::uint64_t seed = 1;
  Latency latency = {};
  PriceTable prices = {};
  Abandoned abandoned = Abandoned::billed;
  std::size_t kept_calls = 100'000;  // the last ones are kept, for calls() and the rows of the bill
};

class MockUpstream {
 public:
  explicit MockUpstream(Options options = {});
  ~MockUpstream();
  MockUpstream(const MockUpstream&) = delete;
  MockUpstream& operator=(const MockUpstream&) = delete;

  // "http://127.0.0.1:PORT" or "https://localhost:PORT", then `path`: a backend's `host`.
  std::string url(std::string_view path = "") const;
  std::uint16_t port() const;
  std::uint16_t control_port() const;
  // The certificate to trust (PEM); empty without TLS.
  const std::string& authority_pem() const;

  // In force when the function returns, for requests read after that. Turns and times of rules are
  // reset.
  Result<void> set_script(std::string_view json);
  void set_rules(std::vector<Rule> rules);
  // The same for every call from now on; removes all other rules.
  void set_fault(const Fault& fault);
  void set_latency(Latency latency);

  Bill bill() const;
  Stats stats() const;
  std::vector<CallRecord> calls() const;
  // Resets counters, bill and calls.
  void reset();
  // False when it did not become true in time.
  bool wait(const std::function<bool(const Stats&)>& condition,
            std::chrono::milliseconds timeout) const;
  bool wait_for_calls(std::uint64_t at_least, std::chrono::milliseconds timeout) const;

  // Closes the connections that wait for a request; returns their number.
  std::size_t close_idle_connections();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gvm::mock
