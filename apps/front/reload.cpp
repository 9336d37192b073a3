// `genvm-modules reload` and `genvm-modules diff`: ask the running modules of this user, by
// apps/control_place.h.
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "apps/control_place.h"
#include "apps/front/commands.h"
#include "base/fd.h"
#include "base/json.h"
#include "base/value.h"
#include "text/json.h"
#include "text/json_view.h"

namespace gvm::apps {
namespace {

constexpr std::chrono::seconds kPatience{120};  // for a reload, and those that wait before it
constexpr std::size_t kMostAnswer = 1 << 20;

struct Arguments {
  std::string module;
  int pid = 0;  // 0: any
  std::vector<std::string> folders;
  bool json = false;
};

// Where modules of this user are, and those of the units that are installed.
std::vector<std::string> usual_folders() {
  return {control_folder(), "/run/genvm-llm", "/run/genvm-web"};
}

// What comes until the peer closes; empty when it does not come in time.
std::optional<std::string> answer_of(int fd, const std::string& request) {
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request.size()))
    return std::nullopt;
  std::string answer;
  std::array<char, 16384> part;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (answer.size() < kMostAnswer) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        end - std::chrono::steady_clock::now());
    pollfd entry{fd, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&entry, 1, static_cast<int>(left.count())) <= 0)
      return std::nullopt;
    const auto count = ::recv(fd, part.data(), part.size(), 0);
    if (count == 0) return answer;
    if (count < 0) return std::nullopt;
    answer.append(part.data(), static_cast<std::size_t>(count));
  }
  return std::nullopt;
}

void print_list(const Value& answer, const char* key, const char* before) {
  const Value* list = answer.find(key);
  if (list == nullptr || list->as_array() == nullptr) return;
  for (const auto& line : *list->as_array())
    std::printf("  %s%s\n", before, std::string(line.as_string().value_or("")).c_str());
}

bool print(const ControlPlace& place, const Value& answer, bool only_diff) {
  const bool taken = text::string_at(answer, "/result") == "reloaded";
  const char* word = only_diff ? (taken ? "a reload would change" : "a reload would be refused")
                               : (taken ? "reloaded" : "refused, the configuration before stays");
  const Value* changes = answer.find("changes");
  const bool none =
      changes == nullptr || changes->as_array() == nullptr || changes->as_array()->empty();
  std::printf("%s (process %d): %s%s\n", place.module.c_str(), place.pid, word,
              taken && none ? (only_diff ? " no key" : ", no key has changed") : "");
  print_list(answer, "reasons", "");
  print_list(answer, "changes", "");
  print_list(answer, "warnings", "warning: ");
  return taken;
}

class Asking {
 public:
  Asking(const Arguments& arguments, bool only_diff)
      : arguments_(arguments), only_diff_(only_diff) {}

  int run() {
    const auto folders = arguments_.folders.empty() ? usual_folders() : arguments_.folders;
    for (const auto& folder : std::set(folders.begin(), folders.end()))
      for (const auto& place : control_places(folder))
        if (wanted(place)) ask(place);
    if (found_ == 0) {
      std::fprintf(stderr, "no running module of this user was found in %s\n",
                   fmt::format("{}", fmt::join(folders, ", ")).c_str());
      return kExitUnreachable;
    }
    return refused_ ? kExitFailure : kExitOk;
  }

 private:
  bool wanted(const ControlPlace& place) const {
    return (arguments_.module.empty() || arguments_.module == place.module) &&
           (arguments_.pid == 0 || arguments_.pid == place.pid);
  }

  void ask(const ControlPlace& place) {
    const Fd fd = connect_to(place);
    if (!fd && errno != EAGAIN) return;
    ++found_;
    if (!fd) return no_answer(place, "has too many requests");
    const auto bytes =
        answer_of(fd.get(), only_diff_ ? "{\"do\": \"diff\"}\n" : "{\"do\": \"reload\"}\n");
    auto answer = bytes ? text::parse_json(*bytes) : Result<Value>(Value::null());
    if (!answer || answer->as_map() == nullptr) {
      return no_answer(place, "gave no answer");
    }
    if (arguments_.json) {
      answer->as_map()->set("module", Value::string(place.module));
      answer->as_map()->set("pid", Value::integer(place.pid));
      std::printf("%s\n", json::write(*answer).c_str());
      refused_ = refused_ || text::string_at(*answer, "/result") != "reloaded";
      return;
    }
    if (!print(place, *answer, only_diff_)) refused_ = true;
  }

  void no_answer(const ControlPlace& place, const char* why) {
    std::fprintf(stderr, "%s (process %d) %s\n", place.module.c_str(), place.pid, why);
    refused_ = true;
  }

  const Arguments& arguments_;
  bool only_diff_;
  int found_ = 0;
  bool refused_ = false;
};

Command add(CLI::App& app, const char* name, const char* about, bool only_diff) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand(name, about);
  command->add_option("--module", arguments->module, "llm or web; default both")
      ->check(CLI::IsMember({"llm", "web"}));
  command->add_option("--pid", arguments->pid, "that process only")->check(CLI::Range(1, 4194304));
  command->add_option("--folder", arguments->folders,
                      "where the modules' control sockets are; default $RUNTIME_DIRECTORY, else "
                      "$XDG_RUNTIME_DIR/genvm-modules, else /tmp/genvm-modules-UID; and "
                      "/run/genvm-llm and /run/genvm-web");
  command->add_flag("--json", arguments->json, "a JSON object a process");
  return [arguments, only_diff] { return Asking(*arguments, only_diff).run(); };
}

}  // namespace

Command add_reload(CLI::App& app) {
  return add(app, "reload",
             "the running modules take their changed configuration, scripts, prices and keys",
             false);
}

Command add_diff(CLI::App& app) {
  return add(app, "diff", "say what a reload would change, and change nothing", true);
}

}  // namespace gvm::apps
