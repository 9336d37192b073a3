#pragma once
// What tools read for their users: files, and options that may name one.
#include <expected>
#include <string>

namespace gvm::apps {

// The error is a sentence with the system's reason: "cannot read /x: Permission denied".
using FileText = std::expected<std::string, std::string>;

FileText read_file(const std::string& path);
// "-" is standard input, "@FILE" a file, anything else itself.
FileText text_or_file(const std::string& given);

}  // namespace gvm::apps
