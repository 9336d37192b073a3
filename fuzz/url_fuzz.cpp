// A URL that parses is its own canonical form: parsing its serialisation gives the same URL, with
// any base, and the offsets of its parts are right.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "url/url.h"

namespace {

void require(bool claim) {
  if (!claim) std::abort();
}

void check(const gvm::url::Url& url) {
  const auto again = gvm::url::parse(url.href());
  require(again && again->href() == url.href());
  require(again->host() == url.host() && again->path() == url.path());
  require(again->username() == url.username() && again->password() == url.password());
  require(again->search() == url.search() && again->fragment() == url.fragment());
  require(again->port() == url.port() && again->has_opaque_path() == url.has_opaque_path());
  const auto bare = gvm::url::parse(url.without_credentials());
  require(bare && bare->host() == url.host() && !bare->has_credentials());
  (void)url.origin();
}

}  // namespace

// The input is a URL, or "base\nrelative".
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto line = input.find('\n');
  const auto base = gvm::url::parse(input.substr(0, line));
  if (!base) return 0;
  check(*base);
  if (line == std::string_view::npos) return 0;
  const auto url = gvm::url::parse(input.substr(line + 1), &*base);
  if (url) check(*url);
  return 0;
}
