#include "apps/server_options.h"

#include "apps/version.h"

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

serve::ServerOptions server_options(const config::CommonConfig& config, std::string program) {
  serve::ServerOptions options;
  options.program = std::move(program);
  options.version = kVersion;
  options.bind_address = config.bind_address;
  options.max_sessions = config.serve.max_sessions;
  options.max_message_bytes = config.serve.max_message_bytes;
  options.max_pending_requests = config.serve.max_pending_requests;
  options.handshake_timeout = config.serve.handshake_timeout;
  options.idle_timeout = config.serve.idle_timeout;
  options.request_timeout = config.serve.request_timeout;
  options.allowed_origins = config.serve.allowed_origins;
  return options;
}

}  // namespace gvm::apps
