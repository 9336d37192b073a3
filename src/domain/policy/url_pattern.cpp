#include "policy/url_pattern.h"

#include <re2/re2.h>
#include <re2/stringpiece.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/error_codes.h"
#include "base/size.h"
#include "policy/url_path.h"

namespace gvm::policy {
namespace {

constexpr std::string_view kExpression = "re:";
constexpr std::size_t kMaxPatternBytes = 4096;
constexpr std::int64_t kMaxExpressionMemory = 4 * kMiB;  // RE2's programs and caches, a pattern

std::unexpected<Error> bad(std::string_view text, std::string_view problem) {
  return fail(codes::kInvalidConfig, Fatality::fatal,
              "the URL pattern \"" + std::string(text) + "\" " + std::string(problem));
}

std::string_view without_dot(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

// RE2's view of a text. Newer versions of RE2 take Abseil's string_view, to which std::string_view
// does not convert.
re2::StringPiece piece(std::string_view text) {
  return {text.data(), text.size()};
}

std::unique_ptr<RE2> compile_expression(std::string_view expression) {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxExpressionMemory);
  options.set_dot_nl(true);
  return std::make_unique<RE2>(piece(expression), options);
}

// '**' is any run, '*' any run without a slash.
std::unique_ptr<RE2> compile_glob(std::string_view glob) {
  std::string expression;
  for (std::size_t i = 0; i < glob.size(); ++i) {
    if (glob[i] != '*') {
      expression += RE2::QuoteMeta(piece(glob.substr(i, 1)));
    } else if (glob.substr(i).starts_with("**")) {
      expression += ".*";
      ++i;
    } else {
      expression += "[^/]*";
    }
  }
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kMaxExpressionMemory);
  options.set_dot_nl(true);
  options.set_encoding(RE2::Options::EncodingLatin1);  // a decoded path may contain any bytes
  return std::make_unique<RE2>(expression, options);
}

// Matches one form of a pattern's path against the same form of a URL's path.
class PathPattern {
 public:
  explicit PathPattern(std::string path) : path_(std::move(path)) {
    if (path_.contains('*')) glob_ = compile_glob(path_);
  }
  bool valid() const { return !glob_ || glob_->ok(); }
  bool matches(std::string_view path) const {
    if (glob_) return RE2::FullMatch(piece(path), *glob_);
    if (!path.starts_with(path_)) return false;
    return path.size() == path_.size() || path_.ends_with('/') || path[path_.size()] == '/';
  }

 private:
  std::string path_;
  std::unique_ptr<RE2> glob_;
};

struct Parts {
  std::string_view scheme;
  std::string_view host;
  std::string_view port;
  std::string_view path;
};

Parts split(std::string_view text) {
  Parts out;
  if (const auto end = text.find("://"); end != std::string_view::npos) {
    out.scheme = text.substr(0, end);
    text.remove_prefix(end + 3);
  }
  const auto slash = std::min(text.find('/'), text.size());
  out.path = text.substr(slash);
  out.host = text.substr(0, slash);
  const auto bracket = out.host.rfind(']');
  const auto colon = out.host.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    out.port = out.host.substr(colon + 1);
    out.host = out.host.substr(0, colon);
  }
  return out;
}

