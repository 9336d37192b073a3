#include "url/database_address.h"

#include <algorithm>
#include <array>
#include <optional>

#include "base/error_codes.h"

namespace gvm::url {
namespace {

using Address = DatabaseAddress;

constexpr std::array<std::string_view, 2> kSchemes{"postgresql://", "postgres://"};
constexpr std::array<std::string_view, 2> kPasswords{"password", "sslpassword"};
constexpr std::string_view kSpaces = " \t\r\n\f\v";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kKeywordCharacters = "abcdefghijklmnopqrstuvwxyz_";

std::unexpected<Error> invalid(std::string_view what) {
  return fail(codes::kInvalidConfig, Fatality::fatal,
              "the address of the database has " + std::string(what));
}

std::optional<unsigned char> hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned char>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned char>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F') return static_cast<unsigned char>(c - 'A' + 10);
  return std::nullopt;
}

std::optional<std::string> decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const auto high = hex_digit(text[i + 1]);
    const auto low = hex_digit(text[i + 2]);
    if (!high || !low || (*high == 0 && *low == 0)) return std::nullopt;
    out += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return out;
}

bool is_keyword(std::string_view text) {
  return !text.empty() && text.find_first_not_of(kKeywordCharacters) == text.npos;
}

void add(Address& address, std::string_view keyword, std::string value) {
  if (std::ranges::find(kPasswords, keyword) != kPasswords.end())
    address.secrets.emplace_back(std::string(value));
  address.parameters.push_back({std::string(keyword), Secret(std::move(value))});
}

// Sets a keyword from a part of the URL; an empty part sets nothing.
Result<void> add_encoded(Address& address, std::string_view keyword, std::string_view encoded) {
  if (encoded.empty()) return {};
  auto value = decoded(encoded);
  if (!value) return invalid("a '%' that does not begin an encoded character: write it as %25");
  const bool is_password = std::ranges::find(kPasswords, keyword) != kPasswords.end();
  if (is_password && encoded != *value) address.secrets.emplace_back(std::string(encoded));
  add(address, keyword, std::move(*value));
  return {};
}

Result<void> parse_user(Address& address, std::string_view user_info) {
  const auto colon = user_info.find(':');
  if (auto ok = add_encoded(address, "user", user_info.substr(0, colon)); !ok) return ok;
  if (colon == user_info.npos) return {};
  return add_encoded(address, "password", user_info.substr(colon + 1));
}

// Reads "host:port" or "[::1]:port"; either part may be missing.
Result<void> parse_host(std::string_view text, std::string& hosts, std::string& ports) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos) return invalid("a '[' without its ']'");
    hosts += text.substr(1, end - 1);
    port = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    hosts += text.substr(0, colon);
    port = colon == text.npos ? std::string_view() : text.substr(colon);
  }
  if (port.empty()) return {};
  if (port.front() != ':' || port.find_first_not_of(kDigits, 1) != port.npos)
    return invalid(
        "no number for a port; in a password, '/' is written as %2F, '?' as %3F and '%' as %25");
  ports += port.substr(1);
  return {};
}

Result<void> parse_hosts(Address& address, std::string_view list) {
  std::string hosts;
  std::string ports;
  for (auto rest = list;;) {
    const auto comma = rest.find(',');
    if (auto ok = parse_host(rest.substr(0, comma), hosts, ports); !ok) return ok;
    if (comma == rest.npos) break;
    hosts += ',';
    ports += ',';
    rest.remove_prefix(comma + 1);
  }
  if (auto ok = add_encoded(address, "host", hosts); !ok) return ok;
  if (ports.find_first_of(kDigits) != ports.npos) add(address, "port", std::move(ports));
  return {};
}

Result<void> parse_query(Address& address, std::string_view query) {
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (equals == pair.npos || !is_keyword(pair.substr(0, equals)))
      return invalid("a '?' that no key=value follows; in a password it is written as %3F");
    if (auto ok = add_encoded(address, pair.substr(0, equals), pair.substr(equals + 1)); !ok)
      return ok;
  }
  return {};
}

Result<Address> parse_url(std::string_view rest) {
  Address address;
  const auto authority = rest.substr(0, rest.find_first_of("/?"));
  rest.remove_prefix(authority.size());
  const auto at = authority.rfind('@');
  if (at != authority.npos) {
    if (auto ok = parse_user(address, authority.substr(0, at)); !ok) return fail(ok.error());
  }
  const auto hosts = at == authority.npos ? authority : authority.substr(at + 1);
  if (auto ok = parse_hosts(address, hosts); !ok) return fail(ok.error());
  const auto path = rest.substr(0, rest.find('?'));
  if (path.find('@') != path.npos)
    return invalid("an '@' behind the host; in a password, '/' is written as %2F");
  if (auto ok = add_encoded(address, "dbname", path.substr(path.empty() ? 0 : 1)); !ok)
    return fail(ok.error());
  const auto query = rest.substr(path.size());
  if (auto ok = parse_query(address, query.substr(query.empty() ? 0 : 1)); !ok)
    return fail(ok.error());
  return address;
}

// Reads one value of "keyword = 'value' ..."; a backslash makes the next character literal.
class PairReader {
 public:
  explicit PairReader(std::string_view text) : rest_(text) {}

  Result<Address> read() {
    Address address;
    for (skip_spaces(); !rest_.empty(); skip_spaces()) {
      const auto keyword = rest_.substr(0, rest_.find_first_not_of(kKeywordCharacters));
      rest_.remove_prefix(keyword.size());
      skip_spaces();
      if (keyword.empty() || !take('='))
        return invalid(
            "a word that is no key=value; a value with spaces stands between single quotes");
      skip_spaces();
      auto value = take('\'') ? quoted() : plain();
      if (!value) return invalid("a value whose closing quote is missing");
      add(address, keyword, std::move(*value));
    }
    return address;
  }

 private:
  void skip_spaces() {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpaces), rest_.size()));
  }
  bool take(char wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  char next() {
    if (rest_.size() > 1 && rest_.front() == '\\') rest_.remove_prefix(1);
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  std::optional<std::string> quoted() {
    std::string value;
    while (!rest_.empty() && rest_.front() != '\'') value += next();
    if (!take('\'')) return std::nullopt;
    return value;
  }
  std::optional<std::string> plain() {
    std::string value;
    while (!rest_.empty() && kSpaces.find(rest_.front()) == kSpaces.npos) value += next();
    return value;
  }

  std::string_view rest_;
};

}  // namespace

Result<DatabaseAddress> parse_database_address(std::string_view text) {
  if (text.find('\0') != text.npos) return invalid("a zero byte");
  for (const auto scheme : kSchemes) {
    if (text.starts_with(scheme)) return parse_url(text.substr(scheme.size()));
  }
  if (text.find("://") < text.find_first_of("= '"))
    return invalid("another scheme than postgresql://");
  auto address = PairReader(text).read();
  if (address && address->parameters.empty()) return invalid("nothing in it");
  return address;
}

}  // namespace gvm::url
