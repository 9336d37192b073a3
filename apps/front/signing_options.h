#pragma once
// Shared by `sign` and `verify`: reads a message and a key.
#include <CLI/App.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "signing/key.h"
#include "signing/signature_base.h"

namespace gvm::apps {

// Exit codes, for scripts that ask whether a message is signed.
enum SigningExit : int {
  kSigned = 0,
  kNotSigned = 1,   // the signature is not valid, or the message cannot be signed in this way
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
  std::unique_ptr<signing::Message> request;  // the request that a response answers
  signing::FieldTypes types;
};

struct KeyOptions {
  std::string file;
  std::string variable;
  std::string algorithm;
};

void add_message_options(CLI::App& command, MessageOptions& options);
void add_key_options(CLI::App& command, KeyOptions& options);

// Errors are sentences for a person; none contains anything of a key.
Result<LoadedMessage> load_message(const MessageOptions& options);
Result<signing::Key> load_key(const KeyOptions& options, signing::KeyUse use);

// Prints the error to standard error.
int complain(const char* command, const Error& error, SigningExit code);

}  // namespace gvm::apps
