// `serve.peers`: whom the session port is for.
#include "config/peers_schema.h"

#include <fmt/format.h>

#include <algorithm>

#include "policy/ip_address.h"

namespace gvm::config {
namespace {

constexpr Origin kOurs = Origin::ours;

void refuse(const Node& node, const std::string& path, Context& context, std::string_view key,
            const std::string& message) {
  const auto* entry = node.find(key);
  const Node& at = entry == nullptr ? node : *entry->value;
  context.error(at.mark, fmt::format("{}.{}", path, key), message);
}

void check_tokens(const Node& node, const std::string& path, Context& context,
                  const PeersConfig& c) {
  // An empty one, such as a variable that is not set, is left out by the reader: with fewer tokens
  // than the file lists, or none at all, the port would be more open than it looks.
  const auto* entry = node.find("tokens");
  if (entry != nullptr && entry->value->items.size() != c.tokens.size())
    refuse(node, path, context, "tokens",
           fmt::format("got an empty token, expected {}", kPeerTokenForm));
  for (const auto& token : c.tokens) {
    if (is_peer_token(token.reveal())) continue;
    refuse(
        node, path, context, "tokens",
        fmt::format("got a token that is too short or holds a space, expected {}", kPeerTokenForm));
    return;
  }
}

void check_peers(const Node& node, const std::string& path, Context& context, PeersConfig& c) {
  check_tokens(node, path, context, c);
  for (const auto& text : c.addresses)
    if (!policy::Cidr::parse(text))
      refuse(node, path, context, "addresses",
             fmt::format("got \"{}\", expected an address or a network such as 10.0.0.0/8", text));
  if (!unix_mode_of(c.unix_mode))
    refuse(node, path, context, "unix_mode",
           fmt::format("got \"{}\", expected three or four octal digits such as \"0660\"",
                       c.unix_mode));
}

}  // namespace

bool is_peer_token(std::string_view text) {
  constexpr std::size_t kLeast = 16;
  constexpr std::size_t kMost = 4096;
  const auto visible = [](char c) { return c > ' ' && c < 0x7f; };
  return text.size() >= kLeast && text.size() <= kMost && std::ranges::all_of(text, visible);
}

std::optional<unsigned> unix_mode_of(std::string_view text) {
  const bool octal = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '7'; });
  if (!octal || text.size() < 3 || text.size() > 4) return std::nullopt;
  unsigned mode = 0;
  for (const char c : text) mode = mode * 8 + static_cast<unsigned>(c - '0');
  constexpr unsigned kPermissions = 0777;
  return mode <= kPermissions ? std::optional(mode) : std::nullopt;
}

const Section& peers_section() {
  using C = PeersConfig;
  static const Section section =
      SectionBuilder<C>("the peers",
                        "Whom the session port is for (docs/operators.md, \"Who may connect\").")
          .leaf(&C::tokens, {.name = "tokens",
                             .doc = "One of them must be shown by a peer that opens a session: "
                                    "`Authorization: Bearer TOKEN` of the upgrade, or `token` in "
                                    "the hello",
                             .origin = kOurs})
          .leaf(&C::token_file, {.name = "token_file",
                                 .doc = "A file of further tokens, one a line; read at the start",
                                 .origin = kOurs})
          .leaf(&C::addresses, {.name = "addresses",
                                .doc = "Addresses and networks of TCP peers; others get 403",
                                .origin = kOurs})
          .leaf(&C::uids, {.name = "uids",
                           .doc = "Users that may connect to a Unix socket, by number",
                           .origin = kOurs})
          .leaf(&C::gids, {.name = "gids",
                           .doc = "Groups of which one member may connect to a Unix socket, by "
                                  "number, beside `uids`",
                           .origin = kOurs})
          .leaf(&C::unix_mode, {.name = "unix_mode",
                                .doc = "Permissions of the socket file, octal",
                                .origin = kOurs})
          .leaf(&C::unix_group, {.name = "unix_group",
                                 .doc = "Group of the socket file, a name or a number; the process "
                                        "must be a member. Empty: the group of the process",
                                 .origin = kOurs})
          .check(check_peers)
          .build();
  return section;
}

// A list that this address makes useless would look like a protection.
void check_peers_fit(const Node& node, Context& context, const CommonConfig& c) {
  const auto& peers = c.serve.peers;
  const auto refuse_key = [&](const std::string& key, std::string_view kind) {
    context.error(node.mark, "serve.peers." + key,
                  fmt::format("got a list, expected none: bind_address is {}", kind));
  };
  const bool by_user = !peers.uids.empty() || !peers.gids.empty();
  if (c.bind_address.starts_with("unix:") && !peers.addresses.empty())
    refuse_key("addresses", "a Unix socket, whose peers have no address");
  const bool known = !c.bind_address.empty() && !c.bind_address.starts_with("fd:");
  if (known && !c.bind_address.starts_with("unix:") && by_user)
    refuse_key(peers.uids.empty() ? "gids" : "uids", "of TCP, whose peers have no user");
}

}  // namespace gvm::config
