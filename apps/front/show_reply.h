#pragma once
// A module's reply as a person wants to read it.
#include <string>

#include "base/value.h"

namespace gvm::apps {

struct Shown {
  int code = 0;  // ExitCode
  std::string text;
};

// `out_file` gets the bytes of a page, a picture or a body, when it is not empty. A picture is not
// shown: without a file its size is.
Shown show_reply(const Value& reply, const std::string& out_file);

}  // namespace gvm::apps
