#pragma once
// Shows a module's reply to a person.
#include <string>

#include "base/value.h"

namespace gvm::apps {

struct Shown {
  int code = 0;  // ExitCode
  std::string text;
};

// `out_file`, when not empty, gets the bytes of a page, a picture or a body. Without a file only
// the size of a picture is shown.
Shown show_reply(const Value& reply, const std::string& out_file);

}  // namespace gvm::apps
