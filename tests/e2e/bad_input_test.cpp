// Messages that no GenVM sends: each gets its typed reply or close code, and other sessions are not
// affected.
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/size.h"
#include "e2e/genvm.h"
#include "e2e/module.h"
#include "e2e/neighbour.h"
#include "support/http_server.h"
#include "support/wire_client.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;

struct World {
  World()
      : upstream([](const HttpServer::Request&) {
          return HttpServer::Reply{.body = openai_answer("fine")};
        }),
        module({.backends = backend_at(upstream.url(""))}) {}
  HttpServer upstream;
  Module module;
};

Value string(std::string text) {
  return Value::string(std::move(text));
}

// ULEB128
std::string number(std::uint64_t n) {
  std::string out;
  do {
    out += static_cast<char>((n & 0x7f) | (n > 0x7f ? 0x80 : 0));
    n >>= 7;
  } while (n != 0);
  return out;
}

enum Type : std::uint64_t { kBytes = 3, kString = 4, kArray = 5, kMap = 6 };

std::string head(Type type, std::uint64_t payload) {
  return number(payload << 3 | type);
}

struct HostileBytes {
  std::string name;
  std::string bytes;
  std::string outcome;
};

std::string nested(std::size_t depth) {
  std::string out;
  for (std::size_t i = 0; i < depth; ++i) out += head(kArray, 1);
  return out + std::string(1, '\0');
}

std::string nested_maps(std::size_t depth) {
  std::string out;
  for (std::size_t i = 0; i < depth; ++i) out += head(kMap, 1) + number(1) + "k";
  return out + std::string(1, '\0');
}

