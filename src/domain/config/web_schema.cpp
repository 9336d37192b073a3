// The rows of the web module alone, and its load.
#include "base/error_detail.h"
#include "base/json.h"
#include "config/audit_schema.h"
#include "config/guards_schema.h"
#include "config/load.h"
#include "config/load_impl.h"
#include "config/scalar.h"
#include "config/schema.h"
#include "config/web_checks.h"
#include "text/json.h"
#include "url/url.h"

namespace gvm::config {

namespace {

constexpr double kHourMs = 3'600'000;

// Operators' files write the object with or without its outer braces.
std::string with_braces(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  const bool braced = first != std::string::npos && text[first] == '{';
  return braced ? text : "{" + text + "}";
}

void check_render_service(const Node& node, Context& context, const WebConfig& c) {
  const auto& own = c.render_service.bind_address;
  if (own.starts_with("fd://"))
    context.error(node.find("render_service")->value->mark, "render_service.bind_address",
                  "got fd://, expected host:port or unix:///path");
  const auto& browsers = c.render_service.webdriver_host;
  if (browsers.empty()) return;
  const auto& mark = node.find("render_service")->value->mark;
  if (own.empty())
    context.error(mark, "render_service.webdriver_host",
                  "expected render_service.bind_address too");
  if (leads_to(browsers, own))
    context.error(mark, "render_service.webdriver_host",
                  "leads to the rendering service itself, expected a W3C WebDriver");
}

void check_moderators(const Node& node, Context& context, const WebConfig& c) {
  for (const auto& moderator : c.guards.moderators)
    if (!moderator.backend.empty())
      context.error(node.find("guards")->mark, "guards.moderators." + moderator.name,
                    "the web module has no backends: expected `url`");
}

void check_web(const Node& node, const std::string&, Context& context, WebConfig& c) {
  check_moderators(node, context, c);
  check_hosts(node, context, c);
  check_routes(node, context, c);
  check_render_service(node, context, c);
  const auto* entry = node.find("session_create_request");
  if (entry == nullptr || entry->value->kind != Node::Kind::scalar) return;
  auto text = with_braces(c.session_create_request);
  const auto parsed = text::parse_json(text);
  if (parsed) {
    c.session_create_request = std::move(text);
    return;
  }
  context.error(
      entry->value->mark, entry->key,
      "got no valid JSON (" + std::string(detail_of(parsed.error())) + "), expected a JSON object");
}

const Section& render_service_section() {
  using C = RenderServiceConfig;
  static const Section section =
      SectionBuilder<C>(
          "the rendering service",
          "The web module also answers GET /render; see [rendering.md](rendering.md).")
          .leaf(
              &C::bind_address,
              {.name = "bind_address",
               .doc = "host:port or unix:///path where it is offered, e.g. 127.0.0.1:4444; absent: "
                      "it is not",
               .origin = Origin::ours,
               .format = Format::bind_address})
          .leaf(&C::webdriver_host,
                {.name = "webdriver_host",
                 .doc = "A W3C WebDriver (a standalone server or a grid) with the browsers of the "
                        "service. Absent: those of the sessions where these are the module's own, "
                        "else browsers of its own",
                 .origin = Origin::ours,
                 .format = Format::url})
          .build();
  return section;
}

}  // namespace

const Section& web_section() {
  using C = WebConfig;
  static const Section section =
      SectionBuilder<C>("the web module", "Settings of the web module alone.")
          .inlined(&C::common, common_section(ModuleKind::web))
          .inlined(&C::operation, operation_section())
          .leaf(&C::webdriver_host,
                {.name = "webdriver_host",
                 .doc = "A W3C WebDriver (a standalone server or a grid) or GenLayer's rendering "
                        "service; which one is found out. Absent: the module runs browsers of its "
                        "own",
                 .format = Format::url})
          .leaf(&C::session_create_request,
                {.name = "session_create_request",
                 .doc = "Body of the request that opens a session at a WebDriver, as JSON text",
                 .format = Format::json_object})
          .leaf(&C::extra_tld,
                {.name = "extra_tld", .doc = "Top-level domains allowed beside the public ones"})
          .leaf(&C::always_allow_hosts,
                {.name = "always_allow_hosts",
                 .doc = "Hosts without a check of port, top-level domain or address"})
          .leaf(&C::max_wait_after_loaded,
                {.name = "max_wait_after_loaded",
                 .doc = "Longest wait after a page has loaded; longer ones are cut to it",
                 .range = {0, kHourMs}})
          .section(&C::policy, policy_section(),
                   {.name = "policy",
                    .doc = "Which URLs and addresses may be asked for",
                    .origin = Origin::ours})
          .named(&C::proxies, proxy_section(),
                 {.name = "proxies",
                  .doc = "Proxies by a name of your choice",
                  .origin = Origin::ours})
          .list(&C::routes, route_section(),
                {.name = "routes",
                 .doc = "By which way requests leave; the first that matches decides",
                 .origin = Origin::ours})
          .section(&C::browser, browser_section(),
                   {.name = "browser", .doc = "How pages are rendered", .origin = Origin::ours})
          .section(&C::render_service, render_service_section(),
                   {.name = "render_service",
                    .doc = "GenLayer's rendering service, offered to other modules",
                    .origin = Origin::ours})
          .section(&C::guards, guards_section(),
                   {.name = "guards", .doc = "What pages may hold", .origin = Origin::ours})
          .section(&C::audit, audit_section(ModuleKind::web),
                   {.name = "audit",
                    .doc = "A record of every page and request of contracts",
                    .origin = Origin::ours})
          .check(check_web)
          .build();
  return section;
}

Loaded<WebConfig> load_web_document(Document document, const std::string& file,
                                    const Environment& env, LoadOptions options) {
  return load_document<WebConfig>(std::move(document), file, env, web_section(),
                                  unknown_keys_of(options.strictness),
                                  [](const Node&, Context&, WebConfig&) {});
}

Loaded<WebConfig> load_web(const std::string& path, const Environment& env, LoadOptions options) {
  return load_web_document(read_document(path), path, env, options);
}

Loaded<WebConfig> load_web_text(std::string_view text, const std::string& file,
                                const Environment& env, LoadOptions options) {
  return load_web_document(parse_document(text, file), file, env, options);
}

}  // namespace gvm::config
