// What the programs do once they are ready, tried on this program itself.
#include "apps/start_memory.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "base/json.h"
#include "text/json.h"

namespace gvm::e2e {
namespace {

// KiB of code and constants that are mapped and present.
std::size_t file_pages() {
  std::ifstream status("/proc/self/status");
  constexpr std::string_view kField = "RssFile:";
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(kField)) return std::stoul(line.substr(kField.size()));
  }
  return 0;
}

std::string round_trip(const std::string& json) {
  const auto value = text::parse_json(json);
  return value ? json::write(*value) : "not parsed";
}

TEST(StartMemory, IsGivenBackAndEverythingGoesOn) {
  const std::string text = R"({"a":[1,2.5,"x"],"b":null})";
  ASSERT_EQ(round_trip(text), text);
  const auto before = file_pages();
  apps::release_start_memory();
  const auto after = file_pages();
  EXPECT_LT(after, before / 2) << before << " KiB before";
  EXPECT_EQ(round_trip(text), text);
  EXPECT_THROW(throw std::runtime_error("unwinding needs its tables"), std::runtime_error);
}

}  // namespace
}  // namespace gvm::e2e
