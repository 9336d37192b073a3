// `genvm-modules top`: what the modules' status pages show, in a terminal.
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "apps/front/commands.h"
#include "apps/front/terminal.h"
#include "apps/front/token_argument.h"
#include "apps/front/top_view.h"

namespace gvm::apps {
namespace {

constexpr std::size_t kUsualWidth = 120;  // where there is no terminal
constexpr std::size_t kLeastWidth = 40;
constexpr double kLeastInterval = 0.2;  // seconds
constexpr double kMostInterval = 3'600;
constexpr std::size_t kMostModules = 8;

struct Arguments {
  std::vector<std::string> urls;
  std::string token;
  double interval = 2;
  bool once = false;
  bool json = false;
};

// What is shown of one module.
struct Watched {
  Watched(const std::string& url, const Secret& token) : source(url, token) {}

  TopSource source;
  std::optional<Seen> before;
  std::optional<Seen> now;
  std::string fault;  // why it could not be looked at

  void look() {
    auto seen = source.look();
    fault = seen ? "" : seen.error().to_string();
    if (!seen) return;
    before = std::exchange(now, std::move(*seen));
  }
};

struct Size {
  std::size_t width = kUsualWidth;
  std::size_t lines = 1'000;
};

Size size_of_terminal() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return {};
  return {std::max<std::size_t>(size.ws_col, kLeastWidth), std::max<std::size_t>(size.ws_row, 3)};
}

void say(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::string text_of(const Watched& module, std::size_t width) {
  if (!module.fault.empty()) return printable("! " + module.fault).substr(0, width) + "\n";
  return top_text(module.source.url(), *module.now, module.before, width);
}

// The signals that end or redraw it are taken between two looks.
class Screen {
 public:
  Screen() {
    sigemptyset(&waited_);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGWINCH}) sigaddset(&waited_, number);
    sigprocmask(SIG_BLOCK, &waited_, nullptr);
    say("\033[?1049h\033[?25l");  // another screen, no cursor
  }
  ~Screen() { say("\033[?25h\033[?1049l"); }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // No line is wider than the terminal, and the last one does not scroll it.
  void draw(const std::string& text, std::size_t lines) const {
    std::string out = "\033[H";
    std::size_t shown = 0;
    std::size_t from = 0;
    while (from < text.size() && ++shown < lines) {
      const auto end = std::min(text.find('\n', from), text.size());
      out.append(text, from, end - from).append("\033[K\r\n");
      from = end + 1;
    }
    say(out + "\033[J");
  }

  enum class Next { look, draw, end };
  Next wait(double seconds) const {
    timespec span{};
    span.tv_sec = static_cast<time_t>(seconds);
    span.tv_nsec = static_cast<long>((seconds - static_cast<double>(span.tv_sec)) * 1e9);
    const int number = sigtimedwait(&waited_, nullptr, &span);
    if (number == SIGWINCH) return Next::draw;
    return number > 0 ? Next::end : Next::look;
  }

 private:
  sigset_t waited_{};
};

class Top {
 public:
  Top(const Arguments& arguments, const Secret& token) : arguments_(arguments) {
    for (const auto& url : arguments.urls)
      modules_.push_back(std::make_unique<Watched>(url, token));
  }

  int once() {
    look();
    bool any = false;
    for (const auto& module : modules_) {
      if (!module->fault.empty()) {
        std::fprintf(stderr, "%s\n", printable(module->fault).c_str());
        continue;
      }
      if (any && !arguments_.json) say("\n");
      any = true;
      say(arguments_.json ? top_json(module->source.url(), *module->now, module->before)
                          : text_of(*module, size_of_terminal().width));
    }
    return any ? kExitOk : kExitUnreachable;
  }

  int until_told() {
    const Screen screen;
    auto next = Screen::Next::look;
    while (next != Screen::Next::end) {
      if (next == Screen::Next::look) look();
      const auto size = size_of_terminal();
      std::string text;
      for (const auto& module : modules_) text += text_of(*module, size.width) + "\n";
      screen.draw(text, size.lines);
      next = screen.wait(arguments_.interval);
    }
    return kExitOk;
  }

 private:
  void look() {
    for (const auto& module : modules_) module->look();
  }

  const Arguments& arguments_;
  std::vector<std::unique_ptr<Watched>> modules_;
};

int run(Arguments arguments) {
  if (arguments.urls.empty()) arguments.urls = {"http://127.0.0.1:3031", "http://127.0.0.1:3032"};
  for (auto& url : arguments.urls) {
    auto checked = TopSource::check(url);
    if (!checked) {
      std::fprintf(stderr, "genvm-modules top: --url %s\n", checked.error().to_string().c_str());
      return kExitUsage;
    }
    url = *checked;
  }
  auto token = token_of_argument(arguments.token);
  if (!token) {
    std::fprintf(stderr, "genvm-modules top: %s\n", token.error().to_string().c_str());
    return kExitUsage;
  }
  const Secret secret(std::move(*token));
  if (arguments.once || arguments.json) return Top(arguments, secret).once();
  if (!writes_to_terminal()) {
    std::fprintf(stderr, "genvm-modules top: this is no terminal; --once shows it once\n");
    return kExitUsage;
  }
  return Top(arguments, secret).until_told();
}

}  // namespace

Command add_top(CLI::App& app) {
  auto arguments = std::make_shared<Arguments>();
  auto* command = app.add_subcommand(
      "top", "show in a terminal what running modules do, what they cost and what is wrong");
  command
      ->add_option(
          "--url", arguments->urls,
          "a module: http://HOST:PORT, or unix:///PATH; may be repeated; default the usual "
          "ports of both modules on this machine")
      ->expected(1, static_cast<int>(kMostModules));
  command->add_option("--token", arguments->token,
                      "the modules' admin token, for those of other machines, or env:NAME to take "
                      "it from the environment (not seen in ps)");
  command->add_option("--interval", arguments->interval, "seconds between two looks; default 2")
      ->check(CLI::Range(kLeastInterval, kMostInterval));
  command->add_flag("--once", arguments->once, "once, also without a terminal");
  command->add_flag("--json", arguments->json, "once, a line of JSON a module");
  command->footer(
      "Ctrl+C ends it.\nExit code: 0, 4 no module answers (--once, --json), 64 wrong usage.");
  return [arguments] { return run(*arguments); };
}

}  // namespace gvm::apps
