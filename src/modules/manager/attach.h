#pragma once
// For executors that are started with --module-llm=fd://N and --module-web=fd://N: connections to
// our modules in their place. Blocking; for the command line.
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/fd.h"
#include "manager/executions.h"

namespace gvm::manager {

// The manager's GET /status; EXECUTIONS_FAILED when it does not answer.
Result<Value> ask_status(const ExecutionsAddress& manager);

// host:port, [v6]:port or unix:///path, as a module listens; an address of all interfaces is asked
// on loopback. CONNECTING says why not.
Result<Fd> connect_to_module(std::string_view address);

// Where `option` ("--module-llm") stands in a command line, with its value in the same word or the
// next one; npos: nowhere.
std::size_t find_option(const std::vector<std::string>& words, std::string_view option);
// Puts fd://N there.
void put_descriptor(std::vector<std::string>& words, std::string_view option, int fd);

}  // namespace gvm::manager
