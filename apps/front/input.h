#pragma once
// What tools read for their users: files, and options that may name one.
#include <optional>
#include <string>

namespace gvm::apps {

std::optional<std::string> read_file(const std::string& path);
// "-" is standard input, "@FILE" a file, anything else itself.
std::optional<std::string> text_or_file(const std::string& given);

}  // namespace gvm::apps
