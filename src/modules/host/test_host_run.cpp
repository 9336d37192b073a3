#include "host/test_host_run.h"

#include <boost/asio/co_spawn.hpp>

#include "base/error_codes.h"
#include "host/arguments.h"
#include "host/direct_sender.h"

namespace gvm::host {

namespace {

using script::HostTable;
using script::Session;

Result<Value> answer_as(const std::string& model, const Value& request) {
  if (model == "dead") return fail(codes::kSendingRequest, Fatality::fatal, "connection refused");
  if (model == "cancelled") return fail(codes::kCancelled, Fatality::fatal, "cancelled");
  if (model == "late") {
    Error error(codes::kDeadlineExceeded, Fatality::fatal, "no time left");
    return fail(std::move(error).with("timeout", Value::string("deadline")));
  }
  if (model.starts_with("fail-")) {
    Error error(codes::kStatusNotOk, Fatality::fatal, "the prompt was: secret prompt text");
    return fail(std::move(error).with("status", Value::integer(std::stoi(model.substr(5)))));
  }
  Value data = Value::string(model + " says ok");
  if (model == "echo") data = *request.find("prompt")->find("user_message");
  return Value::object({{"data", data},
                        {"consumed_gen", Value::integer(7)},
                        {"tokens", Value::object({{"total", Value::integer(3)}})}});
}

}  // namespace

void FakeLlm::add_rows(HostTable& table, Value providers) {
  auto exec = [requests = requests_](Session&, Args& args) -> Result<Value> {
    requests->push_back(args.at(1));
    return answer_as(std::string(*args.at(1).find("model")->as_string()), args.at(1));
  };
  // The first model of the first backend gets what is routed.
  auto routed = [requests = requests_, providers](Session&, Args& args) -> Result<Value> {
    const auto& [backend, entry] = *providers.as_map()->begin();
    const auto& [model, settings] = *entry.find("models")->as_map()->begin();
    Value request = args.at(1);
    request.as_map()->set("provider", Value::string(std::string(backend.view())));
    request.as_map()->set("model", Value::string(std::string(model.view())));
    requests->push_back(request);
    return answer_as(std::string(model.view()), request);
  };
  auto exhaust = [](Session&, Args&) -> Result<Value> {
    return fail(codes::kInsufficientExecutionBudget, Fatality::user, "exhausted");
  };
  table.functions.push_back({"llm.rs", "exec_prompt_in_provider", "fun()", "", exec});
  table.functions.push_back({"llm.rs", "exec_prompt", "fun()", "", routed});
  table.functions.push_back({"llm.rs", "exhaust", "fun()", "", exhaust});
  // Prompts are made of the templates below as they are.
  auto as_it_is = [](Session&, Args&) -> Result<Value> { return Value::null(); };
  table.functions.push_back({"llm.rs", "harden_template", "fun()", "", as_it_is});
  auto noted = [](Session&, Args&) -> Result<Value> { return Value::null(); };
  table.functions.push_back({"llm.rs", "note_judgement", "fun()", "", noted});
  table.constants.push_back({"llm.rs", "judge", "table", "",
                             Value::object({{"swap", Value::boolean(false)},
                                            {"models", Value::integer(1)},
                                            {"disagree", Value::string("false")},
                                            {"when_missing", Value::string("disagree")}})});
  table.constants.push_back({"llm.rs", "providers", "table", "", std::move(providers)});
  const auto text = [](std::string s) { return Value::string(std::move(s)); };
  table.constants.push_back(
      {"llm.rs", "templates", "table", "",
       Value::object({{"eq_comparative",
                       Value::object({{"system", text("judge")},
                                      {"user", text("A #{leader_answer} B #{validator_answer} P "
                                                    "#{principle} #{other}")}})},
                      {"eq_non_comparative_leader",
                       Value::object({{"system", text("do")},
                                      {"user", text("T #{task} C #{criteria} I #{input}")}})}})});
  table.constants.push_back(
      {"llm.rs", "defaults", "table", "",
       Value::object({{"temperature", Value::real(0.25)}, {"max_tokens", Value::integer(4321)}})});
}

std::vector<std::string> FakeLlm::called() const {
  std::vector<std::string> names;
  for (const Value& request : *requests_) {
    names.push_back(std::string(*request.find("provider")->as_string()) + "/" +
                    std::string(*request.find("model")->as_string()));
  }
  return names;
}

Value map_of(std::vector<std::pair<std::string, Value>> entries) {
  Value::Map map;
  for (auto& [key, value] : entries) map.set(key, std::move(value));
  return Value::map(std::move(map));
}

Value fake_model(bool json, bool image, Value meta) {
  return Value::object({{"enabled", Value::boolean(true)},
                        {"supports_json", Value::boolean(json)},
                        {"supports_image", Value::boolean(image)},
                        {"use_max_completion_tokens", Value::boolean(image)},
                        {"meta", std::move(meta)}});
}

Value fake_backend(std::vector<std::pair<std::string, Value>> models, Value meta) {
  return Value::object({{"models", map_of(std::move(models))}, {"meta", std::move(meta)}});
}

namespace {

class DirectServices final : public Services {
 public:
  DirectServices(net::HttpClient& http, std::shared_ptr<const Redactor> redactor)
      : Services(std::move(redactor)), sender_(http) {}
  Sender& sender() override { return sender_; }

