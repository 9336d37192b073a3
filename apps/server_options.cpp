#include "apps/server_options.h"

#include "apps/version.h"
#include "config/peers_schema.h"
#include "policy/ip_address.h"
#include "script/off_lane.h"
#include "serve/listen_address.h"

namespace gvm::apps {

log::Options log_options(const config::CommonConfig& config, const ServerArguments& arguments) {
  log::Options options;
  options.level = log::parse_level(arguments.log_level).value_or(config.log_level);
  options.disable = config.log_disable;
  return options;
}

net::HttpClientOptions http_options(const config::CommonConfig& config) {
  using std::chrono::duration_cast;
  using std::chrono::seconds;
  net::HttpClientOptions options;
  options.max_connections = config.http.max_connections;
  options.max_connections_per_host = config.http.max_connections_per_host;
  options.max_idle_connections = config.http.max_idle_connections;
  options.dns_cache = duration_cast<seconds>(config.http.dns_cache);
  options.max_connection_age = duration_cast<seconds>(config.http.max_connection_age);
  options.ca_file = config.http.ca_file;
  options.user_agent = config.http.user_agent;
  return options;
}

namespace {

// The configuration was checked: each text is of its form.
serve::PeerOptions peer_options(const config::PeersConfig& config,
                                const std::vector<Secret>& tokens) {
  serve::PeerOptions options;
  options.tokens = config.tokens;
  options.tokens.insert(options.tokens.end(), tokens.begin(), tokens.end());
  for (const auto& text : config.addresses)
    if (const auto range = policy::Cidr::parse(text)) options.addresses.push_back(*range);
  options.uids.assign(config.uids.begin(), config.uids.end());
  options.gids.assign(config.gids.begin(), config.gids.end());
  options.unix_group = config.unix_group;
  return options;
}

// Loopback and Unix sockets need no TLS: tools and scrapers of this machine ask there.
serve::AdminOptions admin_options(const config::ServeConfig& config) {
  serve::AdminOptions options;
  options.address = config.admin_address;
  options.token = config.admin_token;
  const auto address = serve::parse_listen_address(config.admin_address);
  options.tls = config.tls.on() && address && !address->is_of_this_machine();
  return options;
}

}  // namespace

serve::ServerOptions server_options(const config::CommonConfig& config, std::string program,
                                    const std::vector<Secret>& tokens) {
  serve::ServerOptions options;
  options.program = std::move(program);
  options.version = kVersion;
  options.bind_address = config.bind_address;
  options.peers = peer_options(config.serve.peers, tokens);
  options.admin = admin_options(config.serve);
  options.unix_mode =
      config::unix_mode_of(config.serve.peers.unix_mode).value_or(options.unix_mode);
  options.max_sessions = config.serve.max_sessions;
  options.max_requests = config.serve.max_requests;
  options.max_memory = config.serve.max_memory;
  options.max_lane_delay = config.serve.max_lane_delay;
  options.on_memory_full = script::return_free_memory;
  options.max_message_bytes = config.serve.max_message_bytes;
  options.max_pending_requests = config.serve.max_pending_requests;
  options.handshake_timeout = config.serve.handshake_timeout;
  options.idle_timeout = config.serve.idle_timeout;
  options.request_timeout = config.serve.request_timeout;
  options.allowed_origins = config.serve.allowed_origins;
  return options;
}

}  // namespace gvm::apps
