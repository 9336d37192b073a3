#pragma once
// What a GenVM sends and receives: hellos, requests and replies as values, and a session over
// WebSocket.
#include <chrono>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.h"
#include "support/ws_client.h"

namespace gvm::e2e {

using namespace std::chrono_literals;

std::string encode(const Value& value);

// Hellos of the three generations.
Value hello_a();
Value hello_b();
Value hello_c();

using Slots = std::initializer_list<std::pair<std::string_view, std::string>>;

Value prompt(std::string text, std::vector<std::string> images = {});
Value json_prompt(std::string text);
Value judge(std::string_view name, Slots slots);
// EqComparative with all slots.
Value compare(std::string leader, std::string validator);
// {variant: {payload, remaining_fuel_as_gen}}
Value request(std::string_view variant, Value payload, Integer fuel = Integer(1'000'000));

struct Reply {
  std::string kind = {};  // Ok, UserError or FatalError
  Value data = {};        // of Ok
  Integer consumed = {};  // of Ok
  std::vector<std::string> causes = {};
  Value ctx = Value::map();  // of an error
  std::string shown = {};    // the whole reply, for the message of a failing test

  bool ok() const { return kind == "Ok"; }
  std::string text() const;  // of Ok with a string
  // "UserError CODE" or "FatalError CODE"; "Ok" otherwise.
  std::string outcome() const;
};
// Throws when it is not a reply, or when the text of a fatal error is neither one line of JSON nor
// the debug form.
Reply parse_reply(std::string_view bytes);

// A session over WebSocket. Everything has a deadline and throws when it passes.
class GenVm {
 public:
  explicit GenVm(std::uint16_t port, const Value& hello = hello_a(),
                 std::chrono::milliseconds timeout = 60s);
  void send(const Value& request) { ws_.send(encode(request)); }
  Reply receive();
  Reply ask(const Value& request);
  // Sends a request that need not be calldata.
  Reply ask_bytes(std::string_view bytes);
  test::WsClient& ws() { return ws_; }

 private:
  test::WsClient ws_;
};

// Recorded answers of the OpenAI form.
std::string openai_answer(std::string_view text, std::string_view finish_reason = "stop");
// Answers in all four provider forms, chosen by the path of the request.
std::string answer_for(std::string_view path, std::string_view text);

}  // namespace gvm::e2e