 private:
  DirectSender sender_;
};

}  // namespace

HostRun::HostRun(HostRunOptions options) : file(options.script) {
  script::ProgramOptions program_options;
  program_options.script_path = options.script_path.empty() ? file.path() : options.script_path;
  program_options.lua_path = options.lua_path;
  program_options.limits = options.script_limits;
  program_options.libraries = common_libraries();
  for (const auto* name : {"lib-llm", "lib-web"})
    for (auto& source : libraries_of(name)) program_options.libraries.push_back(std::move(source));
  program_options.host = common_table(
      {options.data_dir, files::Folders(options.folders), options.limits, options.random});
  llm.add_rows(program_options.host, std::move(options.providers));
  auto loaded = script::Program::load(std::move(program_options));
  if (!loaded) {
    load_error = std::move(loaded.error());
    return;
  }
  program = std::move(*loaded);
  auto redactor = std::make_shared<const Redactor>(std::move(options.secrets));
  auto opened =
      Session::open(program, io.get_executor(), options.logger,
                    std::make_unique<DirectServices>(http, redactor), std::move(options.ctx));
  if (!opened)
    load_error = std::move(opened.error());
  else
    session = std::move(*opened);
}

HostRunOptions HostRun::body(const std::string& lua) {
  HostRunOptions options;
  options.script =
      "local lib = require('lib-genvm')\nlocal llm = require('lib-llm')\nlocal rs = lib.rs\n"
      "function Main(ctx, argument)\n" +
      lua + "\nend\n";
  return options;
}

Result<Value> HostRun::call(std::string entry, std::vector<script::Argument> arguments,
                            Deadline deadline) {
  if (load_error) return fail(*load_error);
  std::optional<Result<Value>> answer;
  auto done = [&answer](std::exception_ptr error, Result<Value> result) {
    if (error) std::rethrow_exception(error);
    answer.emplace(std::move(result));
  };
  boost::asio::co_spawn(io, session->call(entry, std::move(arguments), deadline), done);
  io.restart();
  while (!answer && io.run_one_for(std::chrono::seconds(30)) > 0) {
  }
  if (!answer) return fail("TEST_HUNG", Fatality::fatal, "nothing happened for 30 seconds");
  return std::move(*answer);
}

Result<Value> HostRun::main(Value argument) {
  std::vector<script::Argument> arguments;
  arguments.push_back({std::move(argument)});
  return call("Main", std::move(arguments));
}

Result<Value> run_lua(const std::string& lua, Value argument) {
  HostRun run(HostRun::body(lua));
  return run.main(std::move(argument));
}

std::string error_of(const std::string& lua, Value argument) {
  const auto result = run_lua(lua, std::move(argument));
  return result ? "" : std::string(result.error().code());
}

}  // namespace gvm::host
