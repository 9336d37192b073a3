#pragma once
// Where a module's configuration comes from, and its text.
#include <expected>
#include <string>
#include <vector>

#include "apps/arguments.h"
#include "config/diagnostic.h"
#include "config/environment.h"

namespace gvm::apps {

struct ConfigSource {
  std::string file;      // its name in messages
  std::string text;      // at most one byte more than a configuration may have
  bool is_text = false;  // of a descriptor of the manager, so nobody has seen its lines
};

// Of the descriptor that a manager has handed over, of the file, or of the file beside the program.
std::expected<ConfigSource, std::vector<config::Diagnostic>> config_source(
    const ServerArguments& arguments, Module module, const config::Environment& environment);

// The whole text behind a descriptor of a file; it stays the caller's.
std::expected<std::string, config::Diagnostic> text_of_descriptor(int fd);

// For people: with file and line, where somebody has seen them.
std::vector<std::string> reasons_of(const std::vector<config::Diagnostic>& faults,
                                    const ConfigSource& source);

// Prints what is wrong with a configuration, and tells the manager; the exit code.
int bad_configuration(const std::vector<config::Diagnostic>& faults,
                      const ServerArguments& arguments);

}  // namespace gvm::apps
