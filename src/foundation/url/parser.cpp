// The basic URL parser (URL Standard, 4.4), section by section instead of character by character:
// each part is appended to the serialisation as soon as it is known, and ".." removes the last
// segment again.
#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <optional>

#include "base/encoding.h"
#include "base/error_codes.h"
#include "url/host.h"
#include "url/percent.h"
#include "url/scheme.h"
#include "url/url.h"

namespace gvm::url {
namespace {

constexpr bool is_alpha(char c) {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_scheme_part(char c) {
  return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
}
constexpr bool is_c0_or_space(char c) {
  return static_cast<unsigned char>(c) <= ' ';
}

constexpr std::string_view kRemoved = "\t\n\r";

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_c0_or_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_c0_or_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_drive_letter(std::string_view text) {
  return text.size() == 2 && is_alpha(text[0]) && (text[1] == ':' || text[1] == '|');
}
bool starts_with_drive_letter(std::string_view text) {
  return is_drive_letter(text.substr(0, 2)) &&
         (text.size() == 2 || std::string_view("/\\?#").contains(text[2]));
}

// Removes "." or "%2e", in either case, from the front of `text`.
bool take_dot(std::string_view& text) {
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    return true;
  }
  if (!text.starts_with("%2") || text.size() < 3 || (text[2] | 0x20) != 'e') return false;
  text.remove_prefix(3);
  return true;
}

// 0 for an ordinary segment, 1 for a single-dot segment, 2 for a double-dot segment.
int dots_of(std::string_view segment) {
  if (segment.empty() || (segment[0] != '.' && segment[0] != '%')) return 0;
  if (!take_dot(segment)) return 0;
  if (segment.empty()) return 1;
  return take_dot(segment) && segment.empty() ? 2 : 0;
}

}  // namespace

class Parser {
 public:
  explicit Parser(const Url* base) : base_(base) {}

  Result<Url> run(std::string_view input) {
    url_.href_.reserve(input.size() + kSlack);
    const char* wrong = start(input);
    if (wrong != nullptr) {
      return fail(
          Error(codes::kMalformedUrl, Fatality::user, std::string("this is no URL: ") + wrong)
              .with("url", Value::string(to_valid_utf8(input.substr(0, kShownBytes)))));
    }
    return std::move(url_);
  }

 private:
  static constexpr std::size_t kSlack = 8;          // room for what canonical form adds
  static constexpr std::size_t kShownBytes = 2048;  // of the input in an error

  // Every step returns nullptr, or a sentence that says what is wrong.
  const char* start(std::string_view in) {
    std::size_t end = 0;
    if (!in.empty() && is_alpha(in[0])) {
      while (end < in.size() && is_scheme_part(in[end])) ++end;
    }
    if (end == 0 || end == in.size() || in[end] != ':') return without_scheme(in);
    std::string& href = url_.href_;
    href.assign(in, 0, end);
    for (char& c : href) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    set_scheme();
    return with_scheme(in.substr(end + 1));
  }

  void set_scheme() {
    url_.scheme_end_ = url_.href_.size();
    special_ = find_special(url_.href_);
    file_ = url_.href_ == "file";
    url_.href_ += ':';
  }

  const char* without_scheme(std::string_view in) {
    if (base_ == nullptr) return "it has no scheme";
    if (base_->opaque_path_ && !in.starts_with('#')) return "its base takes no relative URL";
    url_.href_ = base_->scheme();
    set_scheme();
    if (base_->opaque_path_) {
      copy_base(base_->query_end());
      return fragment_of(in);
    }
    return file_ ? file(in) : relative(in);
  }

  const char* with_scheme(std::string_view in) {
    if (file_) return file(in);
    if (special_ != nullptr) {
      const bool same = base_ != nullptr && base_->scheme() == special_->name;
      if (same && !in.starts_with("//")) return relative(in);
      return authority(without_slashes(in));
    }
    if (in.starts_with("//")) return authority(in.substr(2));
    if (!in.starts_with('/')) return opaque(in);
    no_authority();
    return path(in.substr(1));
  }

