#pragma once
// What `sign` and `verify` have in common: a message and a key, from wherever their user has them.
#include <CLI/App.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "signing/key.h"
#include "signing/signature_base.h"

namespace gvm::apps {

// For a shell that asks "is it signed?".
enum SigningExit : int {
  kSigned = 0,
  kNotSigned = 1,   // the signature is not valid, or the message cannot be signed so
  kNoMaterial = 2,  // the message or the key cannot be read
};

struct MessageOptions {
  std::string file;  // "-": standard input
  std::string method = "GET";
  std::string url;
  std::vector<std::string> headers;
  std::string body;
  std::string scheme = "https";
  std::string request_file;
  std::vector<std::string> structured;  // NAME=TYPE
};

struct LoadedMessage {
  signing::Message message;
  std::unique_ptr<signing::Message> request;  // what a response answers
  signing::FieldTypes types;
};

struct KeyOptions {
  std::string file;
  std::string variable;
  std::string algorithm;
};

void add_message_options(CLI::App& command, MessageOptions& options);
void add_key_options(CLI::App& command, KeyOptions& options);

// Errors are for a person; none holds anything of a key.
Result<LoadedMessage> load_message(const MessageOptions& options);
Result<signing::Key> load_key(const KeyOptions& options, signing::KeyUse use);

// Says it on standard error.
int complain(const char* command, const Error& error, SigningExit code);

}  // namespace gvm::apps
