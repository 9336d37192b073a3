#include "apps/peer_tokens.h"

#include <algorithm>
#include <string_view>

#include "apps/small_file.h"
#include "base/error_codes.h"
#include "base/size.h"
#include "config/peers_schema.h"

namespace gvm::apps {
namespace {

std::unexpected<Error> refuse(const std::string& path, const std::string& why) {
  return fail(codes::kInvalidConfig, Fatality::fatal,
              "serve.peers.token_file " + path + ": " + why);
}

constexpr std::size_t kLargest = 64 * kKiB;

std::string_view trimmed(std::string_view line) {
  const auto first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return line.substr(first, line.find_last_not_of(" \t\r") - first + 1);
}

}  // namespace

Result<std::vector<Secret>> read_peer_tokens(const std::string& path) {
  std::vector<Secret> tokens;
  if (path.empty()) return tokens;
  const auto file = read_small_file("serve.peers.token_file", path, kLargest);
  if (!file) return fail(file.error());
  std::string_view rest = file->text.reveal();
  for (int number = 1; !rest.empty(); ++number) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.starts_with('#')) continue;
    if (!config::is_peer_token(line))
      return refuse(path, "line " + std::to_string(number) + " is no token: expected " +
                              std::string(config::kPeerTokenForm));
    tokens.emplace_back(std::string(line));
  }
  if (tokens.empty()) return refuse(path, "it holds no token, so nobody could connect");
  return tokens;
}

}  // namespace gvm::apps
