#pragma once
// The settings that both modules share. Plain values, immutable once loaded, shared by all lanes.
// Every default is defined here only; the reference page is generated from default-constructed
// values.
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/secret.h"
#include "base/size.h"
#include "base/value.h"
#include "config/runtime_template.h"
#include "config/signing_config.h"

namespace gvm::config {

struct ExtraHeader {
  std::string name;
  Secret value;
};

// Traces of requests, for a collector that speaks OTLP over HTTP.
struct TracesConfig {
  std::string endpoint;  // the whole URL; empty: no traces
  std::vector<ExtraHeader> headers;
  double sample = 0.1;       // of the requests whose caller has no trace: 0 to 1
  std::string service_name;  // empty: genvm-llm or genvm-web
  // Backends, in the web module hosts, that are told the trace.
  std::vector<std::string> propagate;
  std::chrono::milliseconds timeout{5'000};  // of one batch
  std::size_t max_queue = 8'192;             // spans that wait to be sent
};

// Whom the session port is for. Everything empty: for whoever can reach it.
struct PeersConfig {
  std::vector<Secret> tokens;
  std::string token_file;              // further tokens, one a line
  std::vector<std::string> addresses;  // addresses and networks of TCP peers
  std::vector<int> uids;               // of peers of a Unix socket
  std::vector<int> gids;
  std::string unix_mode = "0600";  // of the socket file, octal
  std::string unix_group;          // of the socket file; empty: that of the process
};

// TLS on the session port. Both files empty: plain text.
struct TlsConfig {
  std::string certificate;  // PEM: the port's own, then those up to its authority
  std::string key;          // PEM, without a passphrase
  std::string client_ca;  // PEM: who may sign the certificates of clients; empty: none is asked for
  std::string minimum = "1.2";  // or "1.3"
  bool on() const { return !certificate.empty(); }
};

struct ServeConfig {
  std::size_t max_sessions = 4096;            // connections at the same time, all lanes
  std::size_t max_message_bytes = 32 * kMiB;  // one message: two 5 MiB images and their prompt fit
  std::size_t max_requests = 0;               // running at the same time, all sessions; 0: no limit
  std::size_t max_memory = 0;  // bytes of anonymous memory of the process; 0: no limit
  std::chrono::milliseconds max_lane_delay{0};  // until a lane comes to what is due; 0: no limit
  std::size_t max_pending_requests = 64;  // requests read ahead of the running one, per session
  std::chrono::milliseconds handshake_timeout{10'000};  // connect to hello
  std::chrono::milliseconds idle_timeout{600'000};      // between a reply and the next request
  std::chrono::milliseconds request_timeout{600'000};   // one request, everything included
  std::chrono::milliseconds shutdown_grace{30'000};     // for running requests after SIGTERM
  // Web pages that may open a session: "https://host" or "https://host:port", as browsers write it.
  std::vector<std::string> allowed_origins;
  // Who watches the module: its metrics and its status page.
  std::string admin_address;  // a further address for that alone; empty: it is at bind_address
  Secret admin_token;         // shown by who is on another machine; empty: nobody is answered there
  PeersConfig peers;
  TlsConfig tls;
};

struct ScriptConfig {
  std::size_t memory = 64 * kMiB;                // bytes, the Lua state of one session
  std::chrono::milliseconds cpu_slice{5};        // then other sessions of the lane get their turn
  std::chrono::milliseconds cpu_total{2'000};    // one call of an entry point, over all slices
  std::chrono::milliseconds cpu_unyielding{30};  // where Lua cannot give way: one match
  std::string io = "on";                         // or "off": scripts have no `io`
};

struct WebRetryConfig {
  int attempts = 3;  // including the first; 1: nothing is repeated
  // Before the second attempt; doubles with each further one.
  std::chrono::milliseconds backoff{200};
  std::chrono::milliseconds max_backoff{5'000};
  std::vector<int> on_statuses = {502, 503, 504};  // of GET, HEAD and OPTIONS
};

// Limits of the web module's requests only: what the servers of strangers may do.
struct WebHttpConfig {
  std::size_t max_body = 32 * kMiB;                    // of an answer, after decompression
  std::size_t max_headers = 256 * kKiB;                // of an answer
  std::size_t max_header_count = 1'000;                // of an answer
  std::size_t max_decompression_ratio = 200;           // 0: no limit
  std::size_t decompression_floor = 1 * kMiB;          // up to this size the ratio does not matter
  std::size_t min_speed = 0;                           // bytes a second; 0: no limit
  std::chrono::milliseconds min_speed_window{30'000};  // over which it is measured
  int max_redirects = 10;
  bool http2 = true;
  WebRetryConfig retry;
};

struct HttpConfig {
  std::size_t max_connections = 1024;                     // a lane
  std::size_t max_connections_per_host = 0;               // a lane; 0: no limit
  std::size_t max_idle_connections = 256;                 // a lane
  std::chrono::milliseconds max_connection_age{118'000};  // idle longer: not reused
  std::chrono::milliseconds dns_cache{60'000};
  std::chrono::milliseconds connect_timeout{10'000};  // name resolution, TCP and TLS together
  std::chrono::milliseconds first_byte_timeout{0};    // request sent to first byte; 0: no limit
  std::chrono::milliseconds idle_timeout{60'000};     // between two bytes of an answer; 0: no limit
  std::string ca_file;                                // an extra CA bundle
  std::string user_agent = "genvm-modules";
  WebHttpConfig web;  // only the web module has these keys
};

struct SignerHeader {
  std::string name;
  RuntimeTemplate value;
};

enum class ModuleKind { llm, web };

struct CommonConfig {
  explicit CommonConfig(ModuleKind kind);

  std::string file;   // the configuration's own, as it was given to load
  std::string shown;  // the configuration for people to look at, without secrets (shown_config.h)
  std::string bind_address;
  std::size_t threads;  // lanes; default: number of cores
  std::size_t blocking_threads = 4;
  log::Level log_level = log::Level::info;
  bool log_content = false;  // texts of prompts and answers in the log, at level trace
  std::string log_disable;   // "*" when log_level is off
  std::string lua_script_path;
  std::size_t vm_count = 6;  // Lua states kept warm
  std::string lua_path = "${exeDir}/../lib/genvm-lua/?.lua";
  std::string extra_lua_path;  // older name; on load it is appended to lua_path
  std::string data_dir = "${exeDir}/../data";
  RuntimeTemplate signer_url;  // empty: nothing is signed
  std::vector<SignerHeader> signer_headers;
  SigningConfig signing;
  Value meta;  // null when absent

  ServeConfig serve;
  ScriptConfig script;
  HttpConfig http;
  TracesConfig traces;
};

}  // namespace gvm::config
