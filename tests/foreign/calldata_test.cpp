// Our calldata against genlayer-py's, in both directions, over thousands of random values.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>

#include "base/encoding.h"
#include "base/json.h"
#include "calldata/debug.h"
#include "calldata/decode.h"
#include "calldata/encode.h"
#include "calldata/tagged.h"
#include "support/random_value.h"
#include "text/json.h"

extern char** environ;

namespace gvm {
namespace {

constexpr int kValues = 3000;

std::filesystem::path python() {
  if (const char* given = std::getenv("GVM_PYTHON")) return given;
  return std::filesystem::path(GVM_SOURCE_DIR) / "build/venv/bin/python";
}

// A program that answers each line with a line.
class LineProcess {
 public:
  LineProcess(const std::string& program, const std::string& script) {
    int to[2];
    int from[2];
    if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0)
      throw std::runtime_error("pipe2");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
    std::string arguments[] = {program, script};
    char* argv[] = {arguments[0].data(), arguments[1].data(), nullptr};
    const int failed = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(to[0]);
    ::close(from[1]);
    to_.reset(::fdopen(to[1], "w"));
    from_.reset(::fdopen(from[0], "r"));
    if (failed != 0) throw std::runtime_error("cannot start " + program);
  }
  ~LineProcess() {
    to_.reset();  // the end of its input ends it
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  }
  LineProcess(const LineProcess&) = delete;
  LineProcess& operator=(const LineProcess&) = delete;

  std::string ask(const std::string& line) {
    std::fprintf(to_.get(), "%s\n", line.c_str());
    std::fflush(to_.get());
    std::string answer;
    for (int c = std::getc(from_.get()); c != '\n'; c = std::getc(from_.get())) {
      if (c == EOF) throw std::runtime_error("the program ended before it answered");
      answer += static_cast<char>(c);
    }
    return answer;
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  pid_t pid_ = -1;
  std::unique_ptr<std::FILE, Close> to_;
  std::unique_ptr<std::FILE, Close> from_;
};

class GenlayerPy : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(python())) {
      GTEST_SKIP() << python() << " is not there: scripts/setup-python.sh makes it";
    }
    process_ = std::make_unique<LineProcess>(python(),
                                             GVM_SOURCE_DIR "/tests/foreign/genlayer_calldata.py");
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

  std::unique_ptr<LineProcess> process_;
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
  // Whatever we accept of changed bytes, genlayer-py reads as the same value.
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
