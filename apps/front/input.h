#pragma once
// Reads input for the tools: files, and options that may name one.
#include <expected>
#include <string>

namespace gvm::apps {

// The error is a sentence with the system's reason: "cannot read /x: Permission denied".
using FileText = std::expected<std::string, std::string>;

FileText read_file(const std::string& path);
// "-" is standard input, "@FILE" a file; any other text stands for itself.
FileText text_or_file(const std::string& given);

}  // namespace gvm::apps
