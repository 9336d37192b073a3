#pragma once
// Host functions that wait, watched: each call becomes a span and a line of the log, where these
// are wanted.
#include "script/script.h"

namespace gvm::host {

// Changes every function of the table that waits. Its answers stay the same.
void watch_calls(script::HostTable& table);

}  // namespace gvm::host
