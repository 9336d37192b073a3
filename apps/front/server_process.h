#pragma once
// The servers' own programs stand beside this one.
#include <string>
#include <vector>

#include "apps/arguments.h"

namespace gvm::apps {

// Replaces this process by the program `name` of the same folder, with the options that the user
// gave and `more` before them. Returns the exit code only when that fails; standard error says why.
int become_server(const std::string& name, const ServerArguments& given,
                  std::vector<std::string> more = {});

// --sandbox as the server's program takes it; empty when it was not given.
std::vector<std::string> sandbox_words(const std::string& word);

}  // namespace gvm::apps
