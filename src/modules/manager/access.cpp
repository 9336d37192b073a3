#include "manager/access.h"

#include <openssl/crypto.h>

#include <boost/asio/ip/address.hpp>

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

bool is_loopback(std::string_view host) {
  boost::system::error_code error;
  const auto address = asio::ip::make_address(std::string(host), error);
  return host == "localhost" || (!error && address.is_loopback());
}

bool same_secret(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

std::optional<Access::Refusal> Access::judge(std::string_view authorization, std::string_view host,
                                             std::string_view origin) const {
  if (!token_.empty()) {
    constexpr std::string_view kBearer = "Bearer ";
    if (!authorization.starts_with(kBearer) ||
        !same_secret(authorization.substr(kBearer.size()), token_.reveal()))
      return Refusal{401, "this manager wants its token: Authorization: Bearer ..."};
    return std::nullopt;
  }
  if (host_.empty()) return std::nullopt;
  const auto name = host_part(host);
  if (!name.empty() && name != "localhost" && name != host_ && !is_ip(name))
    return Refusal{403, "without a token only loopback names are answered (Host)"};
  const auto scheme = origin.find("://");
  if (!origin.empty() && (scheme == origin.npos || origin.substr(scheme + 3) != host))
    return Refusal{403, "pages of other origins are not answered"};
  return std::nullopt;
}

std::string why_not_open(const serve::ListenAddress& address, const Secret& token) {
  if (address.is_unix() || !token.empty() || is_loopback(address.host)) return {};
  return address.to_string() +
         " can be reached by others: the manager starts programs and sees keys, so it listens on "
         "loopback or a Unix socket only, unless --token-file names a token";
}

}  // namespace gvm::manager
