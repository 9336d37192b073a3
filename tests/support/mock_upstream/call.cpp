#include "support/mock_upstream/call.h"

#include <algorithm>
#include <cctype>

#include "base/error_codes.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::mock {
namespace {

constexpr std::string_view kGenerate = ":generateContent";
constexpr std::string_view kModels = "/models/";
constexpr std::string_view kSessionMark = "session=";

std::unexpected<Error> malformed(std::string detail) {
  return fail(codes::kMalformedRequest, Fatality::user, std::move(detail));
}

std::string string_or(const Value& body, std::string_view pointer) {
  return std::string(text::string_at(body, pointer).value_or(std::string_view()));
}

// A string, or the joined texts of a list of parts; counts the other parts as images.
void read_content(const Value& content, std::string& out, std::size_t& images) {
  if (const auto whole = content.as_string()) out += *whole;
  const auto* parts = content.as_array();
  if (parts == nullptr) return;
  for (const auto& part : *parts) {
    if (const auto text = text::string_at(part, "/text")) {
      out += *text;
    } else {
      ++images;
    }
  }
}

void read_messages(const Value& body, Call& call) {
  const Value* messages = body.find("messages");
  if (messages == nullptr || !messages->as_array()) return;
  for (const auto& message : *messages->as_array()) {
    const Value* content = message.find("content");
    if (content == nullptr) continue;
    const bool system = text::string_at(message, "/role") == "system";
    read_content(*content, system ? call.system : call.text, call.images);
  }
}

void read_openai(const Value& body, Call& call) {
  read_messages(body, call);
  call.json = text::at(body, "/response_format/type") != nullptr;
}

void read_anthropic(const Value& body, Call& call) {
  read_messages(body, call);
  call.system = string_or(body, "/system");
  call.tool = string_or(body, "/tool_choice/name");
  call.json = !call.tool.empty();
}

void read_google(const Value& body, Call& call, std::string_view target) {
  const auto name = target.find(kModels) + kModels.size();
  call.model = target.substr(name, target.find(kGenerate) - name);
  if (const Value* parts = text::at(body, "/contents/0/parts"))
    read_content(*parts, call.text, call.images);
  std::size_t no_images = 0;
  if (const Value* parts = text::at(body, "/system_instruction/parts"))
    read_content(*parts, call.system, no_images);
  call.json = text::string_at(body, "/generationConfig/responseMimeType") == "application/json";
}

void read_ollama(const Value& body, Call& call) {
  call.text = string_or(body, "/prompt");
  call.system = string_or(body, "/system");
  if (const Value* images = body.find("images"); images && images->as_array())
    call.images = images->as_array()->size();
  call.json = text::string_at(body, "/format") == "json";
}

void read_form(const Value& body, Call& call, std::string_view target) {
  switch (call.form) {
    case Form::openai_compatible:
      return read_openai(body, call);
    case Form::anthropic:
      return read_anthropic(body, call);
    case Form::google:
      return read_google(body, call, target);
    case Form::ollama:
      return read_ollama(body, call);
  }
}

std::string key_of(const HttpRequest& request) {
  constexpr std::string_view kBearer = "Bearer ";
  std::string_view key = request.header("authorization");
  if (key.starts_with(kBearer)) key.remove_prefix(kBearer.size());
  for (std::string_view name : {"x-api-key", "x-goog-api-key"}) {
    if (key.empty()) key = request.header(name);
  }
  return std::string(key);
}

std::string session_of(const HttpRequest& request, std::string_view text) {
  if (const auto named = request.header("x-mock-session"); !named.empty())
    return std::string(named);
  const auto at = text.find(kSessionMark);
  if (at == text.npos) return {};
  text.remove_prefix(at + kSessionMark.size());
  const auto end = std::ranges::find_if_not(
      text, [](unsigned char c) { return std::isalnum(c) || c == '-' || c == '_' || c == '.'; });
  return std::string(text.begin(), end);
}

}  // namespace

std::string_view HttpRequest::header(std::string_view name) const {
  const auto found = std::ranges::find(headers, name, &std::pair<std::string, std::string>::first);
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<Form> form_of(std::string_view target) {
  target = target.substr(0, target.find('?'));
  if (target.ends_with("/v1/chat/completions")) return Form::openai_compatible;
  if (target.ends_with("/v1/messages")) return Form::anthropic;
  if (target.ends_with("/api/generate")) return Form::ollama;
  if (target.ends_with(kGenerate) && target.find(kModels) != target.npos) return Form::google;
  return std::nullopt;
}

Result<Call> read_call(Form form, HttpRequest request) {
  const auto body = text::parse_json(request.body, text::JsonStrings::borrow);
  if (!body) return fail(body.error());
  if (!body->as_map()) return malformed("the body is no object");
  Call call;
  call.form = form;
  call.model = string_or(*body, "/model");
  read_form(*body, call, request.target);
  if (call.model.empty()) return malformed("the model is missing");
  if (call.text.empty() && call.images == 0) return malformed("the prompt is missing");
  if (const Value* stream = body->find("stream"); stream && stream->as_bool() && *stream->as_bool())
    return malformed("streaming is not offered here");
  // For models without a JSON switch, the prompt asks for JSON in words.
  call.json |= call.system.find("JSON") != call.system.npos;
  call.key = key_of(request);
  call.session = session_of(request, call.text);
  call.headers = std::move(request.headers);
  return call;
}

}  // namespace gvm::mock
