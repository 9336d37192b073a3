// `genvm-modules script test FILE`: runs the tests of a script against the module itself, whose
// backends are played on loopback.
#include "apps/front/script.h"

#include <fmt/format.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <optional>
#include <vector>

#include "apps/front/commands.h"
#include "apps/front/script_bench.h"
#include "apps/front/terminal.h"
#include "base/error_detail.h"
#include "base/json.h"

namespace gvm::apps {

// In the generated source file, see cmake/GvmEmbed.cmake.
std::string_view embedded(std::string_view name);

namespace {

namespace asio = boost::asio;

constexpr std::string_view kTestSuffix = "_test.lua";
constexpr std::size_t kMostShown = 60;  // bytes of a prompt

int failed(const std::string& sentence) {
  std::fprintf(stderr, "script test: %s\n", sentence.c_str());
  return kExitFailure;
}

// A script and its test file stand side by side: route.lua, route_test.lua. Either may be named.
ScriptBench::Files files_of(const ScriptOptions& options) {
  const std::string& file = options.file;
  if (file.ends_with(kTestSuffix)) {
    const auto stem = file.substr(0, file.size() - kTestSuffix.size());
    return {stem + ".lua", file, options.config};
  }
  const auto stem = file.ends_with(".lua") ? file.substr(0, file.size() - 4) : file;
  return {file, stem + std::string(kTestSuffix), options.config};
}

class TestRun {
 public:
  TestRun(const ScriptOptions& options, ScriptBench::Files files)
      : timeout_(static_cast<std::int64_t>(options.timeout_seconds * 1000)), bench_(files) {
    file_ = files.test;
  }

  int run() {
    if (auto loaded = load(); !loaded) return failed(why(loaded.error()));
    auto names = call(0);
    if (!names) return failed(why(names.error()));
    const Value* list = names->find("names");
    if (list == nullptr || list->as_array() == nullptr || list->as_array()->empty())
      return failed(file_ + ": it has no test");
    for (const auto& name : *list->as_array()) run_one(std::string(name.as_string().value_or("?")));
    std::printf("%zu test%s, %zu failed\n", count_, count_ == 1 ? "" : "s", failures_);
    return failures_ == 0 ? kExitOk : kExitFailure;
  }

 private:
  static std::string why(const Error& error) {
    const auto detail = detail_of(error);
    if (detail.empty()) return error.to_string();
    const bool plain = error.code() == "SCRIPT_ERROR" || error.code() == "SCRIPT_TEST_BAD" ||
                       error.code() == "INVALID_CONFIG";
    return plain ? std::string(detail) : error.to_string();
  }

  Result<void> load() {
    script::ProgramOptions options;
    options.script_path = file_;
    options.required_entries = {"RunTest"};
    options.libraries.push_back({"script-test", std::string(embedded("script_test"))});
    options.host = bench_.functions();
    options.limits.memory_bytes = 512 * kMiB;
    options.limits.cpu_total = 2 * timeout_;  // the deadline comes first
    options.limits.cpu_load = std::chrono::seconds(5);
    auto program = script::Program::load(std::move(options));
    if (!program) return fail(std::move(program).error());
    program_ = std::move(*program);
    return {};
  }

  // Each test has a Lua state of its own.
  Result<Value> call(std::int64_t number) {
    asio::io_context io(1);
    auto session = script::Session::open(program_, io.get_executor(), log::Logger(),
                                         std::make_unique<script::Services>(), Value::map());
    if (!session) return fail(std::move(session).error());
    std::vector<script::Argument> arguments;
    arguments.push_back({Value::integer(number)});
    std::optional<Result<Value>> answer;
    asio::co_spawn(io, (*session)->call("RunTest", std::move(arguments), Deadline::in(timeout_)),
                   [&answer](const std::exception_ptr& error, Result<Value> result) {
                     if (error) std::rethrow_exception(error);
                     answer.emplace(std::move(result));
                   });
    io.run();
    return std::move(answer.value());
  }

  void run_one(const std::string& name) {
    ++count_;
    auto begun = bench_.begin_test(Deadline::in(timeout_));
    Result<Value> ended = begun ? call(static_cast<std::int64_t>(count_))
                                : Result<Value>(fail(std::move(begun).error()));
    if (!ended) ++failures_;
    std::printf("%-7s %s\n", ended ? "ok" : "FAILED", printable(name).c_str());
    show_sent();
    if (!ended) std::printf("        %s\n", printable(why(ended.error()), Lines::keep).c_str());
    std::fflush(stdout);
    if (bench_.is_stuck()) std::_Exit(kExitFailure);
    bench_.end_test();
  }

  static std::string shown(const Value& value) {
    const auto text = value.as_string() ? value.as_string() : value.as_bytes();
    if (!text) return json::write(value);
    const auto part = printable(text->substr(0, kMostShown));
    return "\"" + part + (text->size() > kMostShown ? "...\"" : "\"");
  }

  // The rest is long.
  static bool is_shown(std::string_view name) { return name != "json" && name != "headers"; }

  void show_sent() const {
    for (const auto& sent : bench_.sent()) {
      std::string line = "        ->";
      for (const auto& [name, value] : *sent.as_map())
        if (is_shown(name.view())) line += fmt::format(" {}={}", name.view(), shown(value));
      std::printf("%s\n", line.c_str());
    }
  }

  std::chrono::milliseconds timeout_;
  ScriptBench bench_;
  std::string file_;
  std::shared_ptr<const script::Program> program_;
  std::size_t count_ = 0;
  std::size_t failures_ = 0;
};

}  // namespace

int test_script(const ScriptOptions& options) {
  const auto files = files_of(options);
  for (const auto& file : {files.script, files.test})
    if (std::error_code error; !std::filesystem::is_regular_file(file, error))
      return failed("there is no " + file);
  return TestRun(options, files).run();
}

}  // namespace gvm::apps
