// `genvm-modules llm-check`: calls one model as production would, and explains what is wrong when
// no usable answer comes.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>

#include "apps/front/commands.h"
#include "apps/front/tries.h"
#include "apps/process.h"
#include "apps/version.h"
#include "config/load.h"
#include "provider/check.h"

namespace gvm::apps {
namespace {

namespace asio = boost::asio;

struct Options {
  std::string config;
  std::string backend;
  std::string host;
  std::string model;
  std::string provider;
  std::string key;
  std::string base_path;
  double timeout = 30;
  bool json = false;
  bool image = false;
};

config::BackendConfig backend_of(const Options& options) {
  auto made = provider::single_model_backend(options.host, options.provider, options.model,
                                             Secret(options.key));
  config::BackendConfig backend = std::move(made).value();  // the parser knows the providers' names
  auto& model = backend.models.front();
  model.supports_json = options.json;
  model.supports_image = options.image;
  if (!options.base_path.empty()) model.base_path = options.base_path;
  model.timeouts.total = std::chrono::milliseconds(static_cast<long>(options.timeout * 1000));
  return backend;
}

int failed(const std::string& sentence) {
  std::fprintf(stderr, "llm-check: %s\n", sentence.c_str());
  return static_cast<int>(provider::CheckOutcome::other);
}

// The backend as the module would use it, with only the model that is checked.
std::optional<config::BackendConfig> configured_backend(const Options& options) {
  const auto environment = config::Environment::of_process(kVersion);
  auto loaded = config::load_llm(options.config, environment, {config::EmptyBackends::allow});
  if (!loaded) {
    std::fputs(config::to_string(loaded.error()).c_str(), stderr);
    return std::nullopt;
  }
  for (const auto& warning : loaded->warnings) std::fprintf(stderr, "%s\n", warning.c_str());
  const auto* backend = loaded->config.find_backend(options.backend);
  const auto* model = backend == nullptr ? nullptr : backend->find_model(options.model);
  if (model == nullptr) return std::nullopt;
  config::BackendConfig chosen = *backend;
  chosen.models = {*model};
  return chosen;
}

void print_answer(const std::string& what, const provider::CheckReport& report) {
  std::string tried;
  for (const auto& each : report.tried) tried += (tried.empty() ? "" : ", ") + each;
  std::printf("ok: %s answers (%s)", what.c_str(), tried.c_str());
  if (report.usage.input && report.usage.output) {
    std::printf(" (%llu tokens in, %llu out)", static_cast<unsigned long long>(*report.usage.input),
                static_cast<unsigned long long>(*report.usage.output));
  }
  std::printf("\n");
}

int check(Options& options) {
  if (options.key.starts_with("env:")) {
    const char* value = std::getenv(options.key.c_str() + 4);
    options.key = value == nullptr ? "" : value;
  }
  auto backend =
      options.config.empty() ? std::optional(backend_of(options)) : configured_backend(options);
  if (!backend)
    return failed("the configuration has no usable backend \"" + options.backend +
                  "\" with a model \"" + options.model + "\"");
  const std::string what = options.model + " at " + backend->name;
  asio::io_context context(1);
  net::HttpClient http(context, {});
  provider::CheckReport report;
  asio::co_spawn(
      context, provider::check_model(http, std::move(*backend)),
      [&report](std::exception_ptr, provider::CheckReport done) { report = std::move(done); });
  context.run();
  std::printf("POST %s\n", report.url.c_str());
  if (report.outcome == provider::CheckOutcome::works) {
    print_answer(what, report);
  } else {
    std::fprintf(stderr, "llm-check: %s\n", report.sentence.c_str());
  }
  for (const auto& line : report.lines)
    std::printf("write for this model in the configuration: %s\n", line.c_str());
  return static_cast<int>(report.outcome);
}

}  // namespace

int try_configured_model(const std::string& file, const std::string& backend,
                         const std::string& model) {
  hide_from_core_dumps();
  Options options;
  options.config = file;
  options.backend = backend;
  options.model = model;
  return check(options);
}

Command add_llm_check(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("llm-check",
                                     "ask a model as the module would, say why it does not answer");
  command->add_option("--config", options->config,
                      "take host, key and the model's settings from this configuration");
  command->add_option("--backend", options->backend, "with --config: the backend's name");
  command->add_option("--host", options->host, "base URL, e.g. https://api.openai.com");
  command->add_option("--model", options->model, "the model's name")->required();
  command
      ->add_option("--provider", options->provider,
                   "openai-compatible, ollama, anthropic or google")
      ->check(CLI::IsMember({"openai-compatible", "ollama", "anthropic", "google"}));
  command->add_option("--key", options->key,
                      "the key, or env:NAME to take it from the environment (not seen in ps)");
  command->add_option("--timeout", options->timeout, "seconds, default 30")
      ->check(CLI::Range(0.1, 3600.0));
  command->add_option("--base-path", options->base_path,
                      "in place of the provider's /v1, /v1beta or /api");
  command->add_flag("--json", options->json, "try JSON mode, too");
  command->add_flag("--image", options->image, "show it a picture, too");
  command->callback([options] {
    const bool by_hand = !options->host.empty() && !options->provider.empty();
    const bool by_file = !options->config.empty() && !options->backend.empty();
    if (by_hand == by_file)
      throw CLI::RequiredError("--host and --provider, or --config and --backend");
  });
  command->footer(
      "Exit code: 0 works, 10 wrong key, 11 wrong model, 12 wrong URL, 13 TLS trouble, 14 "
      "unhelpful answer, "
      "15 overloaded, 16 timed out, 17 other.");
  return [options] {
    hide_from_core_dumps();
    return check(*options);
  };
}

}  // namespace gvm::apps
