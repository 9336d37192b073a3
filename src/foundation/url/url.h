#pragma once
// URLs by the WHATWG URL Standard: parse once, then pass the canonical form on. No I/O.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace gvm::url {

// An immutable URL: its serialisation and the offsets of its parts. The views are valid as long as
// the Url.
class Url {
 public:
  std::string_view href() const { return href_; }
  std::string_view scheme() const { return part(0, scheme_end_); }  // without the colon
  std::string_view username() const { return part(user_begin(), username_end_); }
  std::string_view password() const;
  std::string_view hostname() const { return part(host_begin_, host_end_); }  // IPv6 in brackets
  std::string_view host() const {
    return part(host_begin_, authority_end_);
  }  // with the port, if any
  std::optional<std::uint16_t> port() const { return port_; }  // never the default of the scheme
  std::optional<std::uint16_t> effective_port() const;         // the default filled in
  std::string_view path() const { return part(path_begin_, path_end()); }
  std::string_view search() const;    // with '?'; empty when there is no query or an empty one
  std::string_view fragment() const;  // with '#'; likewise

  bool has_host() const { return has_host_; }  // "file:///x" has an empty one
  bool has_opaque_path() const { return opaque_path_; }
  bool has_credentials() const { return host_begin_ > user_begin(); }
  bool is_special() const;
  std::string origin() const;  // "null" when opaque

  // What goes on the request line: path and query.
  std::string_view request_target() const { return part(path_begin_, query_end()); }
  // Without user name and password: for logs and errors.
  std::string without_credentials() const;

  friend bool operator==(const Url& a, const Url& b) { return a.href_ == b.href_; }

 private:
  friend class Parser;
  Url() = default;

  std::string_view part(std::size_t from, std::size_t to) const {
    return std::string_view(href_).substr(from, to - from);
  }
  std::size_t user_begin() const { return scheme_end_ + (has_host_ ? 3 : 1); }
  std::size_t path_end() const { return query_begin_ != kNone ? query_begin_ : query_end(); }
  std::size_t query_end() const {
    return fragment_begin_ != kNone ? fragment_begin_ : href_.size();
  }

  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  std::string href_;
  std::size_t scheme_end_ = 0;  // the colon
  std::size_t username_end_ = 0;
  std::size_t host_begin_ = 0;  // behind "@"
  std::size_t host_end_ = 0;
  std::size_t authority_end_ = 0;  // behind the port
  std::size_t path_begin_ = 0;
  std::size_t query_begin_ = kNone;     // the '?'
  std::size_t fragment_begin_ = kNone;  // the '#'
  std::optional<std::uint16_t> port_;
  bool has_host_ = false;
  bool opaque_path_ = false;
};

// Bytes that are no UTF-8 count as U+FFFD. Error: MALFORMED_URL, not fatal; its detail does not
// repeat the URL, which may hold credentials.
Result<Url> parse(std::string_view input, const Url* base = nullptr);

// Domain to ASCII, not strict: lower case, internationalised labels in Punycode. Empty when the
// input is not a domain.
std::optional<std::string> domain_to_ascii(std::string_view domain);

// The parts of a URL that scripts ask for.
struct SplitUrl {
  std::string scheme;
  std::string host;
  std::optional<std::uint16_t> port;  // empty: the default
};
std::optional<SplitUrl> split_url(std::string_view input);

// Every byte but ALPHA DIGIT - . _ ~ percent-encoded (RFC 3986, 2.3): safe in any part of a URL.
std::string encode_component(std::string_view bytes);

}  // namespace gvm::url
