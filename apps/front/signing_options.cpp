#include "apps/front/signing_options.h"

#include <CLI/Option.hpp>
#include <cstdio>
#include <cstdlib>

#include "apps/front/input.h"
#include "signing/codes.h"
#include "signing/message_text.h"

namespace gvm::apps {
namespace {

using signing::Message;

std::unexpected<Error> unreadable(std::string what) {
  return fail(codes::kMalformedMessage, Fatality::user, std::move(what));
}

// Fields that a client would add: without them the printed message would be incomplete.
void add_usual_fields(Message& message) {
  auto& fields = message.headers;
  if (!signing::field_value(fields, "host"))
    fields.insert(fields.begin(), {"Host", message.target.authority});
  if (message.body && !signing::field_value(fields, "content-length"))
    fields.push_back({"Content-Length", std::to_string(message.body->size())});
}

Result<Message> from_parts(const MessageOptions& options) {
  const auto url = url::parse(options.url);
  if (!url) return fail(url.error());
  if (!url->has_host() || url->hostname().empty()) return unreadable("the URL has no host");
  signing::Fields headers;
  for (const auto& header : options.headers) {
    const auto colon = header.find(':');
    if (colon == std::string::npos || colon == 0)
      return unreadable("a header is given as 'Name: value'");
    const auto value = header.find_first_not_of(" \t", colon + 1);
    headers.push_back(
        {header.substr(0, colon), value == std::string::npos ? "" : header.substr(value)});
  }
  auto message = Message::of_request(options.method, *url, std::move(headers));
  if (!options.body.empty()) {
    auto body = text_or_file(options.body);
    if (!body) return unreadable(std::move(body.error()));
    message.body = std::move(*body);
  }
  add_usual_fields(message);
  return message;
}

Result<Message> from_file(const std::string& name, const std::string& scheme) {
  const auto text = name == "-" ? text_or_file(name) : read_file(name);
  if (!text) return unreadable(text.error());
  return signing::parse_message(*text, scheme);
}

Result<signing::FieldTypes> read_types(const std::vector<std::string>& given) {
  signing::FieldTypes types;
  for (const auto& text : given) {
    const auto equals = std::min(text.find('='), text.size());
    const auto type = text.substr(std::min(equals + 1, text.size()));
    const auto name = text.substr(0, equals);
    if (type == "dictionary")
      types[name] = signing::FieldType::dictionary;
    else if (type == "list")
      types[name] = signing::FieldType::list;
    else if (type == "item")
      types[name] = signing::FieldType::item;
    else
      return unreadable("--structured is NAME=dictionary, NAME=list or NAME=item");
  }
  return types;
}

std::expected<Secret, std::string> key_text(const KeyOptions& options) {
  if (!options.variable.empty()) {
    const char* value = std::getenv(options.variable.c_str());
    if (value == nullptr) return std::unexpected(options.variable + " is not set");
    return Secret(value);
  }
  auto text = read_file(options.file);
  if (!text) return std::unexpected(std::move(text.error()));
  return Secret(std::move(*text));
}

}  // namespace

void add_message_options(CLI::App& command, MessageOptions& options) {
  auto* file = command.add_option("message", options.file,
                                  "a file with an HTTP/1.1 request or response as text, or - for "
                                  "standard input");
  auto* url = command.add_option("--url", options.url, "instead of a file: the request's URL");
  url->excludes(file);
  command.add_option("--method", options.method, "with --url: the method, default GET")->needs(url);
  command.add_option("--header", options.headers, "with --url: 'Name: value'; may be repeated")
      ->needs(url)
      ->allow_extra_args(false);
  command.add_option("--body", options.body, "with --url: the body, @FILE or - for standard input")
      ->needs(url);
  command.add_option(
      "--scheme", options.scheme,
      "of the request in a file, whose text does not say it: https (default) or http");
  command.add_option("--request", options.request_file,
                     "of a response: a file with the request it answers, for components with ;req");
  command
      .add_option("--structured", options.structured,
                  "NAME=dictionary|list|item: the type of a field that is covered with ;sf")
      ->allow_extra_args(false);
}

void add_key_options(CLI::App& command, KeyOptions& options) {
  auto* group = command.add_option_group("key", "where the key is (never an argument itself)");
  group->add_option("--key-file", options.file,
                    "a file with PEM, hex or base64; hmac-sha256, ed25519 and secp256k1 take the "
                    "latter two");
  group->add_option("--key-env", options.variable, "an environment variable that holds the same");
  group->require_option(1);
  command
      .add_option("--algorithm", options.algorithm,
                  "ed25519, ecdsa-p256-sha256, ecdsa-p384-sha384, rsa-pss-sha512, "
                  "rsa-v1_5-sha256, hmac-sha256 or secp256k1 (ES256K)")
      ->required();
}

Result<LoadedMessage> load_message(const MessageOptions& options) {
  if (options.file.empty() && options.url.empty())
    return unreadable("give a message: a file, - or --url");
  auto message =
      options.url.empty() ? from_file(options.file, options.scheme) : from_parts(options);
  if (!message) return fail(std::move(message.error()));
  auto types = read_types(options.structured);
  if (!types) return fail(std::move(types.error()));
  LoadedMessage loaded{std::move(*message), nullptr, std::move(*types)};
  if (options.request_file.empty()) return loaded;
  auto request = from_file(options.request_file, options.scheme);
  if (!request) return fail(request.error().add_cause("in " + options.request_file));
  loaded.request = std::make_unique<Message>(std::move(*request));
  loaded.message.request = loaded.request.get();
  return loaded;
}

Result<signing::Key> load_key(const KeyOptions& options, signing::KeyUse use) {
  const auto algorithm = signing::find_algorithm(options.algorithm);
  if (!algorithm)
    return fail(codes::kSignBadKey, Fatality::user,
                "there is no algorithm \"" + options.algorithm + "\"");
  const auto text = key_text(options);
  if (!text) return fail(codes::kSignBadKey, Fatality::user, text.error());
  return signing::Key::load(*algorithm, *text, use);
}

int complain(const char* command, const Error& error, SigningExit code) {
  std::fprintf(stderr, "%s: %s\n", command, error.to_string().c_str());
  return code;
}

}  // namespace gvm::apps
