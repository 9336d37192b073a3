#include "apps/front/show_reply.h"

#include <fmt/format.h>

#include <fstream>
#include <optional>

#include "apps/front/commands.h"
#include "base/encoding.h"
#include "base/json.h"

namespace gvm::apps {
namespace {

std::string_view bytes_of(const Value& value) {
  return value.as_bytes().value_or(value.as_string().value_or(""));
}

std::string show_data(const Value& data) {
  if (auto text = data.as_string()) return std::string(*text);
  return json::write(data);
}

std::string show_llm(const Value& ok) {
  const Value* data = ok.find("data");
  std::string text = data ? show_data(*data) : json::write(ok);
  if (const Value* gen = ok.find("consumed_gen");
      gen && gen->as_integer() && *gen->as_integer() != Integer(0)) {
    text += fmt::format("\n(consumed_gen: {})", gen->as_integer()->to_string());
  }
  return text;
}

// Empty when the file cannot be written.
std::optional<std::string> kept(std::string_view bytes, const std::string& file) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.flush();
  if (!out) return std::nullopt;
  return fmt::format("({} bytes in {})", bytes.size(), file);
}

Shown show_bytes(std::string head, std::string_view bytes, const std::string& out_file) {
  if (!out_file.empty()) {
    auto where = kept(bytes, out_file);
    if (!where) return {kExitFailure, "call: cannot write " + out_file};
    return {kExitOk, head + *where};
  }
  const bool readable = is_valid_utf8(bytes) && bytes.find('\0') == std::string_view::npos;
  return {kExitOk,
          head + (readable ? std::string(bytes)
                           : fmt::format("({} bytes; --out FILE keeps them)", bytes.size()))};
}

Shown show_response(const Value& response, const std::string& out_file) {
  std::string head = fmt::format("HTTP {}\n", show_data(*response.find("status")));
  if (const Value* headers = response.find("headers"); headers && headers->as_map()) {
    for (const auto& [name, value] : *headers->as_map())
      head += fmt::format("{}: {}\n", name.view(), bytes_of(value));
  }
  const Value* body = response.find("body");
  return show_bytes(head + "\n", body ? bytes_of(*body) : std::string_view(), out_file);
}

Shown show_ok(const Value& ok, const std::string& out_file) {
  if (const Value* response = ok.find("response")) return show_response(*response, out_file);
  if (const Value* image = ok.find("image")) return show_bytes("", bytes_of(*image), out_file);
  if (const Value* text = ok.find("text")) return show_bytes("", bytes_of(*text), out_file);
  return {kExitOk, show_llm(ok)};
}

}  // namespace

Shown show_reply(const Value& reply, const std::string& out_file) {
  if (const Value* ok = reply.find("Ok")) return show_ok(*ok, out_file);
  if (const Value* error = reply.find("UserError"))
    return {kExitUserError, "UserError: " + json::write(*error)};
  if (const Value* error = reply.find("FatalError"))
    return {kExitFatalError, "FatalError: " + show_data(*error)};
  return {kExitUnreachable, "an unknown reply: " + json::write(reply)};
}

}  // namespace gvm::apps
