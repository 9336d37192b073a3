#pragma once
// The scripted faults of tests/data/faults/faults.json: what each does, and how a module must
// react.
#include <string>
#include <string_view>
#include <vector>

#include "support/mock_upstream/call.h"
#include "support/mock_upstream/fault.h"

namespace gvm::mock {

// How a call to the upstream is expected to end when there is no other backend.
struct Expected {
  bool ok = false;        // with the whole answer
  std::string code = {};  // of the error; alternatives are separated by '|'
  std::string kind = {};  // of the error's ctx.kind; empty: none is expected
  std::string timeout = {};
  std::string tls = {};
  int status = 0;
};

struct ScriptedFault {
  std::string name;
  std::string about;  // one sentence
  Fault fault;
  std::vector<Form> forms;           // in which it is to be tried
  std::vector<std::string> formats;  // text, json or bool: of the prompts to try it with
  bool over_tls = false;             // to be tried over TLS, too
  Expected expected;
  // What a module does until a known shortcoming is fixed; `ok` and no code when there is none.
  std::optional<Expected> today;
  // True when a healthy fallback must answer the prompt; otherwise the faulty answer itself is
  // usable.
  bool failover() const { return !expected.ok; }
};

Result<std::vector<ScriptedFault>> parse_catalogue(std::string_view json);
// The catalogue that is compiled in.
const std::vector<ScriptedFault>& catalogue();
// Null when there is none with that name.
const ScriptedFault* find_fault(std::string_view name);

}  // namespace gvm::mock
