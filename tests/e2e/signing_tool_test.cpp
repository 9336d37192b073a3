// `genvm-modules sign` and `verify` as people use them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "support/keys.h"
#include "support/paths.h"
#include "support/process.h"

namespace gvm {
namespace {

class SigningTool : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "gvm-sign-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    const auto keys = test::make_ed25519_keys();
    private_key_ = write("key.pem", keys.private_pem);
    public_key_ = write("key.pub", keys.public_pem);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& text) const {
    const auto path = folder_ / name;
    std::ofstream(path, std::ios::binary) << text;
    return path.string();
  }

  test::Finished run(std::vector<std::string> arguments,
                     test::Process::Options options = {}) const {
    arguments.insert(arguments.begin(), test::binary_dir() + "/bin/genvm-modules");
    return test::run_program(std::move(arguments), options);
  }

  test::Finished sign(std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"sign",        "--url",    "https://e.com/x?y=1",
                                          "--method",    "POST",     "--body",
                                          "body",        "--digest", "sha-256",
                                          "--algorithm", "ed25519",  "--key-file",
                                          private_key_,  "--keyid",  "mine"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(std::move(arguments));
  }

  test::Finished verify(const std::string& message, std::vector<std::string> more = {}) const {
    std::vector<std::string> arguments = {"verify",  "-",          "--algorithm",
                                          "ed25519", "--key-file", public_key_};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(std::move(arguments), {.input = message});
  }

  std::filesystem::path folder_;
  std::string private_key_;
  std::string public_key_;
};

TEST_F(SigningTool, WhatItSignsItVerifies) {
  const auto signed_message = sign();
  ASSERT_EQ(signed_message.exit_code, 0) << signed_message.err;
  const auto verified = verify(signed_message.out, {"--require", "content-digest", "--require",
                                                    "@query", "--max-age", "300"});
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
  EXPECT_NE(verified.out.find("\nvalid\n"), std::string::npos) << verified.out;
}

TEST_F(SigningTool, SaysWhyAMessageIsRefused) {
  auto changed = sign().out;
  changed.replace(changed.find("POST /x"), 7, "POST /z");
  const auto verified = verify(changed);
  EXPECT_EQ(verified.exit_code, 1);
  EXPECT_NE(verified.out.find("FAIL  signature       BAD_SIGNATURE"), std::string::npos)
      << verified.out;
  EXPECT_NE(verified.out.find("NOT VALID"), std::string::npos);
}

TEST_F(SigningTool, ShowsTheSameBaseOnBothSides) {
  const auto signed_message = sign({"--show-base"});
  const auto verified = verify(signed_message.out, {"--show-base"});
  ASSERT_NE(signed_message.err.find("\"@path\": /x\n"), std::string::npos) << signed_message.err;
  EXPECT_NE(verified.out.find(signed_message.err), std::string::npos) << verified.out;
}

TEST_F(SigningTool, WarnsOfWhatAGoodSignatureDoesNotCover) {
  const std::string message = "POST /x HTTP/1.1\nHost: e.com\nContent-Length: 4\n\nbody";
  const std::string bare = "GET /x HTTP/1.1\nHost: e.com\n\n";
  const auto verdict_on = [&](const std::string& text, std::vector<std::string> components) {
    std::vector<std::string> arguments = {"sign",    "-",          "--algorithm",
                                          "ed25519", "--key-file", private_key_};
    for (auto& component : components) {
      arguments.push_back("--component");
      arguments.push_back(std::move(component));
    }
    const auto made = run(std::move(arguments), {.input = text});
    EXPECT_EQ(made.exit_code, 0) << made.err;
    const auto verified = verify(made.out);
    EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
    return verified.out;
  };
  const std::string body = "warning: the body is not covered";
  EXPECT_NE(verdict_on(message, {"@method"}).find(body), std::string::npos);
  EXPECT_EQ(verdict_on(bare, {"@method"}).find("warning"), std::string::npos) << "there is no body";
  EXPECT_EQ(verify(sign().out).out.find("warning"), std::string::npos) << "its digest is covered";
}

TEST_F(SigningTool, TakesAKeyFromTheEnvironment) {
  const std::string message = "GET / HTTP/1.1\nHost: e.com\n\n";
  const test::Process::Options options{.environment = {"KEY=hex:" + std::string(64, 'a')},
                                       .input = message};
  const auto signed_message =
      run({"sign", "-", "--algorithm", "hmac-sha256", "--key-env", "KEY"}, options);
  EXPECT_EQ(signed_message.exit_code, 0) << signed_message.err;
  EXPECT_EQ(run({"sign", "-", "--algorithm", "hmac-sha256", "--key-env", "NOT_SET_KEY"},
                {.input = message})
                .exit_code,
            2);
}

TEST_F(SigningTool, TellsItsFailuresApart) {
  EXPECT_EQ(sign({"--component", "x-missing"}).exit_code, 1);
  EXPECT_EQ(verify("nonsense").exit_code, 2);
  EXPECT_EQ(
      run({"sign", "no-such-file", "--algorithm", "ed25519", "--key-file", private_key_}).exit_code,
      2);
  const auto wrong_key =
      run({"sign", "--url", "https://e.com/", "--algorithm", "ed25519", "--key-file", public_key_});
  EXPECT_EQ(wrong_key.exit_code, 2);
  EXPECT_NE(wrong_key.err.find("SIGN_BAD_KEY"), std::string::npos) << wrong_key.err;
  EXPECT_EQ(run({"sign", "--url", "https://e.com/"}).exit_code, 64);
}

}  // namespace
}  // namespace gvm
