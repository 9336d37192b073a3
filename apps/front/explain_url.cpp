// `genvm-modules explain-url URL --config F`: shows step by step what the web module would do with
// a URL, and which rule decides. Sends nothing unless --dns is given.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "apps/front/commands.h"
#include "apps/version.h"
#include "config/load.h"
#include "net/resolver.h"
#include "policy/url_rules.h"
#include "web/network_of_config.h"

namespace gvm::apps {
namespace {

namespace asio = boost::asio;

enum class Dns { do_not_ask, ask };

struct Plan {
  std::string url;
  std::string config;
  std::vector<std::string> addresses;  // used in place of a DNS answer
  Dns dns = Dns::do_not_ask;
};

void say(const char* step, const std::string& text) {
  std::printf("%-20s %s\n", step, text.c_str());
}

int conclude(bool allowed, const std::string& rule) {
  std::printf("\n%s: %s\n", allowed ? "allowed" : "refused", rule.c_str());
  return allowed ? kExitOk : kExitFailure;
}

std::string default_config() {
  return config::Environment::of_process(kVersion).exe_dir + "/../config/genvm-module-web.yaml";
}

std::optional<config::WebConfig> load(const std::string& file) {
  auto loaded = config::load_web(file, config::Environment::of_process(kVersion));
  if (loaded) return std::move(loaded->config);
  for (const auto& diagnostic : loaded.error())
    std::fprintf(stderr, "%s\n", diagnostic.to_string().c_str());
  return std::nullopt;
}

Result<std::vector<std::string>> resolve(const config::WebConfig& config, const std::string& name) {
  asio::io_context context(1);
  net::CaresResolver resolver(context, web::resolver_options_of(config));
  std::optional<Result<net::Addresses>> answer;
  asio::co_spawn(context, resolver.resolve(name, Deadline::in(config.policy.resolve_timeout)),
                 [&](std::exception_ptr, Result<net::Addresses> found) {
                   answer = std::move(found);
                   context.stop();
                 });
  context.run();
  if (!*answer) return fail(answer->error());
  std::vector<std::string> out;
  for (const auto& address : **answer) out.push_back(address.to_string());
  return out;
}

// Prints every address with its verdict; returns how many may be dialled.
std::optional<std::size_t> judge_addresses(const std::vector<std::string>& texts,
                                           const policy::AddressRules& rules, std::uint16_t port) {
  std::size_t usable = 0;
  for (const auto& text : texts) {
    const auto address = policy::IpAddress::parse(text);
    if (!address) {
      std::fprintf(stderr, "\"%s\" is no IP address\n", text.c_str());
      return std::nullopt;
    }
    const auto decision = rules.judge(*address, port);
    usable += decision.allowed ? 1 : 0;
    say("address",
        text + (decision.allowed ? " passes: " : " is refused: ") + decision.to_string());
  }
  return usable;
}

std::string way_of(const web::Routes& routes, const url::Url& url) {
  const auto& route = routes.of(url);
  std::string out;
  for (const auto way : route.via) {
    if (!out.empty()) out += ", ";
    if (way == web::Route::kDirect) {
      out += "direct";
    } else {
      const auto& proxy = routes.proxy(way);
      out += "proxy " + proxy.name + (proxy.proxy.filters ? " by name" : " by address");
    }
  }
  if (!route.source.empty()) out += ", from " + route.source;
  return out;
}

int explain_addresses(const Plan& plan, const config::WebConfig& config,
                      const policy::UrlRules& rules, const url::Url& url) {
  const auto name = policy::dns_name(url);
  auto texts = plan.addresses;
  if (name.empty()) return conclude(true, "its address passes every rule");
  if (texts.empty() && plan.dns == Dns::ask) {
    auto found = resolve(config, name);
    if (!found) return conclude(false, "its name: " + found.error().to_string());
    texts = std::move(*found);
  }
  if (texts.empty()) {
    say("addresses", "not asked for: --dns asks the name service, --resolve A,B takes yours");
    return conclude(true,
                    "its text passes every rule; its addresses are judged when it is asked for");
  }
  const auto usable = judge_addresses(texts, rules.addresses(), url.effective_port().value_or(0));
  if (!usable) return kExitUsage;
  if (*usable == 0) return conclude(false, "no address of its name passes");
  return conclude(true, "only the addresses that pass are dialled");
}

int explain(const Plan& plan) {
  const auto config = load(plan.config);
  if (!config) return kExitUsage;
  auto network = web::network_of(*config, log::Logger());
  if (!network) {
    std::fprintf(stderr, "%s\n", network.error().to_string().c_str());
    return kExitUsage;
  }
  const policy::UrlRules& rules = *network->rules;
  const auto url = url::parse(plan.url);
  if (!url) return conclude(false, url.error().to_string());
  say("URL", url->without_credentials());
  for (const auto& step : rules.explain(*url))
    say(std::string(name_of(step.rule)).c_str(), step.text);
  const auto decision = rules.judge(*url);
  if (!decision.allowed)
    return conclude(false,
                    std::string(name_of(decision.rule)) + " (" + std::string(decision.code) + ")");
  say("way", way_of(network->routes, *url));
  if (decision.trusted) return conclude(true, "always_allow_hosts: no further check");
  return explain_addresses(plan, *config, rules, *url);
}

}  // namespace

Command add_explain_url(CLI::App& app) {
  auto plan = std::make_shared<Plan>();
  auto ask = std::make_shared<bool>(false);
  auto* command = app.add_subcommand(
      "explain-url", "say what the web module would do with a URL, and which rule decides");
  command->add_option("url", plan->url, "the URL")->required();
  command->add_option("--config", plan->config,
                      "the YAML file; default ${exeDir}/../config/genvm-module-web.yaml");
  command->add_option("--resolve", plan->addresses, "judge these addresses in place of the name's")
      ->delimiter(',');
  command->add_flag("--dns", *ask, "ask the name service");
  return [plan, ask] {
    if (plan->config.empty()) plan->config = default_config();
    if (*ask) plan->dns = Dns::ask;
    return explain(*plan);
  };
}

}  // namespace gvm::apps