std::optional<std::uint16_t> port_number(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (failure != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

}  // namespace

struct UrlPattern::Compiled {
  std::unique_ptr<RE2> expression;  // when set, all other members are empty
  std::string scheme;               // empty: http and https
  std::string host;
  std::optional<std::uint16_t> port;
  std::optional<PathPattern> sent;  // both forms are set, or neither
  std::optional<PathPattern> lenient;

  bool authority_matches(const UrlForms& forms) const {
    return (scheme.empty() || scheme == forms.url.scheme()) &&
           (!port || port == forms.url.effective_port()) && host_matches(host, forms.host);
  }

  const char* set_authority(const Parts& parts);
  const char* set_path(std::string_view path);
};

const char* UrlPattern::Compiled::set_authority(const Parts& parts) {
  if (!parts.scheme.empty() && parts.scheme != "http" && parts.scheme != "https")
    return "has a scheme other than http and https";
  scheme = parts.scheme;
  if (!parts.port.empty() && parts.port != "*") {
    port = port_number(parts.port);
    if (!port) return "has a port that is no number from 1 to 65535";
  }
  if (parts.host.empty()) return "has no host";
  if (parts.host.find_first_of("?#@\\ \t\r\n") != std::string_view::npos)
    return "has a forbidden character in its host";
  const auto canonical = url::parse("http://" + std::string(parts.host) + "/");
  if (!canonical) return "has a host that is none";
  host = without_dot(canonical->hostname());
  return nullptr;
}

const char* UrlPattern::Compiled::set_path(std::string_view path) {
  if (path.empty()) return nullptr;
  if (path.find_first_of("?#") != std::string_view::npos)
    return "has a query or a fragment; use re: for queries";
  const auto canonical = url::parse("http://h" + std::string(path));
  if (!canonical) return "has a path that is none";
  sent.emplace(sent_path(canonical->path()));
  lenient.emplace(lenient_path(canonical->path()));
  return sent->valid() && lenient->valid() ? nullptr : "is too large";
}

Result<UrlPattern> UrlPattern::compile(std::string_view text) {
  if (text.size() > kMaxPatternBytes) return bad(text.substr(0, 40), "is too long");
  auto compiled = std::make_unique<Compiled>();
  if (text.starts_with(kExpression)) {
    compiled->expression = compile_expression(text.substr(kExpression.size()));
    if (!compiled->expression->ok()) return bad(text, "is wrong: " + compiled->expression->error());
    return UrlPattern(std::string(text), std::move(compiled));
  }
  const Parts parts = split(text);
  const char* problem = compiled->set_authority(parts);
  if (problem == nullptr) problem = compiled->set_path(parts.path);
  if (problem != nullptr) return bad(text, problem);
  return UrlPattern(std::string(text), std::move(compiled));
}

UrlPattern::UrlPattern(std::string text, std::unique_ptr<const Compiled> compiled)
    : text_(std::move(text)), compiled_(std::move(compiled)) {}
UrlPattern::UrlPattern(UrlPattern&&) noexcept = default;
UrlPattern& UrlPattern::operator=(UrlPattern&&) noexcept = default;
UrlPattern::~UrlPattern() = default;

bool UrlPattern::matches(const UrlForms& forms, Match match) const {
  const auto combine = [match](bool sent, bool lenient) {
    return match == Match::either_form ? sent || lenient : sent && lenient;
  };
  if (compiled_->expression) {
    return combine(RE2::FullMatch(piece(forms.sent_url()), *compiled_->expression),
                   RE2::FullMatch(piece(forms.lenient_url()), *compiled_->expression));
  }
  if (!compiled_->authority_matches(forms)) return false;
  if (!compiled_->sent) return true;
  return combine(compiled_->sent->matches(forms.sent_path),
                 compiled_->lenient->matches(forms.lenient_path));
}

UrlForms::UrlForms(const url::Url& of)
    : url(of),
      host(without_dot(of.hostname())),
      sent_path(policy::sent_path(of.path())),
      lenient_path(policy::lenient_path(of.path())) {}

std::string UrlForms::with_path(std::string_view path) const {
  std::string out(url.scheme());
  out.append("://").append(host);
  if (const auto port = url.port()) out.append(":").append(std::to_string(*port));
  return out.append(path).append(url.search());
}

// After a mismatch the last '*' is extended by one character.
bool host_matches(std::string_view pattern, std::string_view host) {
  std::size_t p = 0;
  std::size_t h = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resumed = 0;
  while (h < host.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resumed = h;
    } else if (p < pattern.size() && pattern[p] == host[h]) {
      ++p;
      ++h;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      h = ++resumed;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace gvm::policy
