#pragma once
// `serve.peers`, and the forms of its values that the programs read as well.
#include <optional>
#include <string_view>

#include "config/common_config.h"
#include "config/schema.h"

namespace gvm::config {

const Section& peers_section();

// The rules of `serve.peers` that depend on `bind_address`.
void check_peers_fit(const Node& node, Context& context, const CommonConfig& config);

inline constexpr std::string_view kPeerTokenForm = "16 to 4096 visible characters without spaces";
bool is_peer_token(std::string_view text);

// "0660" or "660"; empty: no such form, or more than permissions.
std::optional<unsigned> unix_mode_of(std::string_view text);

}  // namespace gvm::config
