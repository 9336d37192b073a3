#include "signing/message.h"

#include <algorithm>

#include "base/ascii.h"
#include "signing/codes.h"
#include "signing/letters.h"
#include "url/scheme.h"

namespace gvm::signing {
namespace {

std::unexpected<Error> malformed(std::string what) {
  return fail(codes::kMalformedMessage, Fatality::user, std::move(what));
}

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

// Each line folding, with the white space around it, becomes one space (RFC 9112, 5.2). A line
// break that is not a folding stays, and the caller refuses it.
std::string unfolded(std::string_view text) {
  std::string out;
  std::size_t i = 0;
  while (i < text.size()) {
    const std::size_t line_end = text.substr(i).starts_with("\r\n") ? i + 2
                                 : text[i] == '\n'                  ? i + 1
                                                                    : i;
    if (line_end == i || line_end == text.size() || !is_blank(text[line_end])) {
      out += text[i++];
      continue;
    }
    while (!out.empty() && is_blank(out.back())) out.pop_back();
    out += ' ';
    i = line_end;
    while (i < text.size() && is_blank(text[i])) ++i;
  }
  return out;
}

// RFC 9421, 2.2.3: lower case, without the default port of the scheme.
Result<std::string> normal_authority(std::string_view scheme, std::string_view given) {
  std::string authority = lowered(given);
  if (authority.empty() ||
      !all_of(authority, [](char c) { return is_printable(c) && c != ' ' && c != '@'; }) ||
      authority.find_first_of("/?#\\") != std::string::npos) {
    return malformed("the authority is no host with an optional port");
  }
  const auto colon = authority.rfind(':');
  const auto bracket = authority.rfind(']');
  if (colon == std::string::npos || (bracket != std::string::npos && colon < bracket))
    return authority;
  const std::string port = authority.substr(colon + 1);
  if (!all_of(port, is_digit)) return malformed("the port is no number");
  const auto* special = url::find_special(scheme);
  const bool is_default =
      special != nullptr && special->default_port && port == std::to_string(*special->default_port);
  if (port.empty() || is_default) authority.resize(colon);
  return authority;
}

void split_path(Target& target, std::string_view path_and_query) {
  const auto question = path_and_query.find('?');
  target.path = path_and_query.substr(0, question);
  if (target.path.empty()) target.path = "/";
  target.query = "?";
  if (question != std::string_view::npos) target.query = path_and_query.substr(question);
}

Result<Target> absolute_form(std::string_view text) {
  const auto colon = text.find("://");
  Target target;
  target.scheme = lowered(text.substr(0, colon));
  const auto rest = text.substr(colon + 3);
  const auto path = std::min(rest.find_first_of("/?"), rest.size());
  auto authority = normal_authority(target.scheme, rest.substr(0, path));
  if (!authority) return fail(std::move(authority.error()));
  target.authority = std::move(*authority);
  split_path(target, rest.substr(path));
  target.uri = text;
  target.request_target = text;
  return target;
}

}  // namespace

bool same_field_name(std::string_view a, std::string_view b) {
  return equal_ignoring_case(a, b);
}

Target Target::of_url(const url::Url& url) {
  Target target;
  target.scheme = url.scheme();
  target.authority = url.host();  // already without a default port
  target.request_target = url.request_target();
  split_path(target, target.request_target);
  target.uri = target.scheme + "://" + target.authority + target.request_target;
  return target;
}

Result<Target> Target::of_wire(std::string_view scheme, std::string_view method,
                               std::string_view request_target, std::string_view host) {
  if (request_target.empty() ||
      !all_of(request_target, [](char c) { return is_printable(c) && c != ' ' && c != '#'; })) {
    return malformed("the request target is empty or has a wrong letter");
  }
  const bool asterisk = request_target == "*";
  const bool connect = method == "CONNECT";
  if (!connect && !asterisk && request_target.front() != '/') {
    if (request_target.find("://") == std::string_view::npos)
      return malformed("the request target has none of the four forms");
    return absolute_form(request_target);
  }
  Target target;
  target.scheme = lowered(scheme);
  auto authority = normal_authority(target.scheme, connect ? request_target : host);
  if (!authority) return fail(std::move(authority.error()));
  target.authority = std::move(*authority);
  // RFC 9112, 3.3: these two forms have no path.
  const auto path_and_query = connect || asterisk ? std::string_view() : request_target;
  split_path(target, path_and_query);
  target.uri = target.scheme + "://" + target.authority + std::string(path_and_query);
  target.request_target = request_target;
  return target;
}

Message Message::of_request(std::string method, const url::Url& url, Fields headers) {
  Message message;
  message.method = std::move(method);
  message.target = Target::of_url(url);
  message.headers = std::move(headers);
  return message;
}

Message Message::of_response(int status, Fields headers, const Message* request) {
  Message message;
  message.kind = Kind::response;
  message.status = status;
  message.headers = std::move(headers);
  message.request = request;
  return message;
}

std::vector<std::string> field_lines(const Fields& fields, std::string_view name) {
  std::vector<std::string> lines;
  for (const auto& field : fields) {
    if (same_field_name(field.name, name)) lines.emplace_back(trim(unfolded(field.value)));
  }
  return lines;
}

std::optional<std::string> field_value(const Fields& fields, std::string_view name) {
  const auto lines = field_lines(fields, name);
  if (lines.empty()) return std::nullopt;
  std::string value = lines.front();
  for (std::size_t i = 1; i < lines.size(); ++i) value.append(", ").append(lines[i]);
  return value;
}

void remove_field(Fields& fields, std::string_view name) {
  std::erase_if(fields, [name](const Field& field) { return same_field_name(field.name, name); });
}

}  // namespace gvm::signing