  bool is_slash(char c) const { return c == '/' || (c == '\\' && special_ != nullptr); }
  std::string_view without_slashes(std::string_view in) const {
    while (!in.empty() && is_slash(in[0])) in.remove_prefix(1);
    return in;
  }

  const char* relative(std::string_view in) {
    if (!in.empty() && is_slash(in[0])) {
      in.remove_prefix(1);
      if (in.empty() || !is_slash(in[0])) {
        copy_base(base_->path_begin_);
        return path(in);
      }
      return authority(special_ != nullptr ? without_slashes(in) : in.substr(1));
    }
    return against_base(in);
  }

  // What a relative URL takes from the base: everything up to the path. A query, a fragment, or a
  // path in place of the last segment follows.
  const char* against_base(std::string_view in) {
    if (in.empty() || in[0] == '#') {
      copy_base(base_->query_end());
      protect_path();
      return fragment_of(in);
    }
    copy_base(base_->path_end());
    if (in[0] == '?') {
      protect_path();
      return query(in);
    }
    const bool drive = file_ && starts_with_drive_letter(in);
    if (drive)
      url_.href_.resize(url_.path_begin_);
    else
      shorten();
    return path(in);
  }

  // Takes over the base's bytes before `end`, and its offsets. The "/." before a path of two
  // slashes is put there anew.
  void copy_base(std::size_t end) {
    const Url& base = *base_;
    url_.href_.assign(base.href_, 0, std::min(end, base.authority_end_));
    const auto kept = url_.href_.size();
    if (end > base.path_begin_)
      url_.href_.append(base.href_, base.path_begin_, end - base.path_begin_);
    url_.scheme_end_ = base.scheme_end_;
    url_.username_end_ = base.username_end_;
    url_.host_begin_ = base.host_begin_;
    url_.host_end_ = base.host_end_;
    url_.authority_end_ = base.authority_end_;
    url_.path_begin_ = kept;
    url_.port_ = base.port_;
    url_.has_host_ = base.has_host_;
    url_.opaque_path_ = base.opaque_path_;
    const auto moved = base.path_begin_ - kept;
    if (base.query_begin_ < end) url_.query_begin_ = base.query_begin_ - moved;
  }

  void no_authority() {
    const auto here = url_.href_.size();
    url_.username_end_ = url_.host_begin_ = url_.host_end_ = url_.authority_end_ = here;
    url_.path_begin_ = here;
  }

  void begin_authority() {
    url_.has_host_ = true;
    url_.href_ += "//";
    url_.username_end_ = url_.host_begin_ = url_.href_.size();
  }

  void end_authority() { url_.authority_end_ = url_.path_begin_ = url_.href_.size(); }

  const char* authority(std::string_view in) {
    const auto end = std::min(in.find_first_of(special_ != nullptr ? "/?#\\" : "/?#"), in.size());
    auto host = in.substr(0, end);
    begin_authority();
    const auto at = host.rfind('@');
    if (at != std::string_view::npos) {
      credentials(host.substr(0, at));
      host.remove_prefix(at + 1);
      if (host.empty()) return "it has credentials without a host";
    }
    if (const char* wrong = host_and_port(host)) return wrong;
    return path_start(in.substr(end));
  }

  void credentials(std::string_view text) {
    std::string& href = url_.href_;
    const auto colon = std::min(text.find(':'), text.size());
    encode_to(href, text.substr(0, colon), kUserinfoSet);
    url_.username_end_ = href.size();
    if (colon + 1 < text.size()) {
      href += ':';
      encode_to(href, text.substr(colon + 1), kUserinfoSet);
    }
    if (href.size() > url_.host_begin_) href += '@';
    url_.host_begin_ = href.size();
  }

