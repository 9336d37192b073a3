#include "apps/reloader.h"

#include <filesystem>
#include <utility>

#include "base/size.h"
#include "config/document.h"

namespace gvm::apps {
namespace {

constexpr std::size_t kMostListBytes = 6 * kKiB;  // JSON may need two bytes for one
constexpr std::size_t kMostLogged = 20;

Value listed(const std::vector<std::string>& lines) {
  Value::Array items;
  std::size_t bytes = 0;
  for (const auto& line : lines) {
    bytes += line.size();
    if (bytes > kMostListBytes) {
      items.push_back(Value::string("there are more"));
      break;
    }
    items.push_back(Value::string(line));
  }
  return Value::array(std::move(items));
}

Value first_of(const std::vector<std::string>& lines) {
  return listed({lines.begin(),
                 lines.begin() + static_cast<std::ptrdiff_t>(std::min(kMostLogged, lines.size()))});
}

}  // namespace

Value ReloadAnswer::to_value() const {
  return Value::object({{"result", Value::string(taken ? "reloaded" : "refused")},
                        {"reasons", listed(reasons)},
                        {"changes", listed(changes)},
                        {"restart", listed(restart)},
                        {"warnings", listed(warnings)}});
}

Reloader::Reloader(Background& background, ConfigSource running, log::Logger logger,
                   Prepare prepare)
    : background_(background),
      running_(std::move(running)),
      logger_(std::move(logger)),
      prepare_(std::move(prepare)) {}

void Reloader::ask(What what, std::optional<std::string> text, Done done) {
  if (waiting_.fetch_add(1) >= kMostWaiting) {
    waiting_.fetch_sub(1);
    ReloadAnswer answer;
    answer.reasons.emplace_back("too many reloads wait already");
    return done(std::move(answer));
  }
  background_.post([this, what, text = std::move(text), done = std::move(done)] {
    auto answer = run(what, text);
    waiting_.fetch_sub(1);
    done(std::move(answer));
  });
}

void Reloader::hang_up() {
  if (hung_up_.exchange(true)) return;
  background_.post([this] {
    hung_up_.store(false);
    (void)run(What::reload, std::nullopt);
  });
}

// The text that a reload is about; empty: `answer` says why there is none.
std::optional<ConfigSource> Reloader::read(std::optional<std::string> text,
                                           ReloadAnswer& answer) const {
  ConfigSource next = running_;
  if (text) {
    next.text = std::move(*text);
    next.is_text = true;
    next.file = "config";
    return next;
  }
  if (running_.is_text) return next;
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(next.file, ignored)) {
    answer.reasons.push_back(next.file + ": it is no file that can be read again");
    return std::nullopt;
  }
  auto read = config::read_text(next.file);
  if (!read) {
    answer.reasons.push_back(read.error().to_string());
    return std::nullopt;
  }
  next.text = std::move(*read);
  return next;
}

ReloadAnswer Reloader::run(What what, std::optional<std::string> text) {
  ReloadAnswer answer;
  if (auto next = read(std::move(text), answer)) {
    auto prepared = prepare_(*next);
    answer.taken = prepared.reasons.empty();
    answer.reasons = std::move(prepared.reasons);
    answer.warnings = std::move(prepared.warnings);
    for (const auto& change : prepared.changes) {
      answer.changes.push_back(change.to_string(next->file));
      if (change.restart) answer.restart.push_back(change.key);
    }
    if (answer.taken && what == What::reload) {
      prepared.commit();
      running_ = std::move(*next);
    }
  }
  log(what, answer);
  return answer;
}

void Reloader::log(What what, const ReloadAnswer& answer) const {
  if (what == What::diff) return;
  if (!answer.taken) {
    logger_.error("the reload is refused, the configuration before stays",
                  {{"reasons", first_of(answer.reasons)}});
    return;
  }
  for (const auto& warning : answer.warnings) logger_.warn(warning);
  logger_.info("reloaded", {{"changes", first_of(answer.changes)}});
  if (!answer.restart.empty())
    logger_.warn("some changed keys take effect at the next start",
                 {{"keys", first_of(answer.restart)}});
}

}  // namespace gvm::apps
