#include "wall/asker.h"

#include <stdexcept>

#include "base/json.h"
#include "text/json.h"

namespace gvm::wall {
namespace {

constexpr std::string_view kBlankLine = "\r\n\r\n";

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kName = "content-length: ";
  const auto at = head.find(kName);
  if (at == head.npos) throw std::runtime_error("no length: " + std::string(head));
  return std::stoull(std::string(head.substr(at + kName.size())));
}

}  // namespace

Value HttpAnswer::json() const {
  auto parsed = text::parse_json(body);
  if (!parsed) throw std::runtime_error("no JSON: " + body);
  return std::move(*parsed);
}

HttpAnswer Asker::post(std::string_view path, std::string_view body, std::string_view headers) {
  send(path, body, headers);
  return receive();
}

HttpAnswer Asker::get(std::string_view path) {
  client_.send("GET " + std::string(path) + " HTTP/1.1\r\nhost: localhost\r\n\r\n");
  return receive();
}

void Asker::send(std::string_view path, std::string_view body, std::string_view headers) {
  client_.send("POST " + std::string(path) + " HTTP/1.1\r\nhost: localhost\r\n" +
               std::string(headers) + "content-length: " + std::to_string(body.size()) +
               std::string(kBlankLine) + std::string(body));
}

HttpAnswer Asker::receive() {
  const auto more = [this] {
    const std::string piece = client_.read_some();
    if (piece.empty()) throw std::runtime_error("closed after: " + buffered_);
    buffered_ += piece;
  };
  while (buffered_.find(kBlankLine) == std::string::npos) more();
  const std::size_t head = buffered_.find(kBlankLine) + kBlankLine.size();
  HttpAnswer answer;
  answer.head = buffered_.substr(0, head);
  answer.status = std::stoi(answer.head.substr(answer.head.find(' ')));
  const std::size_t length = content_length(answer.head);
  while (buffered_.size() < head + length) more();
  answer.body = buffered_.substr(head, length);
  buffered_.erase(0, head + length);
  return answer;
}

std::string chat(std::string_view text, std::string_view model) {
  const Value message =
      Value::fields("role", Value::string("user"), "content", Value::string(std::string(text)));
  return json::write(
      Value::fields("model", Value::string(std::string(model)), "messages", Value::list(message)));
}

}  // namespace gvm::wall
