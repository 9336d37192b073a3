// `genvm-modules llm-check`: asks one model for "ok" and says why not when it does not come.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "apps/front/commands.h"
#include "apps/process.h"
#include "provider/check.h"

namespace gvm::apps {
namespace {

namespace asio = boost::asio;

struct Options {
  std::string host;
  std::string model;
  std::string provider;
  std::string key;
  double timeout = 30;
};

constexpr std::pair<const char*, config::Provider> kProviders[] = {
    {"openai-compatible", config::Provider::openai_compatible},
    {"ollama", config::Provider::ollama},
    {"anthropic", config::Provider::anthropic},
    {"google", config::Provider::google}};

config::BackendConfig backend_of(const Options& options) {
  config::BackendConfig backend;
  backend.name = options.host;
  backend.host = options.host;
  while (backend.host.ends_with('/')) backend.host.pop_back();
  for (const auto& [name, provider] : kProviders) {
    if (options.provider == name) backend.provider_setting = provider;
  }
  backend.key = Secret(options.key);
  backend.auth.style = config::AuthStyle::bearer;
  if (backend.provider() == config::Provider::anthropic)
    backend.auth = {config::AuthStyle::header, "x-api-key"};
  if (backend.provider() == config::Provider::google)
    backend.auth = {config::AuthStyle::header, "x-goog-api-key"};
  config::ModelConfig model;
  model.name = options.model;
  model.timeouts.total = std::chrono::milliseconds(static_cast<long>(options.timeout * 1000));
  backend.models.push_back(std::move(model));
  return backend;
}

int check(Options& options) {
  if (options.key.starts_with("env:")) {
    const char* value = std::getenv(options.key.c_str() + 4);
    options.key = value == nullptr ? "" : value;
  }
  asio::io_context context(1);
  net::HttpClient http(context, {});
  provider::CheckReport report;
  auto backend = backend_of(options);
  asio::co_spawn(
      context, provider::check_model(http, std::move(backend)),
      [&report](std::exception_ptr, provider::CheckReport done) { report = std::move(done); });
  context.run();
  if (report.outcome == provider::CheckOutcome::works) {
    std::printf("ok: %s at %s answers", options.model.c_str(), options.host.c_str());
    if (report.usage.input && report.usage.output) {
      std::printf(" (%llu tokens in, %llu out)",
                  static_cast<unsigned long long>(*report.usage.input),
                  static_cast<unsigned long long>(*report.usage.output));
    }
    std::printf("\n");
  } else {
    std::fprintf(stderr, "llm-check: %s\n", report.sentence.c_str());
  }
  return static_cast<int>(report.outcome);
}

}  // namespace

Command add_llm_check(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto* command =
      app.add_subcommand("llm-check", "ask a model for \"ok\", say why it does not come");
  command->add_option("--host", options->host, "base URL, e.g. https://api.openai.com")->required();
  command->add_option("--model", options->model, "the model's name")->required();
  command
      ->add_option("--provider", options->provider,
                   "openai-compatible, ollama, anthropic or google")
      ->required()
      ->check(CLI::IsMember({"openai-compatible", "ollama", "anthropic", "google"}));
  command->add_option("--key", options->key,
                      "the key, or env:NAME to take it from the environment (not seen in ps)");
  command->add_option("--timeout", options->timeout, "seconds, default 30")
      ->check(CLI::Range(0.1, 3600.0));
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
