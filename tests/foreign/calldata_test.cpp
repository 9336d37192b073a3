// Our calldata compared with genlayer-py's, in both directions, over thousands of random values.
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>

#include "base/encoding.h"
#include "base/json.h"
#include "calldata/debug.h"
#include "calldata/decode.h"
#include "calldata/encode.h"
#include "calldata/tagged.h"
#include "support/line_process.h"
#include "support/paths.h"
#include "support/random_value.h"
#include "text/json.h"

namespace gvm {
namespace {

constexpr int kValues = 3000;

std::filesystem::path python() {
  return test::python_of_tests(test::source_dir());
}

class GenlayerPy : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(python())) {
      GTEST_SKIP() << python() << " is not there: scripts/setup-python.sh makes it";
    }
    process_ = std::make_unique<test::LineProcess>(std::vector<std::string>{
        python(), test::source_dir() + "/tests/foreign/genlayer_calldata.py"});
  }

  // The value that genlayer-py decodes.
  Value theirs(const std::string& frame) {
    const std::string answer = process_->ask("D " + hex_encode(frame));
    const auto json = text::parse_json(answer);
    if (!json) throw std::runtime_error(answer);
    return calldata::from_tagged(*json).value();
  }

  std::string encoded_by_them(const Value& value) {
    return process_->ask("E " + json::write(calldata::to_tagged(value)));
  }

  std::unique_ptr<test::LineProcess> process_;
};

TEST_F(GenlayerPy, DecodesWhatWeEncode) {
  test::RandomValue random(2024);
  for (int i = 0; i < kValues; ++i) {
    const Value value = random.next();
    ASSERT_EQ(theirs(calldata::encode(value).value()), value) << calldata::to_debug_string(value);
  }
}

TEST_F(GenlayerPy, EncodesTheSameBytes) {
  test::RandomValue random(2025);
  for (int i = 0; i < kValues; ++i) {
    const Value value = random.next();
    ASSERT_EQ(encoded_by_them(value), hex_encode(calldata::encode(value).value()))
        << calldata::to_debug_string(value);
  }
}

TEST_F(GenlayerPy, AgreesOnAnIntegerOfTenThousandDigits) {
  for (const std::string sign : {"", "-"}) {
    const Value value = Value::integer(Integer::parse(sign + std::string(10'000, '8')).value());
    const std::string frame = calldata::encode(value).value();
    EXPECT_EQ(encoded_by_them(value), hex_encode(frame));
  }
}

TEST_F(GenlayerPy, ReadsAllThatWeAccept) {
  // Changed bytes: whatever we accept, genlayer-py reads as the same value.
  test::RandomValue values(77);
  std::mt19937_64 random(78);
  for (int i = 0; i < kValues; ++i) {
    std::string frame = calldata::encode(values.next()).value();
    frame[random() % frame.size()] = static_cast<char>(random());
    const auto value = calldata::decode(frame);
    if (!value) continue;
    ASSERT_EQ(theirs(frame), *value) << hex_encode(frame);
  }
}

}  // namespace
}  // namespace gvm