  const char* host_and_port(std::string_view text) {
    bool bracketed = false;
    std::size_t colon = 0;
    for (; colon < text.size(); ++colon) {
      if (text[colon] == '[') bracketed = true;
      if (text[colon] == ']') bracketed = false;
      if (text[colon] == ':' && !bracketed) break;
    }
    const auto host = text.substr(0, colon);
    if (host.empty() && (special_ != nullptr || colon < text.size())) return "it has no host";
    if (!host.empty()) {
      const auto kind = special_ != nullptr ? HostKind::domain : HostKind::opaque;
      if (const char* wrong = append_host(url_.href_, host, kind)) return wrong;
    }
    url_.host_end_ = url_.href_.size();
    if (colon < text.size()) {
      if (const char* wrong = port(text.substr(colon + 1))) return wrong;
    }
    end_authority();
    return nullptr;
  }

  const char* port(std::string_view text) {
    if (!std::ranges::all_of(text, is_digit)) return "its port is no number";
    std::uint16_t value = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
    if (parsed.ec == std::errc::result_out_of_range) return "its port is over 65535";
    if (text.empty() || (special_ != nullptr && special_->default_port == value)) return nullptr;
    url_.port_ = value;
    url_.href_ += ':';
    std::array<char, 5> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    url_.href_.append(digits.data(), end);
    return nullptr;
  }

  const char* path_start(std::string_view in) {
    if (special_ == nullptr && (in.empty() || in[0] != '/')) return tail(in);
    if (!in.empty() && is_slash(in[0])) in.remove_prefix(1);
    return path(in);
  }

  bool path_is_empty() const { return url_.href_.size() == url_.path_begin_; }

  // The segments of `in`, whose leading slash is taken off already.
  const char* path(std::string_view in) {
    if (const auto end = plain_path(in)) {
      url_.href_ += '/';
      encode_to(url_.href_, in.substr(0, *end), kPathSet);
      protect_path();
      return tail(in.substr(*end));
    }
    while (true) {
      std::size_t end = 0;
      while (end < in.size() && !is_slash(in[end]) && in[end] != '?' && in[end] != '#') ++end;
      const bool last = end == in.size() || !is_slash(in[end]);
      segment(in.substr(0, end), last);
      in.remove_prefix(end);
      if (last) break;
      in.remove_prefix(1);
    }
    protect_path();
    return tail(in);
  }

  // Finds the end of a path that has no dot segment, backslash or drive letter, so that it can be
  // copied unchanged.
  std::optional<std::size_t> plain_path(std::string_view in) const {
    if (file_) return std::nullopt;
    char before = '/';
    std::size_t end = 0;
    for (; end < in.size() && in[end] != '?' && in[end] != '#'; before = in[end++]) {
      const char c = in[end];
      if (c == '%' || c == '\\' || (c == '.' && before == '/')) return std::nullopt;
    }
    return end;
  }

  void segment(std::string_view text, bool last) {
    std::string& href = url_.href_;
    const int dots = dots_of(text);
    if (dots > 0) {
      if (dots == 2) shorten();
      if (last) href += '/';
      return;
    }
    const bool drive = file_ && path_is_empty() && is_drive_letter(text);
    href += '/';
    encode_to(href, text, kPathSet);
    if (drive) href.back() = ':';
  }

  // Removes the last segment; a drive letter at the root stays.
  void shorten() {
    std::string& href = url_.href_;
    if (path_is_empty()) return;
    const auto path = std::string_view(href).substr(url_.path_begin_);
    const auto slash = path.rfind('/');
    if (file_ && slash == 0 && path.size() == 3 && is_alpha(path[1]) && path[2] == ':') return;
    href.resize(url_.path_begin_ + slash);
  }

