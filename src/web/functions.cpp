#include "web/functions.h"

#include "base/error_codes.h"
#include "host/arguments.h"
#include "host/null_fields.h"
#include "web/services.h"

namespace gvm::web {
namespace {

constexpr std::string_view kLibrary = "web.rs";

using Args = script::HostFunction::Args;

// True: the host is in always_allow_hosts.
Result<Value> judge_url(const policy::UrlRules& rules, Args& args) {
  const auto text = host::Arguments("web.rs.judge_url", args).bytes(0, "url");
  if (!text) return fail(text.error());
  auto url = url::parse(*text);
  if (!url) return fail(std::move(url).error());
  const auto decision = rules.judge(*url);
  if (!decision.allowed) return fail(decision.error(*url));
  return Value::boolean(decision.trusted);
}

Value texts(const std::vector<std::string>& list) {
  Value::Array values;
  for (const auto& text : list) values.push_back(Value::string(text));
  return Value::array(std::move(values));
}

Value config_value(const config::WebConfig& config) {
  using Seconds = std::chrono::duration<double>;
  Value table = Value::fields(
      "webdriver_host",
      Value::string(config.webdriver_host.empty() ? std::string(kOwnDriverUrl)
                                                  : config.webdriver_host),
      "extra_tld", texts(config.extra_tld), "always_allow_hosts", texts(config.always_allow_hosts),
      "max_wait_after_loaded", Value::real(Seconds(config.max_wait_after_loaded).count()));
  if (!config.common.meta.is_null()) table.as_map()->set("meta", config.common.meta);
  host::drop_null_fields(table);
  return table;
}

// A set: scripts index it by a top-level domain, and iterate it.
Value tld_set(const std::vector<std::string>& extra) {
  std::vector<Value::Map::Entry> entries;
  for (const auto tld : policy::public_tlds())
    entries.emplace_back(Blob(std::string(tld)), Value::boolean(true));
  Value::Map set = Value::Map::from_entries(std::move(entries));
  for (const auto& tld : extra)
    set.set(tld.starts_with('.') ? tld.substr(1) : tld, Value::boolean(true));
  return Value::map(std::move(set));
}

}  // namespace

void add_web_functions(script::HostTable& table, const config::WebConfig& config,
                       std::shared_ptr<const policy::UrlRules> rules) {
  table.functions.push_back(
      {kLibrary, "judge_url", "fun(url: string): boolean",
       "What the policy says of a URL before any packet leaves: true when its host is in "
       "always_allow_hosts, false when it passes the other rules. Raises (not fatal) "
       "MALFORMED_URL, SCHEMA_FORBIDDEN, PORT_FORBIDDEN, TLD_FORBIDDEN, ADDRESS_FORBIDDEN, "
       "URL_FORBIDDEN.",
       script::HostFunction::Sync([rules = std::move(rules)](script::Session&, Args& args) {
         return judge_url(*rules, args);
       })});
  table.constants.push_back({kLibrary, "config", "WebConfig",
                             "The configuration's webdriver_host, extra_tld, always_allow_hosts, "
                             "max_wait_after_loaded (seconds) and meta.",
                             config_value(config)});
  table.constants.push_back({kLibrary, "allowed_tld", "table<string, boolean>",
                             "The top-level domains contracts may visit, extra_tld included, in "
                             "Punycode and without dots.",
                             tld_set(config.extra_tld)});
}

}  // namespace gvm::web
