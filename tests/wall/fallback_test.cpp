// The shipped configuration must keep this promise: whatever one upstream does, every prompt is
// answered in time by the healthy upstream behind it, with that upstream's own words.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>

#include "support/mock_upstream/answer.h"
#include "wall/world.h"

namespace gvm::wall {
namespace {

using mock::MockUpstream;
using mock::ScriptedFault;
using mock::Transport;

// The time that is left after the module's patience with its first backend, for the call to the
// second.
constexpr std::chrono::milliseconds kInTime = kImpatient + kLate;
// Some faults are only recognised after reading the whole answer, for example 18 MiB.
constexpr std::chrono::milliseconds kReadThrough = 5s * e2e::kSlowness;

class Fallback {
 public:
  explicit Fallback(mock::Form form, Transport transport = Transport::plain)
      : form_(form), bad_({.name = "Bad", .transport = transport}), good_({.name = "Good"}) {
    start();
  }

  void expect_answered(const ScriptedFault& fault, const std::string& format) {
    bad_.set_rules({});
    bad_.close_idle_connections();
    bad_.reset();
    bad_.set_fault(fault.fault);
    ask(fault, format);
    if (met(fault)) return;
    // The module avoids its first backend for now, as it should; a new module does not.
    start();
    ask(fault, format);
    EXPECT_TRUE(met(fault)) << fault.name;
  }

 private:
  void start() {
    genvm_.reset();
    module_.reset();
    const std::string timeouts =
        fmt::format("timeouts: {{connect: {0}ms, first_byte: {0}ms, idle: {0}ms, total: {1}ms}}",
                    kSilence.count(), kImpatient.count());
    module_ = std::make_unique<e2e::Module>(e2e::ModuleOptions{
        .backends = e2e::backend({.name = "bad",
                                  .host = bad_.url(),
                                  .provider = std::string(mock::form_name(form_)),
                                  .priority = 2,
                                  .more = timeouts}) +
                    e2e::backend({.name = "good", .host = good_.url(), .priority = 1}),
        .more = "http: {ca_file: \"" + folder_.write("ca.pem", bad_.authority_pem()) + "\"}\n"});
    genvm_ = std::make_unique<e2e::GenVm>(module_->port());
  }

  // A port that refuses connections sees no call.
  bool met(const ScriptedFault& fault) const {
    return fault.fault.strike == mock::Strike::refuse || bad_.stats().by_fault.contains(fault.name);
  }

  e2e::Reply send(const std::string& format, const std::string& text) {
    if (format == "bool") return genvm_->ask(e2e::compare(text, "the same"));
    return genvm_->ask(format == "json" ? e2e::json_prompt(text) : e2e::prompt(text));
  }

  void ask(const ScriptedFault& fault, const std::string& format) {
    const auto what = fmt::format("{} ({}, {}): ", fault.name, mock::form_name(form_), format);
    const std::string text = fmt::format("prompt {}", ++asked_);
    const auto began = Clock::now();
    const auto reply = send(format, text);
    const bool large = fault.fault.padding_bytes > 0 || fault.fault.endless != mock::Endless::no;
    EXPECT_LT(Clock::now() - began, large ? kReadThrough + kInTime : kInTime) << what;
    ASSERT_TRUE(reply.ok()) << what << reply.shown;
    const std::string whole = fmt::format("Good answers \"{}\". The end.", text);
    if (format == "text") {
      EXPECT_EQ(reply.text(), whole) << what;
    } else if (format == "json") {
      ASSERT_NE(reply.data.find("answer"), nullptr) << what << reply.shown;
      EXPECT_EQ(reply.data.find("answer")->as_string(), whole) << what;
    }
  }

  mock::Form form_;
  e2e::TempFolder folder_;
  MockUpstream bad_;
  MockUpstream good_;
  std::unique_ptr<e2e::Module> module_;
  std::unique_ptr<e2e::GenVm> genvm_;
  int asked_ = 0;
};

// Faults after which the answer of the first backend cannot be used. A known shortcoming is tested
// here as soon as it is fixed.
void expect_all_answered(mock::Form form, Transport transport = Transport::plain) {
  Fallback fallback(form, transport);
  int count = 0;
  for (const auto& fault : mock::catalogue()) {
    const bool of_tls = fault.fault.tls != mock::TlsFault::none;
    const bool fits = transport == Transport::tls ? of_tls || fault.over_tls : !of_tls;
    const bool of_form = std::ranges::find(fault.forms, form) != fault.forms.end();
    if (!fault.failover() || (fault.today && fault.today->ok) || !fits || !of_form) continue;
    ++count;
    for (const auto& format : fault.formats) fallback.expect_answered(fault, format);
  }
  EXPECT_GT(count, 0);
}

TEST(WallFallback, AnswersEveryPromptOfTheOpenAiForm) {
  expect_all_answered(mock::Form::openai_compatible);
}

TEST(WallFallback, AnswersEveryPromptOverTls) {
  expect_all_answered(mock::Form::openai_compatible, Transport::tls);
}

TEST(WallFallback, AnswersEveryPromptOfTheAnthropicForm) {
  expect_all_answered(mock::Form::anthropic);
}

TEST(WallFallback, AnswersEveryPromptOfTheGoogleForm) {
  expect_all_answered(mock::Form::google);
}

TEST(WallFallback, AnswersEveryPromptOfTheOllamaForm) {
  expect_all_answered(mock::Form::ollama);
}

}  // namespace
}  // namespace gvm::wall
