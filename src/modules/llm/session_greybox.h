#pragma once
// What is drawn for the prompts of one session. Made with the session, used on its lane.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>

#include "base/metrics.h"
#include "config/llm_config.h"
#include "envelope/request.h"
#include "llm/drawn_prompt.h"

namespace gvm::llm {

// Of the whole module, over reloads.
class GreyboxCounters {
 public:
  void count(config::PromptKind kind) {
    draws_[static_cast<std::size_t>(kind)].fetch_add(1, std::memory_order_relaxed);
  }
  void write_to(metrics::Exposition& out) const;

 private:
  std::array<std::atomic<std::uint64_t>, config::kPromptKinds.size()> draws_{};
};

// The field of ctx.
inline constexpr std::string_view kGreyboxField = "greybox";

class SessionGreybox {
 public:
  // The seed is the configured one, or comes from the kernel. `counters` outlives it.
  SessionGreybox(std::shared_ptr<const config::LlmConfig> config, GreyboxCounters& counters);

  // Draws for the next prompt; answers what ctx.greybox is to be.
  Value begin(config::PromptKind kind);

  // What the current prompt gets: as `left` by the script, which is the first argument of a host
  // function. With a table in its field `greybox` it says; with false nothing is drawn; else (the
  // script passes no ctx) the draw as it was. Empty: nothing, also before the first prompt.
  // SCRIPT_BAD_ARGUMENT.
  Result<std::optional<DrawnPrompt>> read(Value left) const;

  // There is a current prompt.
  const greybox::Draw& draw() const { return *draw_; }
  const config::GreyboxKind& configured() const { return config_->greybox.of(draw_->kind); }
  const DrawnPrompt& drawn() const { return drawn_; }
  bool only_pools() const { return config_->greybox.only_pools; }
  // For decision records: the seed in hexadecimal, or "fixed" for a configured one, which would
  // tell what other sessions draw.
  std::string seed_text() const;

 private:
  std::shared_ptr<const config::LlmConfig> config_;
  GreyboxCounters& counters_;
  std::uint64_t seed_;
  std::uint64_t prompts_ = 0;
  std::optional<greybox::Draw> draw_;
  DrawnPrompt drawn_;
};

// From the kernel's generator.
std::uint64_t random_greybox_seed();

config::PromptKind kind_of(const envelope::LlmRequest& request);

}  // namespace gvm::llm