  // Without a host, a path that begins with two slashes would be read as a host.
  void protect_path() {
    if (url_.has_host_ || url_.opaque_path_) return;
    if (!std::string_view(url_.href_).substr(url_.path_begin_).starts_with("//")) return;
    url_.href_.insert(url_.path_begin_, "/.");
    url_.path_begin_ += 2;
    if (url_.query_begin_ != Url::kNone) url_.query_begin_ += 2;
  }

  // URL Standard, 4.4, opaque path state: spaces stay, but for one right before a query or
  // fragment.
  const char* opaque(std::string_view in) {
    no_authority();
    url_.opaque_path_ = true;
    const auto end = std::min(in.find_first_of("?#"), in.size());
    encode_to(url_.href_, in.substr(0, end), kC0Control);
    if (end < in.size() && end > 0 && in[end - 1] == ' ') {
      url_.href_.pop_back();
      url_.href_ += "%20";
    }
    return tail(in.substr(end));
  }

  const char* tail(std::string_view in) {
    return in.starts_with('?') ? query(in) : fragment_of(in);
  }

  const char* query(std::string_view in) {
    const auto end = std::min(in.find('#'), in.size());
    url_.query_begin_ = url_.href_.size();
    url_.href_ += '?';
    encode_to(url_.href_, in.substr(1, end - 1),
              special_ != nullptr ? kSpecialQuerySet : kQuerySet);
    return fragment_of(in.substr(end));
  }

  const char* fragment_of(std::string_view in) {
    if (in.empty()) return nullptr;
    url_.fragment_begin_ = url_.href_.size();
    url_.href_ += '#';
    encode_to(url_.href_, in.substr(1), kFragmentSet);
    return nullptr;
  }

  bool base_is_file() const { return base_ != nullptr && base_->scheme() == "file"; }

  const char* file(std::string_view in) {
    if (!in.empty() && is_slash(in[0])) return file_slash(in.substr(1));
    if (base_is_file()) return against_base(in);
    empty_host();
    return path(in);
  }

  void empty_host() {
    begin_authority();
    url_.host_end_ = url_.href_.size();
    end_authority();
  }

  const char* file_slash(std::string_view in) {
    if (!in.empty() && is_slash(in[0])) return file_host(in.substr(1));
    if (!base_is_file()) {
      empty_host();
      return path(in);
    }
    copy_base(base_->path_begin_);
    const auto root = base_->path().substr(0, 3);
    const bool drive = root.size() == 3 && is_drive_letter(root.substr(1)) && root[2] == ':' &&
                       (base_->path().size() == 3 || base_->path()[3] == '/');
    if (drive && !starts_with_drive_letter(in)) url_.href_ += root;
    return path(in);
  }

  const char* file_host(std::string_view in) {
    const auto end = std::min(in.find_first_of("/\\?#"), in.size());
    const auto host = in.substr(0, end);
    begin_authority();
    const bool drive = is_drive_letter(host);
    if (!drive && !host.empty()) {
      if (const char* wrong = append_host(url_.href_, host, HostKind::domain)) return wrong;
      const auto from = url_.host_begin_;
      if (std::string_view(url_.href_).substr(from) == "localhost") url_.href_.resize(from);
    }
    url_.host_end_ = url_.href_.size();
    end_authority();
    return drive ? path(in) : path_start(in.substr(end));
  }

  const Url* base_;
  Url url_;
  const SpecialScheme* special_ = nullptr;
  bool file_ = false;
};

Result<Url> parse(std::string_view input, const Url* base) {
  std::string clean;
  auto text = trimmed(input);
  const auto unusual = [](char c) { return static_cast<unsigned char>(c - ' ') >= 0x80 - ' '; };
  bool plain = true;
  for (const char c : text) plain &= !unusual(c);
  if (plain) return Parser(base).run(text);
  std::ranges::copy_if(text, std::back_inserter(clean),
                       [](char c) { return !kRemoved.contains(c); });
  if (!is_valid_utf8(clean)) clean = to_valid_utf8(clean);
  return Parser(base).run(clean);
}

}  // namespace gvm::url
