#include "url/url.h"

#include "url/percent.h"
#include "url/scheme.h"

namespace gvm::url {

std::string_view Url::password() const {
  if (host_begin_ == username_end_ || href_[username_end_] != ':') return {};
  return part(username_end_ + 1, host_begin_ - 1);
}

std::optional<std::uint16_t> Url::effective_port() const {
  if (port_) return port_;
  const auto* special = find_special(scheme());
  return special != nullptr ? special->default_port : std::nullopt;
}

std::string_view Url::search() const {
  if (query_begin_ == kNone || query_end() - query_begin_ == 1) return {};
  return part(query_begin_, query_end());
}

std::string_view Url::fragment() const {
  if (fragment_begin_ == kNone || href_.size() - fragment_begin_ == 1) return {};
  return part(fragment_begin_, href_.size());
}

bool Url::is_special() const {
  return find_special(scheme()) != nullptr;
}

std::string Url::origin() const {
  if (scheme() == "blob") {
    const auto inner = parse(path());
    return inner && inner->scheme().starts_with("http") && inner->is_special() ? inner->origin()
                                                                               : "null";
  }
  if (scheme() == "file" || !is_special()) return "null";
  return std::string(scheme()) + "://" + std::string(host());
}

std::string Url::without_credentials() const {
  std::string out(href_, 0, user_begin());
  return out.append(href_, host_begin_);
}

std::optional<SplitUrl> split_url(std::string_view input) {
  const auto url = parse(input);
  if (!url || url->hostname().empty()) return std::nullopt;
  return SplitUrl{std::string(url->scheme()), std::string(url->hostname()), url->port()};
}

std::string encode_component(std::string_view bytes) {
  static constexpr ByteSet kReserved = ByteSet()
                                           .with_range(0, ',')
                                           .with("/")
                                           .with_range(':', '@')
                                           .with_range('[', '^')
                                           .with("`")
                                           .with_range('{', '}')
                                           .with_range(0x7F, 0xFF);
  std::string out;
  encode_to(out, bytes, kReserved);
  return out;
}

}  // namespace gvm::url
