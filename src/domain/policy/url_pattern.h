#pragma once
// One entry of an allow or deny list, or of a route's hosts.
//
//   [scheme://]host[:port][/path]   '*' in the host stands for any run of characters, dots
//   included:
//                                   "*.example.com" are all hosts below example.com, but not
//                                   itself. No scheme: http and https. No port: any. No path: any.
//   /path without '*'               that path and everything below: "/api" covers "/api", "/api/x",
//                                   "/api?x", but not "/apix"; "/api/" covers what is below it
//   /path with '*'                  the whole path: '*' any run without '/', '**' any run
//   re:EXPRESSION                   RE2 against the whole URL without its fragment
//
// A path has two forms: as it is sent (escapes of unreserved characters decoded), and as lenient
// servers read it (all escapes decoded, slashes merged, dot segments removed). A deny list matches
// when either form does, an allow list only when both do: no spelling slips by either.
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "url/url.h"

namespace gvm::policy {

// A URL prepared for matching against many patterns.
struct UrlForms {
  explicit UrlForms(const url::Url& url);

  // Scheme, host, port, that form of the path, query: what expressions are matched against.
  std::string sent_url() const { return with_path(sent_path); }
  std::string lenient_url() const { return with_path(lenient_path); }

  const url::Url& url;
  std::string_view host;  // without one trailing dot
  std::string sent_path;
  std::string lenient_path;

 private:
  std::string with_path(std::string_view path) const;
};

enum class Match { either_form, both_forms };

class UrlPattern {
 public:
  // INVALID_CONFIG; the detail says what is wrong with `text`.
  static Result<UrlPattern> compile(std::string_view text);

  UrlPattern(UrlPattern&&) noexcept;
  UrlPattern& operator=(UrlPattern&&) noexcept;
  ~UrlPattern();

  bool matches(const UrlForms& forms, Match match) const;
  std::string_view text() const { return text_; }

 private:
  struct Compiled;
  UrlPattern(std::string text, std::unique_ptr<const Compiled> compiled);

  std::string text_;
  std::unique_ptr<const Compiled> compiled_;
};

// '*' stands for any run of characters, dots included. Linear in both lengths' product at worst.
bool host_matches(std::string_view pattern, std::string_view host);

}  // namespace gvm::policy
