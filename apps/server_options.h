#pragma once
// Converts the configuration to the options of the parts that both servers use.
#include <string>
#include <vector>

#include "apps/arguments.h"
#include "base/log.h"
#include "base/secret.h"
#include "config/common_config.h"
#include "net/http_client_options.h"
#include "serve/options.h"

namespace gvm::apps {

log::Options log_options(const config::CommonConfig& config, const ServerArguments& arguments);
net::HttpClientOptions http_options(const config::CommonConfig& config);
// Of the port of the sessions, in plain text. `tokens`: those of serve.peers.token_file.
serve::ServerOptions server_options(const config::CommonConfig& config, std::string program,
                                    const std::vector<Secret>& tokens);

}  // namespace gvm::apps
