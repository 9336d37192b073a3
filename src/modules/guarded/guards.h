#pragma once
// The configured guards as sessions use them: the rules of a module with their counters, and what
// one session keeps of them. Everything here may be used by a lane and by the background thread.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/metrics.h"
#include "config/guards_config.h"
#include "guard/guard_set.h"

namespace gvm::guarded {

// What a moderator said.
enum class Opinion : std::uint8_t { passes, flagged, none };

// Of a module; shared by all lanes. Counters are the only thing that changes.
class Guards {
 public:
  // Null when `config` has neither rules nor moderators. `system_texts`: no answer may repeat them.
  static std::shared_ptr<Guards> make(const config::GuardsConfig& config,
                                      const std::vector<std::string>& system_texts);

  const guard::GuardSet& rules() const { return *rules_; }
  const std::vector<config::ModeratorConfig>& moderators() const { return moderators_; }
  const guard::SystemTexts& system_texts() const { return system_texts_; }
  bool enforce() const { return enforce_; }
  bool restore() const { return restore_; }

  void count(guard::Stage stage, const Result<guard::Verdict>& verdict);
  void count(const config::ModeratorConfig& moderator, Opinion opinion);
  // genvm_guard_texts_total, genvm_guard_fired_total, genvm_guard_failures_total,
  // genvm_guard_moderations_total.
  void write_to(metrics::Exposition& out) const;

 private:
  Guards(const config::GuardsConfig& config, const std::vector<std::string>& system_texts);

  using Counter = std::atomic<std::uint64_t>;
  using ByStage = std::array<Counter, guard::kStages.size()>;
  static constexpr std::size_t kOpinions = 3;

  std::shared_ptr<const guard::GuardSet> rules_;
  std::vector<config::ModeratorConfig> moderators_;
  guard::SystemTexts system_texts_;
  bool enforce_;
  bool restore_;
  std::vector<Counter> fired_;  // texts, by rule
  ByStage texts_{};
  ByStage failures_{};  // no verdict: refused
  std::vector<std::array<Counter, kOpinions>> opinions_;
};

// Why a text goes no further.
struct Refusal {
  Error error;
  bool fails_over = false;  // of an answer: another model may be asked
};
template <class T>
using Passed = std::expected<T, Refusal>;

// What rules look at beside the text.
struct Beside {
  guard::Scope scope = guard::Scope::all;
  const guard::LinkJudge* links = nullptr;           // null: only active links are refused
  const guard::SystemTexts* prompt_texts = nullptr;  // of this prompt
  guard::Effort* effort =
      nullptr;  // null: whatever it costs; once it is exhausted, results are void
};

// Of one session: its placeholders.
class SessionGuards {
 public:
  // `seed`: nobody outside can guess it. The marker of placeholders is drawn from it.
  SessionGuards(std::shared_ptr<Guards> guards, std::uint64_t seed);

  // The text to go on with. GUARD_BLOCKED, GUARD_MASK_FAILED, GUARD_BAD_TEXT, TOO_LARGE.
  Passed<std::string> pass(guard::Stage stage, std::string_view text, const Beside& beside = {});
  // The same of a value: each string of it, and then all of it as JSON text, in which nothing can
  // be masked any more.
  Passed<void> pass(guard::Stage stage, Value& value, const Beside& beside = {});
  // Each string of it only.
  Passed<void> pass_strings(guard::Stage stage, Value& value, const Beside& beside = {});
  // Masks what an error tells. A text that is refused becomes a note of that.
  void clean(guard::Stage stage, Error& error, guard::Effort* effort = nullptr);
  std::string cleaned(guard::Stage stage, std::string_view text, guard::Effort* effort = nullptr);

  // The names of the rules that fired since the last call, each once.
  std::vector<std::string> take_fired();

  // For scripts: what happens to the text, without any effect on it.
  Result<guard::Verdict> look(guard::Stage stage, std::string_view text, const Beside& beside = {});

  // Values in place of their placeholders, when the configuration says so.
  bool may_restore() const;
  std::string restored(std::string_view text) const;
  void restore(Value& value) const;

  // What no answer to a prompt with this system text may repeat; null when no rule asks. Prompts of
  // a session mostly have the same one: the last is kept.
  std::shared_ptr<const guard::SystemTexts> texts_of_prompt(const std::optional<std::string>& text);

  bool enforce() const { return guards_->enforce(); }
  Guards& module() { return *guards_; }

 private:
  void note_fired(const guard::Verdict& verdict);

  std::shared_ptr<Guards> guards_;
  guard::Placeholders placeholders_;
  std::mutex texts_mutex_;
  std::string last_system_text_;
  std::shared_ptr<const guard::SystemTexts> last_texts_;
  std::mutex fired_mutex_;
  std::vector<const guard::Rule*> fired_;
};

// The verdict for a script: {action, text, rules = [{rule, kind, action, dry_run, from, to}],
// refusal}.
Value to_value(const guard::Verdict& verdict);

}  // namespace gvm::guarded
