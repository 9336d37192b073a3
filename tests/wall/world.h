#pragma once
// A module whose only backends are mock upstreams, one plain and one over TLS, for prompts in every
// provider form.
#include <string>
#include <string_view>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/mock_upstream/catalogue.h"
#include "support/mock_upstream/server.h"

namespace gvm::wall {

using namespace std::chrono_literals;

// A good answer takes milliseconds; the rest allows for sanitizers and a busy machine.
inline constexpr std::chrono::milliseconds kSilence = 400ms * e2e::kSlowness;    // each but total
inline constexpr std::chrono::milliseconds kImpatient = 700ms * e2e::kSlowness;  // total
inline constexpr std::chrono::milliseconds kPatient = 60s;                       // total
inline constexpr std::chrono::milliseconds kLate = 250ms + 1000ms * e2e::kSlowness;

enum class Total { impatient, patient };

// What to ask, and which backend.
struct Question {
  mock::Form form = mock::Form::openai_compatible;
  mock::Transport transport = mock::Transport::plain;
  std::string format = "text";
  Total total = Total::patient;
};

class World {
 public:
  World();

  mock::MockUpstream& upstream(mock::Transport transport) {
    return transport == mock::Transport::tls ? tls_ : plain_;
  }
  std::uint16_t port() const { return module_.port(); }

  // The text of a prompt: unique, and containing `marker`.
  static std::string text_for(const Question& question, std::string_view marker = "");
  // The script's answer when the upstream's words arrived whole: a string, also for JSON and bool.
  static std::string whole_answer(const Question& question, const std::string& text);

  // Resets both upstreams to normal behaviour; no connection is kept.
  void calm();

 private:
  static std::string backends(const World& world);
  e2e::TempFolder folder_;
  mock::MockUpstream plain_;
  mock::MockUpstream tls_;
  e2e::Module module_;
};

}  // namespace gvm::wall
