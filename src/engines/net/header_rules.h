#pragma once
// Which request headers a caller (a contract, a script) may set. Pure.
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/size.h"

namespace gvm::net {

struct HttpHeader;

struct HeaderLimits {
  std::size_t count = 100;
  std::size_t name_bytes = 256;
  std::size_t value_bytes = 16 * kKiB;
  std::size_t total_bytes = 64 * kKiB;  // names and values together
};

// RFC 9110, 5.6.2: a non-empty run of token characters.
bool is_token(std::string_view text);
// RFC 9110, 5.5: no control characters but tab; bytes from 0x80 are allowed.
bool is_field_value(std::string_view value);

// Headers that only the client writes: message framing and connection management (RFC 9112, 11.2).
bool is_set_by_client(std::string_view name);
// Those, and headers that the module writes: Host, Content-Length, and all headers for proxies.
bool is_forbidden_for_caller(std::string_view name);

// A sentence about the first header that a caller must not send, without its value; empty when all
// may be sent. A name may occur twice.
std::optional<std::string> problem_with_headers(std::span<const HttpHeader> headers,
                                                const HeaderLimits& limits = {});

}  // namespace gvm::net
