#pragma once
// What an upstream charges: every token that it produced, whether or not the answer arrived whole.
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/deadline.h"
#include "money/rational.h"
#include "support/mock_upstream/call.h"

namespace gvm::mock {

// The tokens of one call, each counted once. Some provider forms report sums of these: see
// usage_json.
struct Usage {
  std::uint64_t input = 0;  // without tokens that came from a cache
  std::uint64_t cache_read = 0;
  std::uint64_t cache_write = 0;
  std::uint64_t output = 0;  // without reasoning
  std::uint64_t reasoning = 0;
  friend bool operator==(const Usage&, const Usage&) = default;
};

// USD per million tokens, exact; and per call.
struct Price {
  money::Rational input;
  money::Rational output;
  money::Rational cache_read;
  money::Rational cache_write;
  money::Rational reasoning;
  money::Rational request;
};

// Computed exactly, then rounded up once to whole nano-USD.
std::int64_t cost_nano_usd(const Price& price, const Usage& usage);

// Model name -> price; "*" is the price of all other models. {"gpt-x": {"input": "0.15", "output":
// "0.6"}}: the decimals are strings, so that they stay exact. Defaults: cache_read and cache_write
// cost as much as input, reasoning as much as output, a request nothing.
class PriceTable {
 public:
  PriceTable();  // "*": input 3, output 15
  static Result<PriceTable> parse(const Value& value, const std::string& where);
  const Price& of(std::string_view model) const;

 private:
  std::map<std::string, Price, std::less<>> prices_;
};

// One call, from the complete request until the upstream has finished with it.
struct CallRecord {
  std::uint64_t id = 0;  // from 0; answers carry it as "mock-ID" in body and x-request-id
  std::uint64_t connection = 0;
  Form form = Form::openai_compatible;
  std::string model = {};
  std::string key = {};
  std::string session = {};
  std::string fault = {};  // "none", the catalogue's name, or the rule's
  int status = 0;
  Clock::time_point received{};
  Clock::time_point answered{};     // the last byte was passed to the kernel; unset: never
  Clock::time_point peer_closed{};  // while the call was in flight; unset: it was not
  bool billed = false;
  Usage usage = {};                // of a billed call
  std::int64_t cost_nano_usd = 0;  // of a billed call

  bool delivered() const { return answered != Clock::time_point(); }
  bool abandoned() const { return peer_closed != Clock::time_point(); }
};

struct Bill {
  std::uint64_t calls = 0;  // billed ones
  Usage usage = {};
  std::int64_t cost_nano_usd = 0;
  std::map<std::string, std::int64_t> cost_by_model = {};
  std::vector<CallRecord> rows = {};  // billed calls, in order of their ids
  std::uint64_t rows_dropped = 0;     // older rows that were dropped; the sums include them
};

// {"id", "connection", "form", "model", "key" (its last four characters), "session", "fault",
// "status", "received_ns", "answered_ns", "peer_closed_ns" (steady clock), "billed", "usage",
// "cost_nano_usd"}
Value to_value(const CallRecord& record);
Value to_value(const Usage& usage);
Value to_value(const Bill& bill, bool with_rows);

}  // namespace gvm::mock
