#include "e2e/manager.h"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <stdexcept>

#include "base/json.h"
#include "support/paths.h"
#include "support/wire_client.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::e2e {
namespace {

namespace fs = std::filesystem;

// As an installation has it.
std::string make_root(const TempFolder& root) {
  fs::create_directories(root.file("bin"));
  for (const char* name : {"genvm-modules", "genvm-llm", "genvm-web", "genvm-browser-cell"}) {
    fs::copy_file(program(name), root.file(std::string("bin/") + name));
  }
  fs::copy(test::source_dir() + "/config", root.file("config"), fs::copy_options::recursive);
  return root.file("bin/genvm-modules");
}

std::vector<std::string> command_of(const TempFolder& root, ManagerUnderTest::Root kind,
                                    std::vector<std::string> arguments) {
  const bool own = kind == ManagerUnderTest::Root::own;
  std::vector<std::string> command = {own ? make_root(root) : program("genvm-modules"), "manager",
                                      "--port", "0"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

}  // namespace

std::string HttpReply::word(std::string_view key) const {
  const Value* found = json.find(key);
  return found == nullptr ? std::string() : std::string(found->as_string().value_or(""));
}

HttpReply http_call(std::uint16_t port, std::string_view method, std::string_view path,
                    std::string_view body, std::string_view more_headers) {
  auto client = test::WireClient::tcp(port);
  std::string text(method);
  text += " " + std::string(path) + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port) +
          "\r\nConnection: close\r\n" + std::string(more_headers);
  if (method != "GET")
    text +=
        "Content-Type: application/json\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  client.send(text + "\r\n" + std::string(body));
  const auto answer = client.read_all();
  HttpReply reply;
  const auto split = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 ") || split == answer.npos)
    throw std::runtime_error("no HTTP answer: " + answer);
  reply.status = std::stoi(answer.substr(9, 3));
  reply.head = answer.substr(0, split);
  reply.body = answer.substr(split + 4);
  if (auto json = text::parse_json(reply.body)) reply.json = std::move(*json);
  return reply;
}

ManagerUnderTest::ManagerUnderTest(std::vector<std::string> arguments, Root root)
    : process_(command_of(root_, root, std::move(arguments))) {
  const auto ready = process_.wait_for_line("\"message\":\"ready\"", 60s);
  if (!ready) throw std::runtime_error("not ready: " + process_.err() + process_.out());
  const auto line = text::parse_json(*ready);
  const std::string address(text::string_at(*line, "/address").value());
  port_ = static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

ManagerUnderTest::~ManagerUnderTest() {
  process_.signal(SIGINT);
  const auto code = process_.wait_exit(60s);
  EXPECT_TRUE(killed_ || code == 0) << "exit code " << code.value_or(-1);
  EXPECT_EQ(process_.err().find("Sanitizer"), std::string::npos) << process_.err();
  EXPECT_EQ(process_.out().find("Sanitizer"), std::string::npos) << process_.out();
}

std::string ManagerUnderTest::llm_config(const SentConfig& sent) const {
  const auto text = [](const std::string& written) { return json::write(Value::string(written)); };
  const std::string script =
      sent.script.empty() ? "${exeDir}/../config/genvm-llm-default.lua" : sent.script;
  return "{\"bind_address\": " + text(sent.bind_address) +
         ", \"threads\": 1, \"lua_script_path\": " + text(script) +
         ", \"data_dir\": " + text(root_.file("data")) + ", \"backends\": " + sent.backends +
         sent.more + "}";
}

std::string ManagerUnderTest::web_config(std::string_view more,
                                         std::string_view bind_address) const {
  return "{\"bind_address\": \"" + std::string(bind_address) +
         "\", \"threads\": 1, \"lua_script_path\": "
         "\"${exeDir}/../config/genvm-web-default.lua\", \"data_dir\": " +
         json::write(Value::string(root_.file("data"))) +
         ", \"always_allow_hosts\": [\"127.0.0.1\"]" + std::string(more) + "}";
}

HttpReply ManagerUnderTest::module(std::string_view call, std::string_view type,
                                   std::string_view config, std::string_view more) const {
  return http_call(port_, "POST", "/module/" + std::string(call),
                   "{\"module_type\": \"" + std::string(type) +
                       "\", \"config\": " + std::string(config) + std::string(more) + "}");
}

Value ManagerUnderTest::module_status(std::string_view name) const {
  const auto reply = status();
  const Value* found = text::at(reply.json, "/modules/" + std::string(name));
  if (found == nullptr) throw std::runtime_error("no module in the status: " + reply.body);
  return *found;
}

pid_t ManagerUnderTest::module_pid(std::string_view name) const {
  return static_cast<pid_t>(count(name, "pid"));
}

std::int64_t ManagerUnderTest::count(std::string_view name, std::string_view which) const {
  const auto found = text::integer_at(module_status(name), "/" + std::string(which));
  if (!found) throw std::runtime_error("no " + std::string(which) + " in the status");
  return *found;
}

std::uint16_t ManagerUnderTest::module_port(std::string_view name) const {
  const Value status = module_status(name);
  const std::string address(text::string_at(status, "/address").value_or(""));
  const auto colon = address.rfind(':');
  return colon == address.npos ? 0
                               : static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)));
}

test::HttpServer answering(std::string text, std::chrono::milliseconds delay) {
  return test::HttpServer([text = std::move(text), delay](const test::HttpServer::Request&) {
    return test::HttpServer::Reply{.body = openai_answer(text), .delay = delay};
  });
}

std::string backends_at(const test::HttpServer& server, std::string_view more) {
  return "{\"main\": {\"enabled\": true, \"host\": \"" + server.url("") +
         "\", \"provider\": \"openai-compatible\", \"key\": \"sk-of-the-test\", \"models\": "
         "{\"m\": {\"supports_json\": true}}" +
         std::string(more) + "}}";
}

RunningLlm::RunningLlm(std::string answer, std::chrono::milliseconds delay,
                       std::vector<std::string> arguments)
    : upstream(answering(std::move(answer), delay)),
      manager(std::move(arguments)),
      config(manager.llm_config({.backends = backends_at(upstream)})) {
  const auto started = manager.module("start", "Llm", config);
  if (started.status != 200) throw std::runtime_error("not started: " + started.body);
}

}  // namespace gvm::e2e
