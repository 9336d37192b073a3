#include "web/functions.h"

#include <algorithm>

#include "base/null_fields.h"
#include "guarded/functions.h"
#include "host/arguments.h"
#include "script/codes.h"
#include "web/page_request.h"
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

// `services` is null while the script's top level runs.
Result<WebServices*> services_of(script::Session& session, std::string_view function) {
  auto* services = dynamic_cast<WebServices*>(&session.services());
  if (services == nullptr) {
    return fail(codes::kScriptCannotWait, Fatality::fatal,
                std::string(function) + " is not possible at the script's top level");
  }
  return services;
}

asio::awaitable<Result<Value>> get_webdriver_session(script::Session& session, Args) {
  auto services = services_of(session, "web.rs.get_webdriver_session");
  if (!services) co_return fail(std::move(services).error());
  auto leasing = (*services)->pages().driver_session(session.deadline());
  Result<std::string> id = co_await std::move(leasing);
  if (!id) co_return fail(std::move(id).error());
  co_return Value::string(std::move(*id));
}

Value page_value(browser::RenderResult page) {
  const bool image = page.mode == browser::RenderMode::screenshot;
  Value content =
      image ? Value::bytes(std::move(page.content)) : Value::string(std::move(page.content));
  const bool jpeg = page.format == browser::PictureFormat::jpeg;
  Value table =
      Value::fields(image ? "image" : "text", std::move(content), "url",
                    Value::string(std::move(page.url)), "status", Value::integer(page.status));
  if (image) table.as_map()->set("format", Value::string(jpeg ? "jpeg" : "png"));
  if (page.unsettled) table.as_map()->set("unsettled", Value::boolean(true));
  return table;
}

asio::awaitable<Result<Value>> render(script::Session& session, Args args) {
  auto services = services_of(session, "web.rs.render");
  if (!services) co_return fail(std::move(services).error());
  const Value given = args.size() > 1 ? std::move(args[1]) : Value::null();
  auto request = read_page_request("web.rs.render", given, (*services)->pages().preset());
  if (!request) co_return fail(std::move(request).error());
  auto url = url::parse(request->what.url);
  if (!url) co_return fail(std::move(url).error());
  const auto decision = (*services)->rules().judge(*url);
  if (!decision.allowed) co_return fail(decision.error(*url));
  request->what.url = std::string(url->href());
  auto rendering = (*services)->pages().render(std::move(*request), session.deadline());
  Result<browser::RenderResult> page = co_await std::move(rendering);
  if (!page) co_return fail(std::move(page).error());
  co_return page_value(std::move(*page));
}

Value texts(const std::vector<std::string>& list) {
  Value::Array values;
  for (const auto& text : list) values.push_back(Value::string(text));
  return Value::array(std::move(values));
}

Value config_value(const config::WebConfig& config) {
  using Seconds = std::chrono::duration<double>;
  Value table = Value::fields("webdriver_host", Value::string(driver_url(config)), "extra_tld",
                              texts(config.extra_tld), "always_allow_hosts",
                              texts(config.always_allow_hosts), "max_wait_after_loaded",
                              Value::real(Seconds(config.max_wait_after_loaded).count()));
  if (!config.common.meta.is_null()) table.as_map()->set("meta", config.common.meta);
  drop_null_fields(table);
  return table;
}

// A set: scripts index it by a top-level domain, and iterate it.
Value tld_set(const policy::TldList* own, const std::vector<std::string>& extra) {
  std::vector<Value::Map::Entry> entries;
  const auto add = [&entries](std::string_view tld) {
    entries.emplace_back(Blob(std::string(tld)), Value::boolean(true));
  };
  if (own != nullptr)
    std::ranges::for_each(own->labels(), add);
  else
    std::ranges::for_each(policy::public_tlds(), add);
  Value::Map set = Value::Map::from_entries(std::move(entries));
  for (const auto& tld : extra)
    set.set(tld.starts_with('.') ? tld.substr(1) : tld, Value::boolean(true));
  return Value::map(std::move(set));
}

}  // namespace

std::string driver_url(const config::WebConfig& config) {
  return config.webdriver_host.empty() ? std::string(kOwnDriverUrl) : config.webdriver_host;
}

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
  table.functions.push_back(
      {kLibrary, "get_webdriver_session", "fun(ctx: table): string",
       "The id of a WebDriver session that is this session's until it ends; the same on each call. "
       "Requests to `web.rs.config.webdriver_host .. \"/session/\" .. id` reach it. Error: "
       "CREATING_SESSION (fatal).",
       script::HostFunction::Async(get_webdriver_session)});
  table.functions.push_back(
      {kLibrary, "render",
       "fun(ctx: table, page: {url: string, mode: \"text\"|\"html\"|\"screenshot\", "
       "wait_after_loaded: number|nil, wait_for_selector: string|nil, quiet_dom: number|nil, "
       "full_page: boolean|nil, size_limit: integer|nil, engine: "
       "\"auto\"|\"browser\"|\"http\"|nil, unsettled: \"answer\"|\"fail\"|nil, include_invisible: "
       "boolean|nil, screenshot_format: \"png\"|\"jpeg\"|nil, screenshot_too_large: "
       "\"refuse\"|\"scale\"|nil}): {text: string|nil, image: string|nil, format: string|nil, url: "
       "string, status: integer, unsettled: boolean|nil}",
       "One page, as a browser shows it: `text` for the modes text and html, `image` (of the "
       "`format` png or jpeg) for a screenshot; `url` is where redirects led. Times are in "
       "seconds, "
       "`size_limit` in bytes; `quiet_dom` waits until the page has not changed for so long. "
       "`unsettled` is true when the page never rested and was read as it was. What is not given "
       "is "
       "as the section `browser` of the configuration says (docs/rendering.md). Errors, not fatal: "
       "WEBPAGE_LOAD_FAILED (ctx: url, status, body, reason), TOO_LARGE and those of judge_url; "
       "fatal: CREATING_SESSION, BROWSER_COMMAND, DEADLINE_EXCEEDED.",
       script::HostFunction::Async(render)});
  guarded::add_guard_function(table, kLibrary, guard::Stage::page, [](script::Session& session) {
    auto* services = dynamic_cast<WebServices*>(&session.services());
    return services == nullptr ? std::shared_ptr<guarded::SessionGuards>() : services->guards();
  });
  table.constants.push_back({kLibrary, "config", "WebConfig",
                             "The configuration's webdriver_host, extra_tld, always_allow_hosts, "
                             "max_wait_after_loaded (seconds) and meta.",
                             config_value(config)});
  table.constants.push_back({kLibrary, "allowed_tld", "table<string, boolean>",
                             "The top-level domains contracts may visit, extra_tld included, in "
                             "Punycode and without dots.",
                             tld_set(config.policy.tlds.get(), config.extra_tld)});
}

}  // namespace gvm::web
