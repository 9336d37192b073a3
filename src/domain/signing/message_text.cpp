#include "signing/message_text.h"

#include <charconv>

#include "signing/codes.h"
#include "signing/letters.h"

namespace gvm::signing {
namespace {

std::unexpected<Error> malformed(std::string what) {
  return fail(codes::kMalformedMessage, Fatality::user, std::move(what));
}

std::optional<std::size_t> number(std::string_view digits, int base) {
  std::size_t value = 0;
  const auto end = digits.data() + digits.size();
  const auto read = std::from_chars(digits.data(), end, value, base);
  if (digits.empty() || read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

  std::string_view line() {
    const auto end = std::min(rest_.find('\n'), rest_.size());
    auto line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  std::string_view bytes(std::size_t count) {
    const auto taken = rest_.substr(0, count);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  // The text up to and including the empty line, or up to the end.
  Result<Fields> fields() {
    Fields fields;
    while (!at_end()) {
      const auto text = line();
      if (text.empty()) break;
      if (text.front() == ' ' || text.front() == '\t') {
        if (fields.empty()) return malformed("the first field line is folded");
        fields.back().value.append("\r\n").append(text);
        continue;
      }
      const auto colon = text.find(':');
      const auto name = text.substr(0, colon);
      if (colon == std::string_view::npos || name.empty() || !all_of(name, is_tchar))
        return malformed("a field line has no name, or white space before its colon");
      fields.push_back({std::string(name), std::string(text.substr(colon + 1))});
    }
    return fields;
  }

 private:
  std::string_view rest_;
};

Result<void> read_status_line(Message& message, std::string_view line) {
  message.kind = Message::Kind::response;
  const auto space = line.find(' ');
  const auto status =
      space == std::string_view::npos ? std::nullopt : number(line.substr(space + 1, 3), 10);
  if (!status || *status < 100) return malformed("the status line has no status of three digits");
  message.status = static_cast<int>(*status);
  return {};
}

Result<void> read_target(Message& message, std::string_view line, std::string_view scheme) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last ||
      !line.substr(last + 1).starts_with("HTTP/"))
    return malformed("the first line is neither METHOD TARGET HTTP/x nor HTTP/x STATUS");
  message.method = line.substr(0, first);
  if (message.method.empty() || !all_of(message.method, is_tchar))
    return malformed("the method has a wrong letter");
  const auto hosts = field_lines(message.headers, "host");
  if (hosts.size() > 1) return malformed("there are several Host fields");
  auto target = Target::of_wire(scheme, message.method, line.substr(first + 1, last - first - 1),
                                hosts.empty() ? "" : hosts.front());
  if (!target) return fail(std::move(target.error()));
  message.target = std::move(*target);
  return {};
}

Result<void> read_chunks(Message& message, Reader& reader) {
  std::string body;
  while (true) {
    const auto line = reader.line();
    const auto size = number(line.substr(0, line.find(';')), 16);
    if (!size) return malformed("a chunk has no size");
    if (*size == 0) break;
    const auto chunk = reader.bytes(*size);
    if (chunk.size() != *size || !reader.line().empty())
      return malformed("a chunk is not as long as it says");
    body += chunk;
  }
  message.body = std::move(body);
  auto trailers = reader.fields();
  if (!trailers) return fail(std::move(trailers.error()));
  message.trailers = std::move(*trailers);
  return {};
}

bool is_chunked(const Message& message) {
  const auto coding = field_value(message.headers, "transfer-encoding");
  return coding && coding->ends_with("chunked");
}

Result<void> read_body(Message& message, Reader& reader) {
  if (is_chunked(message)) return read_chunks(message, reader);
  const auto length = field_value(message.headers, "content-length");
  if (!length) {
    message.body = std::string(reader.rest());
    return {};
  }
  const auto size = number(*length, 10);
  if (!size) return malformed("Content-Length is no number");
  message.body = std::string(reader.bytes(*size));
  if (message.body->size() != *size) return malformed("the body is shorter than Content-Length");
  return {};
}

void write_fields(std::string& out, const Fields& fields) {
  for (const auto& field : fields) {
    out.append(field.name).append(field.value.starts_with(' ') ? ":" : ": ");
    out.append(field.value).append("\r\n");
  }
}

// The whole body as one chunk.
void write_chunks(std::string& out, const Message& message) {
  char size[17];
  const std::size_t length = message.body ? message.body->size() : 0;
  const auto end = std::to_chars(size, size + sizeof size, length, 16).ptr;
  if (length > 0) {
    out.append(size, end).append("\r\n").append(*message.body).append("\r\n");
  }
  out += "0\r\n";
  write_fields(out, message.trailers);
  out += "\r\n";
}

}  // namespace

Result<Message> parse_message(std::string_view text, std::string_view scheme) {
  Reader reader(text);
  const auto first = reader.line();
  Message message;
  auto headers = reader.fields();
  if (!headers) return fail(std::move(headers.error()));
  message.headers = std::move(*headers);
  const auto started = first.starts_with("HTTP/") ? read_status_line(message, first)
                                                  : read_target(message, first, scheme);
  if (!started) return fail(started.error());
  if (auto body = read_body(message, reader); !body) return fail(std::move(body.error()));
  return message;
}

std::string write_message(const Message& message) {
  std::string out;
  if (message.kind == Message::Kind::request)
    out.append(message.method)
        .append(" ")
        .append(message.target.request_target)
        .append(" HTTP/1.1");
  else
    out.append("HTTP/1.1 ").append(std::to_string(message.status)).append(" ");
  out += "\r\n";
  write_fields(out, message.headers);
  out += "\r\n";
  if (is_chunked(message))
    write_chunks(out, message);
  else if (message.body)
    out += *message.body;
  return out;
}

}  // namespace gvm::signing
