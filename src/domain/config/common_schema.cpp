// The configuration keys that both modules share.
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "base/ascii.h"
#include "config/admin_checks.h"
#include "config/choice.h"
#include "config/peers_schema.h"
#include "config/scalar.h"
#include "config/schema.h"
#include "config/templating.h"
#include "config/tls_schema.h"
#include "config/traces_schema.h"
#include "url/url.h"

namespace gvm::config {

namespace {

constexpr double kSecond = 1000;  // durations are bounded in milliseconds
constexpr double kMinute = 60 * kSecond;
constexpr double kHour = 60 * kMinute;
constexpr double kDay = 24 * kHour;
constexpr Range kAnyWait{0, kDay};  // 0: no limit
constexpr Origin kOurs = Origin::ours;

// As a browser writes it in the header Origin; empty when `text` is no origin.
std::string serialized_origin(std::string_view text) {
  const auto parsed = url::parse(text);
  if (!parsed || !parsed->has_host() || parsed->host().empty()) return {};
  const std::string origin = std::string(parsed->scheme()) + "://" + std::string(parsed->host());
  // With nothing behind the host: no credentials, path, query or fragment.
  return parsed->href() == origin || parsed->href() == origin + "/" ? origin : std::string();
}

void check_serve(const Node& node, const std::string& path, Context& context, ServeConfig& c) {
  const auto* entry = node.find("allowed_origins");
  if (entry == nullptr || entry->value->items.size() != c.allowed_origins.size()) return;
  for (std::size_t i = 0; i < c.allowed_origins.size(); ++i) {
    const Node& item = *entry->value->items[i];
    std::string origin = serialized_origin(c.allowed_origins[i]);
    if (origin.empty()) {
      context.error(item.mark, fmt::format("{}.allowed_origins[{}]", path, i),
                    fmt::format("got {}, expected the origin of a web page, such as "
                                "https://example.com or http://localhost:8080",
                                describe(item)));
    }
    c.allowed_origins[i] = std::move(origin);
  }
}

const Section& serve_section() {
  using C = ServeConfig;
  static const Section section =
      SectionBuilder<C>("serve", "Connections and what they may cost.")
          .leaf(&C::max_sessions, {.name = "max_sessions",
                                   .doc = "Connections at the same time; further ones are refused",
                                   .origin = kOurs,
                                   .range = {1, 1'000'000},
                                   .unit = "connections"})
          .leaf(
              &C::max_message_bytes,
              {.name = "max_message_bytes",
               .doc =
                   "Largest message a peer may send; a larger one closes its connection with 1009",
               .origin = kOurs,
               .format = Format::bytes,
               .range = {1.0 * kKiB, 1.0 * kGiB}})
          .leaf(&C::max_requests,
                {.name = "max_requests",
                 .doc = "Requests that run at the same time, all sessions; further ones are "
                        "answered `OVERLOADED` at once. 0: no limit",
                 .origin = kOurs,
                 .range = {0, 1'000'000},
                 .unit = "requests"})
          .leaf(
              &C::max_memory,
              {.name = "max_memory",
               .doc = "Anonymous memory of the process (heap, stacks, tables); beyond it requests "
                      "are answered `OVERLOADED` and sessions refused. 0: no limit",
               .origin = kOurs,
               .format = Format::bytes,
               .range = {0, 1024.0 * kGiB}})
          .leaf(&C::max_lane_delay,
                {.name = "max_lane_delay",
                 .doc = "How much work may wait on a lane, in time; requests beyond it are "
                        "answered `OVERLOADED` at once. 0: no limit",
                 .origin = kOurs,
                 .range = {0, kMinute}})
          .leaf(&C::max_pending_requests,
                {.name = "max_pending_requests",
                 .doc = "Requests of one session read ahead of the running one",
                 .origin = kOurs,
                 .range = {1, 65'536},
                 .unit = "requests"})
          .leaf(&C::handshake_timeout, {.name = "handshake_timeout",
                                        .doc = "From connecting to the whole hello",
                                        .origin = kOurs,
                                        .range = {1, kHour}})
          .leaf(&C::idle_timeout,
                {.name = "idle_timeout",
                 .doc = "Between a reply and the next request; then the connection is closed",
                 .origin = kOurs,
                 .range = {1, 7 * kDay}})
          .leaf(&C::request_timeout, {.name = "request_timeout",
                                      .doc = "One request with everything it starts",
                                      .origin = kOurs,
                                      .range = {1, kDay}})
          .leaf(&C::shutdown_grace, {.name = "shutdown_grace",
                                     .doc = "What running requests get after SIGTERM",
                                     .origin = kOurs,
                                     .range = {0, kHour}})
          .leaf(&C::allowed_origins,
                {.name = "allowed_origins",
                 .doc = "Web pages that may open a session, as `https://host` or "
                        "`https://host:port`; a WebSocket upgrade with another Origin header is "
                        "refused with 403. Programs send no such header",
                 .origin = kOurs})
          .leaf(&C::admin_address,
                {.name = "admin_address",
                 .doc = "`host:port` or `unix:///path` where metrics and the status page are "
                        "answered, and nothing else; `bind_address` then answers sessions and a "
                        "brief `/health` only. Absent: they are answered at `bind_address`",
                 .origin = kOurs,
                 .format = Format::bind_address})
          .leaf(&C::admin_token,
                {.name = "admin_token",
                 .doc = "With it, as `Authorization: Bearer TOKEN`, metrics and the status page "
                        "are shown to other machines too; this machine needs none",
                 .origin = kOurs})
          .section(&C::peers, peers_section(),
                   {.name = "peers", .doc = "Whom the session port is for", .origin = kOurs})
          .section(&C::tls, tls_section(),
                   {.name = "tls", .doc = "TLS on the session port", .origin = kOurs})
          .check(check_serve)
          .build();
  return section;
}

void check_script(const Node& node, const std::string& path, Context& context, ScriptConfig& c) {
  check_choice(node, path, "io", context, c.io, {"on", "off"});
  if (c.cpu_slice <= c.cpu_total) return;
  const auto* entry =
      node.find("cpu_slice") != nullptr ? node.find("cpu_slice") : node.find("cpu_total");
  context.error(entry->mark, path + "." + entry->key,
                "got a cpu_slice longer than cpu_total, expected at most that");
}

const Section& script_section() {
  using C = ScriptConfig;
  static const Section section =
      SectionBuilder<C>("script", "What one session's Lua script may use.")
          .leaf(&C::memory,
                {.name = "memory",
                 .doc = "The whole Lua state of one session; exceeding it ends the session",
                 .origin = kOurs,
                 .format = Format::bytes,
                 .range = {1.0 * kMiB, 16.0 * kGiB}})
          .leaf(&C::cpu_slice, {.name = "cpu_slice",
                                .doc = "Processor time after which other sessions get their turn",
                                .origin = kOurs,
                                .range = {1, kMinute}})
          .leaf(&C::cpu_total,
                {.name = "cpu_total",
                 .doc = "Processor time of one request in Lua; exceeding it ends the session",
                 .origin = kOurs,
                 .range = {1, kHour}})
          .leaf(&C::cpu_unyielding,
                {.name = "cpu_unyielding",
                 .doc = "Processor time of one step that Lua cannot interrupt (one match of a "
                        "pattern, a metamethod that a C function calls); longer ends the session",
                 .origin = kOurs,
                 .range = {1, kMinute}})
          .leaf(&C::io, {.name = "io",
                         .doc = "`on`: scripts read files in the folders of the script, of "
                                "`lua_path` and of the configuration, and write in `data_dir`; "
                                "`off`: they have no `io`",
                         .origin = kOurs})
          .check(check_script)
          .build();
  return section;
}

Section build_http(ModuleKind kind) {
  using C = HttpConfig;
  SectionBuilder<C> table("http",
                          "The HTTP client; one connection pool a lane (a thread of `threads`).");
  if (kind == ModuleKind::web) table.inlined(&C::web, web_http_section());
  return table
      .leaf(&C::max_connections, {.name = "max_connections",
                                  .doc = "Connections of a lane",
                                  .origin = kOurs,
                                  .range = {1, 100'000},
                                  .unit = "connections"})
      .leaf(&C::max_connections_per_host, {.name = "max_connections_per_host",
                                           .doc = "Connections of a lane to one host; 0: no limit",
                                           .origin = kOurs,
                                           .range = {0, 100'000},
                                           .unit = "connections"})
      .leaf(&C::max_idle_connections, {.name = "max_idle_connections",
                                       .doc = "Unused connections of a lane kept open",
                                       .origin = kOurs,
                                       .range = {0, 100'000},
                                       .unit = "connections"})
      .leaf(&C::max_connection_age, {.name = "max_connection_age",
                                     .doc = "A connection unused for longer is not used again",
                                     .origin = kOurs,
                                     .range = {kSecond, kDay}})
      .leaf(&C::dns_cache, {.name = "dns_cache",
                            .doc = "How long an answer of the name service is kept; 0: not at all",
                            .origin = kOurs,
                            .range = kAnyWait})
      .leaf(&C::connect_timeout, {.name = "connect_timeout",
                                  .doc = "Name, TCP and TLS together",
                                  .origin = kOurs,
                                  .range = {1, kHour}})
      .leaf(&C::first_byte_timeout,
            {.name = "first_byte_timeout",
             .doc = "From the request sent to the first byte of the answer; 0: no limit",
             .origin = kOurs,
             .range = kAnyWait})
      .leaf(&C::idle_timeout, {.name = "idle_timeout",
                               .doc = "Between two bytes of an answer; 0: no limit",
                               .origin = kOurs,
                               .range = kAnyWait})
      .leaf(&C::ca_file, {.name = "ca_file",
                          .doc = "A file of further trusted certificates (PEM)",
                          .origin = kOurs})
      .leaf(&C::user_agent, {.name = "user_agent",
                             .doc = "Sent as the User-Agent header",
                             .origin = kOurs,
                             .format = Format::not_empty})
      .build();
}

const Section& http_section(ModuleKind kind) {
  static const Section llm = build_http(ModuleKind::llm);
  static const Section web = build_http(ModuleKind::web);
  return kind == ModuleKind::llm ? llm : web;
}

// Replaces a default that contains ${...}; values from the file are already expanded.
void expand_default(const Node& node, std::string_view key, Context& context, std::string& value) {
  const auto* entry = node.find(key);
  if (entry != nullptr && entry->value->kind != Node::Kind::null) return;
  value = expand(value, context.env).value_or(value);
}

void check_common(const Node& node, const std::string&, Context& context, CommonConfig& c) {
  expand_default(node, "lua_script_path", context, c.lua_script_path);
  expand_default(node, "lua_path", context, c.lua_path);
  expand_default(node, "data_dir", context, c.data_dir);
  if (!c.extra_lua_path.empty()) c.lua_path += ";" + c.extra_lua_path;
  const auto* address = node.find("bind_address");
  if (address != nullptr && address->value->kind == Node::Kind::null) c.bind_address.clear();
  check_peers_fit(node, context, c);
  check_admin(node, context, c);
  check_tls_fits(node, context, c);
  const auto* level = node.find("log_level");
  if (level != nullptr && lowered(level->value->text) == "off") c.log_disable = "*";
}

SectionBuilder<CommonConfig>& add_process(SectionBuilder<CommonConfig>& table) {
  using C = CommonConfig;
  return table
      .leaf(&C::bind_address,
            {.name = "bind_address",
             .doc = "Where the module listens: `host:port` (port 0 lets the system "
                    "choose), `unix:///path`, or `fd://N`, an inherited socket; "
                    "null: only a socket of socket activation",
             .format = Format::bind_address})
      .leaf(&C::threads, {.name = "threads",
                          .doc = "Lanes: each is one thread with its own share of the sessions",
                          .range = {1, 1024},
                          .unit = "threads",
                          .shown_default = "number of cores"})
      .leaf(&C::blocking_threads, {.name = "blocking_threads",
                                   .doc = "Threads for work that would block a lane",
                                   .range = {1, 1024},
                                   .unit = "threads"})
      .leaf(
          &C::log_level,
          {.name = "log_level",
           .doc = "Least severe level that is written; `warning` is `warn`, `off` writes nothing"})
      .leaf(&C::log_disable, {.name = "log_disable",
                              .doc = "Comma-separated globs of log sources that are silenced"})
      .leaf(&C::log_content,
            {.name = "log_content",
             .doc = "true: at `log_level: trace` the log has texts of prompts and answers; they "
                    "are nowhere else in it",
             .origin = kOurs})
      .leaf(&C::data_dir, {.name = "data_dir",
                           .doc = "Where scripts keep databases and files",
                           .format = Format::path});
}

SectionBuilder<CommonConfig>& add_scripts(SectionBuilder<CommonConfig>& table) {
  using C = CommonConfig;
  return table
      .leaf(&C::lua_script_path, {.name = "lua_script_path",
                                  .doc = "The script that answers requests",
                                  .format = Format::path})
      .leaf(&C::vm_count, {.name = "vm_count",
                           .doc = "Lua states kept ready for new sessions",
                           .range = {1, 4096},
                           .unit = "states"})
      .leaf(&C::lua_path,
            {.name = "lua_path", .doc = "Where `require` looks: `;`-separated patterns with a `?`"})
      .leaf(&C::extra_lua_path,
            {.name = "extra_lua_path", .doc = "The older name; searched after `lua_path`"})
      .leaf(&C::signer_url, {.name = "signer_url",
                             .doc = "The node's signer, asked when a request is to be signed; "
                                    "empty: nothing is signed. May hold `#{...}`"})
      .leaf(&C::signer_headers,
            {.name = "signer_headers", .doc = "Headers for the signer; values may hold `#{...}`"})
      .leaf(&C::meta, {.name = "meta", .doc = "Anything, for scripts to read"});
}

Section build_common(ModuleKind kind) {
  using C = CommonConfig;
  SectionBuilder<C> table("the module", "Settings of both modules.", C(kind));
  add_scripts(add_process(table));
  return table
      .section(&C::signing, signing_section(),
               {.name = "signing", .doc = "Keys that sign requests", .origin = kOurs})
      .section(&C::serve, serve_section(),
               {.name = "serve", .doc = "Connections and their limits", .origin = kOurs})
      .section(&C::script, script_section(),
               {.name = "script", .doc = "Limits of Lua scripts", .origin = kOurs})
      .section(&C::http, http_section(kind),
               {.name = "http", .doc = "The HTTP client", .origin = kOurs})
      .section(&C::traces, traces_section(),
               {.name = "traces", .doc = "Traces of requests, sent by OTLP", .origin = kOurs})
      .check(check_common)
      .build();
}

}  // namespace

CommonConfig::CommonConfig(ModuleKind kind)
    : bind_address(kind == ModuleKind::llm ? "127.0.0.1:3031" : "127.0.0.1:3032"),
      threads(std::max(1U, std::thread::hardware_concurrency())),
      lua_script_path(fmt::format("${{exeDir}}/../config/genvm-{}-default.lua",
                                  kind == ModuleKind::llm ? "llm" : "web")) {}

const Section& common_section(ModuleKind kind) {
  static const Section llm = build_common(ModuleKind::llm);
  static const Section web = build_common(ModuleKind::web);
  return kind == ModuleKind::llm ? llm : web;
}

}  // namespace gvm::config
