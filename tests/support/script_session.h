#pragma once
// Runs Lua text in a session of its own, for tests of the script engine and of host functions.
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "script/script.h"

namespace gvm::test {

// A file that is removed with its owner.
class TempScript {
 public:
  explicit TempScript(const std::string& text) {
    std::string pattern = (std::filesystem::temp_directory_path() / "gvm-script-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    write("script.lua", text);
  }
  ~TempScript() { std::filesystem::remove_all(folder_); }
  TempScript(const TempScript&) = delete;

  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text;
  }
  std::string path() const { return (folder_ / "script.lua").string(); }
  std::string lua_path() const { return (folder_ / "?.lua").string(); }
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

// One script, one io_context, one session.
class ScriptRun {
 public:
  explicit ScriptRun(const std::string& text, script::ProgramOptions options = {}) : file_(text) {
    options.script_path = file_.path();
    auto loaded = script::Program::load(std::move(options));
    if (!loaded) {
      load_error.emplace(std::move(loaded.error()));
      return;
    }
    program = std::move(*loaded);
    auto opened = script::Session::open(program, io.get_executor(), log::Logger(),
                                        std::make_unique<script::Services>(),
                                        Value::object({{"node", Value::string("n1")}}));
    if (!opened)
      load_error.emplace(std::move(opened.error()));
    else
      session = std::move(*opened);
  }

  // Calls a global function and runs the context until it has answered.
  Result<Value> call(std::string entry, std::vector<script::Argument> arguments = {},
                     Deadline deadline = Deadline::in(std::chrono::seconds(60))) {
    std::optional<Result<Value>> answer;
    auto done = [&answer](std::exception_ptr error, Result<Value> result) {
      if (error) std::rethrow_exception(error);
      answer.emplace(std::move(result));
    };
    boost::asio::co_spawn(io, session->call(entry, std::move(arguments), deadline), done);
    io.restart();
    io.run();
    return std::move(answer.value());
  }

 private:
  TempScript file_;

 public:
  boost::asio::io_context io{1};
  std::optional<Error> load_error;
  std::shared_ptr<const script::Program> program;
  std::unique_ptr<script::Session> session;
};

}  // namespace gvm::test