std::vector<HostileBytes> hostile_bytes() {
  const std::string malformed = "FatalError MALFORMED_CALLDATA";
  const std::string whole = encode(prompt("a whole request"));
  std::vector<HostileBytes> rows = {
      {"nothing", "", malformed},
      {"reserved type", "\x07", malformed},
      {"unknown atom", head(static_cast<Type>(0), 9), malformed},
      {"half an address", head(static_cast<Type>(0), 3) + "12345", malformed},
      {"an announced GiB of bytes", head(kBytes, 1 * kGiB) + "x", malformed},
      {"an announced GiB of text", head(kString, 1 * kGiB), malformed},
      {"an array of 2^60", head(kArray, 1ULL << 60) + "\x01", malformed},
      {"a map of 2^60", head(kMap, 1ULL << 60), malformed},
      {"a key of a GiB", head(kMap, 1) + number(1 * kGiB) + "k", malformed},
      {"a number that never ends", std::string(100, '\xff'), malformed},
      {"a padded number", std::string("\x89\x80\x00", 3), malformed},
      {"invalid UTF-8", head(kString, 2) + "\xc3\x28", malformed},
      {"a surrogate", head(kString, 3) + "\xed\xa0\x80", malformed},
      {"an invalid key", head(kMap, 1) + number(1) + "\xff" + std::string(1, '\0'), malformed},
      {"unsorted keys",
       head(kMap, 2) + number(1) + "b" + std::string(1, '\0') + number(1) + "a" +
           std::string(1, '\0'),
       malformed},
      {"equal keys",
       head(kMap, 2) + number(1) + "a" + std::string(1, '\0') + number(1) + "a" +
           std::string(1, '\0'),
       malformed},
      {"something behind the value", whole + "x", malformed},
      {"100,000 arrays in each other", nested(100'000), "FatalError TOO_DEEP"},
      {"100,000 maps in each other", nested_maps(100'000), "FatalError TOO_DEEP"},
      {"an integer of 200,000 bytes", std::string(200'000, '\xff') + "\x01",
       "FatalError TOO_LARGE"},
  };
  return rows;
}

TEST(BadInput, HostileCalldataIsAFatalErrorAndTheSessionGoesOn) {
  World world;
  Neighbour neighbour(world.module.port());
  GenVm genvm(world.module.port());
  for (const auto& [name, bytes, outcome] : hostile_bytes()) {
    const Reply reply = genvm.ask_bytes(bytes);
    if (name == "an integer of 200,000 bytes" && reply.kind == "FatalError") {
      EXPECT_TRUE(reply.causes[0] == "TOO_LARGE" || reply.causes[0] == "MALFORMED_CALLDATA");
      continue;
    }
    EXPECT_EQ(reply.outcome(), outcome) << name << ": " << reply.shown;
  }
  EXPECT_EQ(genvm.ask(prompt("still here?")).text(), "fine");
  neighbour.expect_on_time();
}

TEST(BadInput, EveryTruncationOfARequestIsMalformed) {
  World world;
  GenVm genvm(world.module.port());
  const std::string whole = encode(prompt("a short prompt", {"\x89PNG\r\n\x1a\n"}));
  for (std::size_t length = 0; length < whole.size(); ++length)
    genvm.ws().send(whole.substr(0, length));
  for (std::size_t length = 0; length < whole.size(); ++length)
    ASSERT_EQ(genvm.receive().outcome(), "FatalError MALFORMED_CALLDATA") << length;
  EXPECT_EQ(genvm.ask_bytes(whole).text(), "fine");
}

struct OddRequest {
  std::string name;
  Value value;
};

std::vector<OddRequest> odd_requests() {
  const auto payload = [](Value prompt_value, Value images) {
    return Value::fields("prompt", std::move(prompt_value), "images", std::move(images));
  };
  const Value good = payload(string("x"), Value::array());
  Value extra_field = good;
  extra_field.as_map()->set("surprise", Value::integer(1));
  return {
      {"null", Value::null()},
      {"a number", Value::integer(5)},
      {"an empty map", Value::map()},
      {"two variants", Value::fields("Prompt", Value::map(), "PromptTemplate", Value::map())},
      {"an unknown variant", request("Promptt", good)},
      {"a request of the web module", request("Render", good)},
      {"a variant without content", Value::fields("Prompt", Value::null())},
      {"no payload",
       Value::fields("Prompt", Value::fields("remaining_fuel_as_gen", Value::integer(1)))},
      {"no fuel", Value::fields("Prompt", Value::fields("payload", good))},
      {"a prompt that is a number", request("Prompt", payload(Value::integer(1), Value::array()))},
      {"a prompt that is bytes", request("Prompt", payload(Value::bytes("x"), Value::array()))},
      {"images that are a text", request("Prompt", payload(string("x"), string("y")))},
      {"an image that is a text",
       request("Prompt", payload(string("x"), Value::list(string("y"))))},
      {"no prompt", request("Prompt", Value::fields("images", Value::array()))},
      {"an unknown format",
       request("Prompt", Value::fields("prompt", string("x"), "images", Value::array(),
                                       "response_format", string("yaml")))},
      {"an unknown field", request("Prompt", extra_field)},
      {"negative fuel", request("Prompt", good, Integer(-1))},
      {"fuel of 2^256", request("Prompt", good, Integer::pow2(256))},
      {"fuel of 2^4000", request("Prompt", good, Integer::pow2(4000))},
      {"fuel that is a text",
       Value::fields("Prompt",
                     Value::fields("payload", good, "remaining_fuel_as_gen", string("1")))},
      {"an unknown template", judge("EqPerhaps", {{"leader_answer", "x"}})},
      {"a template without its slots", judge("EqComparative", {{"leader_answer", "x"}})},
      {"a template with another's slots",
       judge("EqNonComparativeLeader",
             {{"leader_answer", "x"}, {"validator_answer", "y"}, {"principle", "z"}})},
      {"no template", request("PromptTemplate", Value::fields("task", string("x")))},
  };
}

// Generation C is the strictest.
TEST(BadInput, UnknownShapesAreAFatalErrorThatNamesTheField) {
  World world;
  Neighbour neighbour(world.module.port());
  GenVm genvm(world.module.port(), hello_c());
  for (const auto& [name, value] : odd_requests()) {
    const Reply reply = genvm.ask(value);
    EXPECT_EQ(reply.outcome(), "FatalError MALFORMED_REQUEST") << name << ": " << reply.shown;
    EXPECT_EQ(reply.causes.size(), 1u) << name;
    EXPECT_NE(reply.ctx.find("detail"), nullptr) << name;
  }
  EXPECT_EQ(genvm.ask(prompt("still here?")).text(), "fine");
  neighbour.expect_on_time();
}

// As the field's modules of A and B do.
TEST(BadInput, UnknownFieldsOfAAndBArePassedOver) {
  World world;
  const Value more =
      Value::fields("prompt", string("x"), "images", Value::array(), "new", Value::integer(1));
  for (const Value& hello : {hello_a(), hello_b()}) {
    GenVm genvm(world.module.port(), hello);
    EXPECT_EQ(genvm.ask(request("Prompt", more)).text(), "fine");
  }
}

TEST(BadInput, FuelJustBelowTheLimitIsTaken) {
  World world;
  GenVm genvm(world.module.port());
  Integer most =
      Integer::parse(
          "115792089237316195423570985008687907853269984665640564039457584007913129639935")
          .value();
  const Value payload = Value::fields("prompt", string("x"), "images", Value::array());
  EXPECT_EQ(genvm.ask(request("Prompt", payload, most)).text(), "fine");
  EXPECT_EQ(genvm.ask(request("Prompt", payload, Integer(0))).text(), "fine");
}

TEST(BadInput, EmptyPromptsAreErrorsTheContractMayCatch) {
  World world;
  GenVm genvm(world.module.port());
  const std::string zero_width = "\xe2\x80\x8b";
  for (const std::string& text : {std::string(), std::string(" \n\t "), zero_width}) {
    const Reply reply = genvm.ask(prompt(text));
    EXPECT_EQ(reply.outcome(), "UserError EMPTY_PROMPT") << reply.shown;
  }
  EXPECT_EQ(world.upstream.request_count(), 0u);
}

struct BadHello {
  std::string name;
  std::string bytes;
  int close_code;
};

std::vector<BadHello> bad_hellos() {
  const auto host = Value::fields("node_address", string("n"), "tx_id", string("t"));
  return {
      {"no calldata", "\x07", 1007},
      {"an announced GiB", head(kMap, 1 * kGiB), 1007},
      {"truncated", encode(hello_a()).substr(0, 20), 1007},
      {"a request", encode(prompt("x")), 1002},
      {"null", encode(Value::null()), 1002},
      {"an empty map", encode(Value::map()), 1002},
      {"a cookie that is a number",
       encode(Value::fields("cookie", Value::integer(1), "host_data", host)), 1002},
      {"no host_data", encode(Value::fields("cookie", string("c"))), 1002},
      {"a genvm_id that is a text",
       encode(Value::fields("genvm_id", string("1"), "host_data", host)), 1002},
      {"a role without gas_data",
       encode(Value::fields("genvm_id", Value::integer(1), "role", string("leader"), "host_data",
                            host)),
       1002},
      {"gas_data without a role",
       encode(Value::fields("genvm_id", Value::integer(1), "gas_data", Value::map(), "host_data",
                            host)),
       1002},
      {"all of generation C but the genvm_id",
       encode(Value::fields("role", string("leader"), "host_data", host, "gas_data", Value::map(),
                            "initial_time_units_allocation", Value::integer(0))),
       1002},
      {"an unknown role",
       encode(Value::fields("genvm_id", Value::integer(1), "role", string("king"), "host_data",
                            host, "gas_data", Value::map(), "initial_time_units_allocation",
                            Value::integer(0))),
       1002},
  };
}

TEST(BadInput, ABrokenHelloClosesWithTheFittingCode) {
  World world;
  Neighbour neighbour(world.module.port());
  for (const auto& [name, bytes, code] : bad_hellos()) {
    test::WsClient ws(world.module.port());
    ws.send(bytes);
    EXPECT_EQ(ws.receive_close(), code) << name << ": " << ws.close_text();
    EXPECT_FALSE(ws.close_text().empty()) << name;
  }
  neighbour.expect_on_time();
}

// What all of two generations say is no error: unknown fields never are, and a genvm_id decides.
TEST(BadInput, AHelloOfTwoGenerationsIsOfTheLater) {
  World world;
  Value a_and_b = hello_b(), a_and_c = hello_c();
  for (Value* mixed : {&a_and_b, &a_and_c}) mixed->as_map()->set("cookie", string("c"));
  Value odd;
  for (const auto& [hello, text] : {std::pair{a_and_b, false}, std::pair{a_and_c, true}}) {
    GenVm genvm(world.module.port(), hello);
    genvm.send(odd);
    const auto frame = genvm.ws().receive();
    EXPECT_EQ(frame->find("{\"causes\":") != std::string::npos, text) << "the form of generation C";
    EXPECT_EQ(genvm.ask(prompt("x")).text(), "fine");
  }
}

TEST(BadInput, ABrokenHelloInTheOtherFramingIsAnsweredAndClosed) {
  World world;
  auto client = test::WireClient::tcp(world.module.port());
  client.send_frame(encode(Value::map()));
  const auto reply = client.receive_frame();
  ASSERT_TRUE(reply);
  EXPECT_EQ(parse_reply(*reply).outcome(), "FatalError MALFORMED_HELLO");
  EXPECT_TRUE(client.closed_within(5s));
}

TEST(BadInput, AnOversizeMessageClosesWith1009) {
  HttpServer upstream(
      [](const HttpServer::Request&) { return HttpServer::Reply{.body = openai_answer("fine")}; });
  Module module(
      {.backends = backend_at(upstream.url("")), .more = "serve: {max_message_bytes: 1MiB}\n"});
  Neighbour neighbour(module.port());
  {
    GenVm genvm(module.port());
    genvm.ws().send(std::string(1 * kMiB + 1, 'x'));
    EXPECT_EQ(genvm.ws().receive_close(), 1009);
  }
  auto framed = test::WireClient::tcp(module.port());
  framed.send_frame(encode(hello_a()));
  framed.send(std::string("\x3f\xff\xff\xff", 4));  // announces almost 1 GiB; nothing follows
  const auto reply = framed.receive_frame();
  ASSERT_TRUE(reply);
  EXPECT_EQ(parse_reply(*reply).outcome(), "FatalError TOO_LARGE");
  EXPECT_TRUE(framed.closed_within(5s));
  EXPECT_LT(module.resident_bytes(), 900 * kMiB) << "nothing is allocated on an announced length";
  neighbour.expect_on_time();
}

TEST(BadInput, ProtocolViolationsCloseWith1002) {
  World world;
  auto client = test::WireClient::tcp(world.module.port());
  ASSERT_NE(client.upgrade().find("101"), std::string::npos);
  client.send_ws_frame(0x8b, "an opcode that does not exist");
  const std::string close = client.read_exactly(4);
  EXPECT_EQ(static_cast<unsigned char>(close[0]), 0x88);
  EXPECT_EQ(static_cast<unsigned char>(close[2]) * 256 + static_cast<unsigned char>(close[3]),
            1002);
}

TEST(BadInput, ASlowHandshakeIsClosedInTime) {
  HttpServer upstream([](const HttpServer::Request&) { return HttpServer::Reply{}; });
  Module module(
      {.backends = backend_at(upstream.url("")), .more = "serve: {handshake_timeout: 300ms}\n"});
  auto silent = test::WireClient::tcp(module.port());
  auto dribbling = test::WireClient::tcp(module.port());
  dribbling.send("GET / HTTP/1.1\r\nHost: ");
  auto without_hello = test::WireClient::tcp(module.port());
  ASSERT_NE(without_hello.upgrade().find("101"), std::string::npos);
  EXPECT_TRUE(silent.closed_within(3s));
  EXPECT_TRUE(dribbling.closed_within(3s));
  EXPECT_TRUE(without_hello.closed_within(5s)) << "the hello is part of the handshake's time";
}

TEST(BadInput, WhatIsNoWebSocketGetsAnHttpAnswer) {
  World world;
  EXPECT_TRUE(world.module.http("/nowhere").starts_with("HTTP/1.1 404"));
  EXPECT_TRUE(world.module.http("/health").starts_with("HTTP/1.1 200"));
  auto client = test::WireClient::tcp(world.module.port());
  client.send("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(client.read_all().starts_with("HTTP/1.1 405"));
  auto garbage = test::WireClient::tcp(world.module.port());
  garbage.send("GET garbage\r\n\r\n");
  EXPECT_TRUE(garbage.closed_within(10s));
}

TEST(BadInput, ManyRequestsAtOnceAreAllAnswered) {
  World world;
  GenVm genvm(world.module.port());
  constexpr int kMany = 500;  // far above serve.max_pending_requests
  for (int i = 0; i < kMany; ++i) genvm.ws().send(i % 2 == 0 ? "\x07" : encode(prompt("x")));
  for (int i = 0; i < kMany; ++i)
    ASSERT_EQ(genvm.receive().outcome(), i % 2 == 0 ? "FatalError MALFORMED_CALLDATA" : "Ok") << i;
}

}  // namespace
}  // namespace gvm::e2e
