// `genvm-modules call`: sends a request to a module as a GenVM does, and shows the answer.
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "apps/front/call_runner.h"
#include "apps/front/call_web.h"
#include "apps/front/commands.h"
#include "apps/front/input.h"
#include "calldata/tagged.h"
#include "text/json.h"

namespace gvm::apps {
namespace {

struct Options {
  CallPlan plan;
  std::string text;
  bool json = false;
  std::vector<std::string> images;
  std::string template_name;
  std::string leader, validator, principle, task, criteria, input, output;
  std::string raw;
  bool tagged = false;
  std::string fuel = "1000000000000000000";
};

int complain(const std::string& what) {
  std::fprintf(stderr, "call: %s\n", what.c_str());
  return kExitUsage;
}

Value request(const char* variant, Value payload, const Options& options) {
  Value fuel = Value::integer(Integer::parse(options.fuel).value_or(Integer(0)));
  return Value::fields(variant, Value::fields("payload", std::move(payload),
                                              "remaining_fuel_as_gen", std::move(fuel)));
}

int run_prompt(Options& options) {
  Value::Array images;
  for (const auto& path : options.images) {
    auto bytes = read_file(path);
    if (!bytes) return complain(bytes.error());
    images.push_back(Value::bytes(std::move(*bytes)));
  }
  auto text = text_or_file(options.text);
  if (!text) return complain(text.error());
  Value payload =
      Value::fields("response_format", Value::string(options.json ? "json" : "text"), "prompt",
                    Value::string(std::move(*text)), "images", Value::array(std::move(images)));
  return run_call(options.plan, request("Prompt", std::move(payload), options));
}

int run_template(const Options& options) {
  Value::Map payload;
  payload.set("template", Value::string(options.template_name));
  const std::pair<const char*, const std::string*> slots[] = {
      {"leader_answer", &options.leader}, {"validator_answer", &options.validator},
      {"principle", &options.principle},  {"task", &options.task},
      {"criteria", &options.criteria},    {"input", &options.input},
      {"output", &options.output}};
  for (const auto& [name, text] : slots) {
    if (!text->empty()) payload.set(name, Value::string(*text));
  }
  return run_call(options.plan, request("PromptTemplate", Value::map(std::move(payload)), options));
}

int run_raw(const Options& options) {
  auto text = text_or_file(options.raw);
  if (!text) return complain(text.error());
  auto value = text::parse_json(*text);
  if (value && options.tagged) value = calldata::from_tagged(*value);
  if (!value) return complain(value.error().to_string());
  return run_call(options.plan, std::move(*value));
}

void add_common(CLI::App* command, Options& options) {
  command->add_option("--fuel", options.fuel, "remaining_fuel_as_gen, default 10^18");
}

}  // namespace

Command add_call(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* call = app.add_subcommand("call", "send one request to a running module, as a GenVM does");
  auto& plan = options->plan;
  call->add_option("url", plan.url,
                   "ws://host:port, tcp://host:port, wss://host:port, tls://host:port, "
                   "unix:///path or ws+unix:///path")
      ->required();
  call->add_option("--timeout", plan.timeout_seconds, "seconds for each reply, default 300")
      ->check(CLI::Range(0.1, 86400.0));
  call->add_option("--repeat", plan.repeat, "requests to send in all, default 1")
      ->check(CLI::Range(1, 10'000'000));
  call->add_option("--concurrency", plan.concurrency, "sessions at the same time, default 1")
      ->check(CLI::Range(1, 1024));
  call->add_option("--generation", plan.generation, "of GenVM that is spoken: a, b or c, default a")
      ->check(CLI::IsMember({"a", "b", "c"}));
  call->add_option("--host-data", plan.host_data, "JSON object merged into the hello's host_data");
  call->add_option(
      "--token", plan.token,
      "a token of the module's serve.peers, or env:NAME to take it from the environment "
      "(not seen in ps)");
  call->add_option("--ca", plan.trust.ca_file,
                   "for wss and tls: PEM file of the authorities that are trusted, in place of the "
                   "system's");
  auto* certificate = call->add_option("--certificate", plan.trust.certificate_file,
                                       "for wss and tls: PEM file of the certificate to show");
  auto* key = call->add_option("--key", plan.trust.key_file, "PEM file of its private key");
  certificate->needs(key);
  key->needs(certificate);
  call->require_subcommand(1);
  call->footer("Exit code: 0 Ok, 2 UserError, 3 FatalError, 4 no connection, 64 wrong usage.");

  auto* prompt = call->add_subcommand("prompt", "a prompt");
  prompt->add_option("text", options->text, "the prompt, @FILE or - for standard input")
      ->required();
  prompt->add_flag("--json", options->json, "ask for a JSON object");
  prompt->add_option("--image", options->images, "a PNG or JPEG file; up to twice");
  add_common(prompt, *options);

  auto* judge = call->add_subcommand(
      "template", "EqComparative, EqNonComparativeLeader or EqNonComparativeValidator");
  judge->add_option("name", options->template_name, "the template")->required();
  judge->add_option("--leader", options->leader, "leader_answer");
  judge->add_option("--validator", options->validator, "validator_answer");
  judge->add_option("--principle", options->principle, "principle");
  judge->add_option("--task", options->task, "task");
  judge->add_option("--criteria", options->criteria, "criteria");
  judge->add_option("--input", options->input, "input");
  judge->add_option("--output", options->output, "output");
  add_common(judge, *options);

  auto* raw = call->add_subcommand("raw", "any request, given as JSON");
  raw->add_option("json", options->raw, "the JSON, @FILE or - for standard input")->required();
  raw->add_flag("--tagged", options->tagged,
                "the JSON is in the tagged form: {\"i\":\"1\"}, {\"b\":\"hex\"}, ...");

  const WebCall request = add_call_request(*call, plan);
  const WebCall render = add_call_render(*call, plan);

  return [options, prompt, judge, request, render] {
    if (request.command->parsed()) return request.run();
    if (render.command->parsed()) return render.run();
    if (prompt->parsed()) return run_prompt(*options);
    if (judge->parsed()) return run_template(*options);
    return run_raw(*options);
  };
}

}  // namespace gvm::apps
