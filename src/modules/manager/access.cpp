#include "manager/access.h"

#include <boost/asio/ip/address.hpp>

#include "manager/page.h"
#include "serve/peer_rules.h"
#include "serve/watch_rules.h"

namespace gvm::manager {
namespace {

namespace asio = boost::asio;

// "127.0.0.1:3999" -> "127.0.0.1", "[::1]:3999" -> "::1"
std::string_view host_part(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(1, authority.find(']') - 1);
  return authority.substr(0, authority.find(':'));
}

bool is_ip(std::string_view host) {
  boost::system::error_code error;
  (void)asio::ip::make_address(std::string(host), error);
  return !error;
}

}  // namespace

std::optional<Access::Refusal> Access::judge(const Asked& asked) const {
  if (!token_.empty() && page_file(asked.path)) return std::nullopt;
  if (kind_ == Kind::hosts) return judge_host(asked);
  const auto refusal = serve::judge_watcher(token_, {.authorization = asked.authorization,
                                                     .host = asked.host,
                                                     .is_local = asked.is_local,
                                                     .is_forwarded = asked.is_forwarded});
  if (!refusal) return std::nullopt;
  return Refusal{serve::status_of(*refusal), serve::sentence_of(*refusal)};
}

std::optional<Access::Refusal> Access::judge_host(const Asked& asked) const {
  if (!token_.empty()) {
    if (serve::is_token(serve::bearer_token(asked.authorization), token_)) return std::nullopt;
    return Refusal{401, "this manager wants its token: Authorization: Bearer ..."};
  }
  if (host_.empty()) return std::nullopt;
  const auto name = host_part(asked.host);
  if (!name.empty() && name != "localhost" && name != host_ && !is_ip(name))
    return Refusal{403, "without a token only loopback names are answered (Host)"};
  const auto& origin = asked.origin;
  const auto scheme = origin.find("://");
  if (!origin.empty() && (scheme == origin.npos || origin.substr(scheme + 3) != asked.host))
    return Refusal{403, "pages of other origins are not answered"};
  return std::nullopt;
}

std::string why_not_open(const serve::ListenAddress& address, const Secret& token) {
  if (!token.empty() || address.is_of_this_machine()) return {};
  return address.to_string() +
         " can be reached by others: the manager starts programs and sees keys, so it listens on "
         "loopback or a Unix socket only, unless --token-file names a token";
}

std::string why_not_watched(const serve::ListenAddress& address, const Secret& token) {
  if (!token.empty() || address.is_of_this_machine()) return {};
  return address.to_string() +
         " can be reached by others, of whom none is answered without a token: name one with "
         "--admin-token-file";
}

}  // namespace gvm::manager
