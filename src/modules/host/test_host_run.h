#pragma once
// Test support of host/: a script with all our libraries, the common host functions and a scripted
// stand-in for llm.rs, in one session on one io_context.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "host/functions.h"
#include "host/lua_libraries.h"
#include "host/services.h"
#include "support/script_session.h"

namespace gvm::host {

// llm.rs whose models answer by their name: "fail-503" raises STATUS_NOT_OK with that status,
// "dead" SENDING_REQUEST, "late" DEADLINE_EXCEEDED of the session, "cancelled" CANCELLED, "echo"
// answers the prompt, every other name "NAME says ok". exec_prompt asks the first model there is.
class FakeLlm {
 public:
  // `providers` as llm.rs.providers.
  void add_rows(script::HostTable& table, Value providers);
  // "backend/model" of every call so far.
  std::vector<std::string> called() const;
  // The whole request of every call so far.
  const std::vector<Value>& requests() const { return *requests_; }

 private:
  std::shared_ptr<std::vector<Value>> requests_ = std::make_shared<std::vector<Value>>();
};

// {backend: {models: {model: {...flags}}, meta}}
Value fake_model(bool json, bool image, Value meta = Value::map());
Value fake_backend(std::vector<std::pair<std::string, Value>> models, Value meta = Value::map());
Value map_of(std::vector<std::pair<std::string, Value>> entries);

struct HostRunOptions {
  std::string script;       // Lua text, or
  std::string script_path;  // a file
  std::string lua_path;
  std::string data_dir = "/data";
  std::vector<files::Folder> folders;  // what `io` reaches
  Value providers = Value::map();
  Value ctx = Value::object({{"host_data", Value::object({{"node_address", Value::string("0x01")},
                                                          {"tx_id", Value::string("0x02")}})}});
  Limits limits;
  script::Limits script_limits;
  std::vector<Secret> secrets;
  log::Logger logger;
  RandomSource random = system_random();
};

class HostRun {
 public:
  explicit HostRun(HostRunOptions options);

  // A script that only defines `Main(ctx, argument)` from this body; `lib`, `llm` and `rs` are
  // there.
  static HostRunOptions body(const std::string& lua);

  Result<Value> call(std::string entry, std::vector<script::Argument> arguments = {},
                     Deadline deadline = Deadline::in(std::chrono::seconds(60)));
  Result<Value> main(Value argument = {});

  test::TempScript file;
  boost::asio::io_context io{1};
  net::HttpClient http{io, {}};
  FakeLlm llm;
  std::shared_ptr<const script::Program> program;
  std::unique_ptr<script::Session> session;
  std::optional<Error> load_error;
};

// `lua` as the body of Main, run once.
Result<Value> run_lua(const std::string& lua, Value argument = {});
// The code of the error `lua` raises; "" when it raises none.
std::string error_of(const std::string& lua, Value argument = {});

}  // namespace gvm::host
