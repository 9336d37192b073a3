#include "net/request_headers.h"

#include <algorithm>
#include <cstring>

#include "base/ascii.h"
#include "net/body_decoder.h"

namespace gvm::net {
namespace {

// Larger text buffers are freed instead of being kept for the next request.
constexpr std::size_t kKeptText = 16 * kKiB;

std::optional<std::string> problem_with(std::string_view name, std::string_view value) {
  if (!is_token(name)) return "a request header's name holds a character that is not allowed";
  if (!is_field_value(value))
    return "request header " + std::string(name) + " holds a control character";
  if (is_set_by_client(name))
    return "request header " + std::string(name) + " is set by the client itself";
  return std::nullopt;
}

bool has(const HttpRequest& request, std::string_view name) {
  const auto named = [&](const auto& header) { return equal_ignoring_case(header.name, name); };
  return std::ranges::any_of(request.headers, named) ||
         std::ranges::any_of(request.secret_headers, named);
}

// An upper bound for the text of the list. It must not grow while it holds secrets, because growing
// leaves copies in memory.
std::size_t text_size(const HttpRequest& request) {
  constexpr std::size_t kSeparators = 4;
  constexpr std::size_t kLeftOut = 96;  // and what is added
  std::size_t size = kLeftOut;
  for (const auto& h : request.headers) size += h.name.size() + h.value.size() + kSeparators;
  for (const auto& h : request.secret_headers) {
    size += h.name.size() + h.prefix.size() + h.value.reveal().size() + kSeparators;
  }
  return size;
}

}  // namespace

// RFC 9110, 8.6: a length is sent even for an empty body when the method gives a body a meaning.
bool sends_body(const HttpRequest& request) {
  return request.has_body || !request.body.empty() || request.method == "POST" ||
         request.method == "PUT" || request.method == "PATCH";
}

std::optional<std::string> RequestHeaders::build(const HttpRequest& request) {
  clear();
  auto problem = collect(request);
  if (problem) {
    clear();
  } else {
    link();
  }
  return problem;
}

std::optional<std::string> RequestHeaders::collect(const HttpRequest& request) {
  text_.reserve(text_size(request));
  for (const auto& [name, value] : request.headers) {
    // libcurl writes the length; the caller's header is dropped when it has the same value.
    if (equal_ignoring_case(name, "content-length")) {
      if (value == std::to_string(request.body.size())) continue;
      return "request header content-length is not the length of the body";
    }
    if (auto problem = problem_with(name, value)) return problem;
    add(name, {}, value);
  }
  for (const auto& [name, prefix, value] : request.secret_headers) {
    if (auto problem = problem_with(name, value.reveal())) return problem;
    if (auto problem = problem_with(name, prefix)) return problem;
    add(name, prefix, value.reveal());
  }
  // A range is one of the encoded bytes: a part of a compressed answer could not be read.
  if (!has(request, "accept-encoding"))
    add("Accept-Encoding", {}, has(request, "range") ? "identity" : kOfferedCodings);
  if (sends_body(request)) {
    leave_out("Expect");
    if (!has(request, "content-type")) leave_out("Content-Type");
  }
  return std::nullopt;
}

// "Name:" alone keeps libcurl from adding its own header of that name.
void RequestHeaders::leave_out(std::string_view name) {
  starts_.push_back(text_.size());
  text_.append(name).append(":").push_back('\0');
}

void RequestHeaders::add(std::string_view name, std::string_view prefix, std::string_view value) {
  starts_.push_back(text_.size());
  text_.append(name);
  // "Name;" is libcurl's way to send a header without a value.
  if (prefix.empty() && value.find_first_not_of(" \t") == std::string_view::npos) {
    text_.push_back(';');
  } else {
    text_.append(": ").append(prefix).append(value);
  }
  text_.push_back('\0');
}

// From here on the text does not move in memory.
void RequestHeaders::link() {
  nodes_.resize(starts_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    nodes_[i].data = text_.data() + starts_[i];
    nodes_[i].next = i + 1 < nodes_.size() ? &nodes_[i + 1] : nullptr;
  }
}

void RequestHeaders::clear() {
  explicit_bzero(text_.data(), text_.size());
  text_.clear();
  if (text_.capacity() > kKeptText) std::string().swap(text_);
  nodes_.clear();
  starts_.clear();
}

}  // namespace gvm::net
