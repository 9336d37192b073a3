#pragma once
// The decisions of a mock upstream, without its sockets: a request becomes a plan, a record and a
// row of the bill. All members may be called from any thread.
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "support/mock_upstream/plan.h"
#include "support/mock_upstream/records.h"
#include "support/mock_upstream/rule.h"

namespace gvm::mock {

// What happens to a call whose peer disconnects before the latency is over.
enum class Abandoned {
  billed,  // billed in full: the model continues, as with most providers
  free,
};

struct EngineOptions {
  std::string name = "mock";  // answers name it
  std::uint64_t seed = 1;
  Latency latency = {};
  PriceTable prices = {};
  Abandoned abandoned = Abandoned::billed;
  std::size_t kept_calls = 100'000;  // the last ones are kept, for calls() and the rows of the bill
};

// What a connection must do for one request.
struct Work {
  microseconds latency{0};
  Plan plan = {};
  std::optional<std::uint64_t> call = {};  // empty: no prompt, such as a 404 or a control request
  std::string model = {};
  bool produced = false;  // to be billed
  Usage usage = {};
};

class Engine {
 public:
  explicit Engine(EngineOptions options);

  // Values that the script leaves out stay. Nothing changes when the script is refused.
  Result<void> set_script(std::string_view json);
  void set_rules(std::vector<Rule> rules);
  void set_latency(Latency latency);

  // A complete request was read.
  Work take(HttpRequest request, std::uint64_t connection);
  // The latency is over, or the peer disconnected before. Once per call.
  void produced(const Work& work, bool peer_left);
  // The fault of a connection just accepted; a rule without one when it is to be served.
  std::shared_ptr<const Rule> connection_rule();
  RuleBook::Listening listening() const;

  Records& records() { return records_; }
  const Records& records() const { return records_; }

 private:
  Work answer(const Call& call, std::uint64_t connection, Clock::time_point now);

  const EngineOptions options_;
  mutable std::mutex mutex_;
  RuleBook rules_;
  PriceTable prices_;
  Records records_;
};

// A reply without a fault to what is no prompt.
Work plain_work(int status, std::string body);

}  // namespace gvm::mock
