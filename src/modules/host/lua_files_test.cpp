// Runs tests/lua/*.lua: each file is a script with a table `Tests` of functions; each of them runs
// in a session of its own.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "host/test_host_run.h"
#include "support/paths.h"

namespace gvm::host {

namespace {

const std::string kFolder = test::source_dir() + "/tests/lua";

std::vector<std::string> test_files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const std::string name = entry.path().stem().string();
    if (name.ends_with("_test")) names.push_back(name);
  }
  std::ranges::sort(names);
  return names;
}

HostRunOptions options_for(const std::string& name) {
  HostRunOptions options;
  options.script_path = std::string(kFolder) + "/" + name + ".lua";
  options.lua_path = std::string(kFolder) + "/?.lua";
  // Parsing elsewhere counts, and takes long under the sanitizers.
  options.script_limits.cpu_total = std::chrono::seconds(60);
  options.providers = map_of(
      {{"primary",
        fake_backend({{"fail-503", fake_model(true, false)}, {"echo", fake_model(true, true)}},
                     Value::object({{"priority", Value::integer(10)}}))},
       {"second", fake_backend({{"fail-401", fake_model(false, false)}})}});
  options.ctx = Value::object(
      {{"role", Value::string("validator")},
       {"host_data",
        Value::object({{"node_address", Value::string("0x01")}, {"tx_id", Value::string("0x02")}})},
       {"gas_data", Value::object({{"genPerTimeUnit", Value::string("1000000000000000000000")}})},
       {"initial_time_units_allocation", Value::integer(10)}});
  return options;
}

class LuaFile : public testing::TestWithParam<std::string> {};

TEST_P(LuaFile, Passes) {
  HostRun listing(options_for(GetParam()));
  ASSERT_FALSE(listing.load_error) << listing.load_error->to_string();
  const auto names = listing.call("TestNames");
  ASSERT_TRUE(names) << names.error().to_string();
  ASSERT_FALSE(names->as_array() == nullptr || names->as_array()->empty());
  for (const Value& name : *names->as_array()) {
    HostRun run(options_for(GetParam()));
    std::vector<script::Argument> arguments;
    arguments.push_back({name});
    const auto result = run.call("RunTest", std::move(arguments));
    EXPECT_TRUE(result) << GetParam() << ": " << *name.as_string() << ": "
                        << result.error().to_string();
  }
}

INSTANTIATE_TEST_SUITE_P(Files, LuaFile, testing::ValuesIn(test_files()),
                         [](const auto& file) { return file.param; });

}  // namespace

}  // namespace gvm::host
