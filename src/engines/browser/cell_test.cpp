// A real browser in a real cell: which protection is active, what can be reached, and that nothing
// remains.
#include "browser/cell.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <functional>
#include <iterator>

#include "base/error_codes.h"
#include "browser/cell_folder.h"
#include "support/cdp_client.h"
#include "support/process_tree.h"
#include "support/run_coroutine.h"

namespace gvm::browser {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto kPatience = 60s;

std::string kind_of(const Error& error) {
  const Value* kind = error.ctx().find("kind");
  return kind == nullptr ? "" : std::string(kind->as_string().value_or(""));
}

bool is_empty_folder(const fs::path& folder) {
  return !fs::exists(folder) || fs::is_empty(folder);
}

struct CellTest : testing::Test {
  CellTest() {
    std::string name = "/tmp/gvm-cell-test-XXXXXX";
    folder = ::mkdtemp(name.data());
  }
  ~CellTest() override {
    // Cells that were dropped end in the background.
    test::run_until(io, [&] { return is_empty_folder(folder / "run"); }, kPatience);
    std::error_code ignored;
    fs::remove_all(folder, ignored);
  }

  CellOptions options(Isolation isolation = Isolation::best) const {
    CellOptions out;
    out.runtime_dir = folder / "run";
    out.isolation = isolation;
    return out;
  }
  Result<std::unique_ptr<Cell>> try_start(CellOptions wanted) {
    return test::run(io, Cell::start(io.get_executor(), std::move(wanted), Deadline::in(kPatience)),
                     kPatience);
  }
  std::unique_ptr<Cell> start(CellOptions wanted) {
    auto cell = try_start(std::move(wanted));
    if (!cell) throw std::runtime_error(cell.error().to_string());
    return std::move(*cell);
  }
  std::unique_ptr<Cell> start() { return start(options()); }

  // After the end of a cell whose processes were `pids`.
  void expect_nothing_left(const std::vector<pid_t>& pids) {
    EXPECT_TRUE(test::run_until(io, [&] { return is_empty_folder(folder / "run"); }, kPatience));
    const auto left = test::still_running(pids, kPatience);
    for (const pid_t pid : left) ADD_FAILURE() << pid << " " << test::command_of(pid);
  }

  fs::path folder;
  boost::asio::io_context io{1};
};

std::string get(const fs::path& socket, const std::string& host, const std::string& path) {
  return test::unix_http(socket, "GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n");
}

TEST_F(CellTest, StartsABrowserAndADriverThatAnswer) {
  const auto cell = start();
  EXPECT_THAT(get(cell->driver_socket(), cell->driver_address(), "/status"),
              HasSubstr("\"ready\":true"));
  EXPECT_THAT(get(cell->devtools_socket(), cell->devtools_address(), "/json/version"),
              HasSubstr(cell->devtools_path()));
  EXPECT_TRUE(cell->alive());
  EXPECT_EQ(cell->slots(), 4U);
  EXPECT_THAT(cell->proxy_url(3), HasSubstr("http://127.0.0.1:"));
  EXPECT_GT(cell->process_count(), 3U);
  EXPECT_GT(cell->memory_bytes(), 20 * kMiB);
}

TEST_F(CellTest, UsesEveryProtectionWhereNamespacesWork) {
  if (std::system("unshare --user --net --pid --mount --fork --mount-proc true 2>/dev/null") != 0)
    GTEST_SKIP() << "this machine allows no namespaces";
  const auto cell = start();
  const auto& active = cell->protection();
  EXPECT_TRUE(active.network && active.processes && active.files && active.user && active.sandbox)
      << active.to_string();
  EXPECT_EQ(active.missing, "");
}

TEST_F(CellTest, StartsWithLessWhereNamespacesDoNot) {
  for (const Isolation isolation : {Isolation::network, Isolation::processes}) {
    const auto cell = start(options(isolation));
    EXPECT_FALSE(cell->protection().processes);
    EXPECT_EQ(cell->protection().network, isolation == Isolation::network);
    EXPECT_THAT(cell->protection().to_string(), HasSubstr("not active: "));
    EXPECT_THAT(get(cell->driver_socket(), cell->driver_address(), "/status"),
                HasSubstr("\"ready\":true"));
    const auto pids = test::process_tree(cell->pid());
    test::run(io, cell->stop());
    expect_nothing_left(pids);
  }
}

TEST_F(CellTest, HoldsItsPortsInsideOnly) {
  const auto cell = start();
  for (const auto& address : {cell->devtools_address(), cell->driver_address()}) {
    const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
    const Fd probe(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_NE(::connect(probe.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)), 0) << address;
  }
}

TEST_F(CellTest, InheritsNeitherEnvironmentNorDescriptorsNorFiles) {
  ::setenv("GVM_TEST_SECRET", "hunter2", 1);
  ::setenv("http_proxy", "http://192.0.2.1:1", 1);
  const auto file = folder / "secret";
  const Fd leaked(::open(file.c_str(), O_RDWR | O_CREAT, 0644));  // without close-on-exec
  const auto cell = start();
  ::unsetenv("http_proxy");
  const auto tree = test::process_tree(cell->pid());
  const auto drivers = test::with_command(tree, "chromedriver");
  ASSERT_FALSE(drivers.empty());
  const auto proc = fs::path("/proc") / std::to_string(drivers.front());
  std::ifstream in(proc / "environ");
  const std::string environment(std::istreambuf_iterator<char>(in), {});
  EXPECT_THAT(environment, HasSubstr("TZ=UTC"));
  EXPECT_THAT(environment, testing::Not(HasSubstr("GVM_TEST_SECRET")));
  EXPECT_THAT(environment, testing::Not(HasSubstr("proxy")));
  std::error_code ignored;
  for (const pid_t pid : tree) {
    for (const auto& fd : fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd", ignored))
      EXPECT_NE(fs::read_symlink(fd, ignored), file) << test::command_of(pid);
  }
  // The files that the driver sees.
  if (!cell->protection().files) return;
  for (const auto* hidden : {"root/root", "root/home", "root/var/log", "root/etc/shadow"})
    EXPECT_FALSE(fs::exists(proc / hidden, ignored)) << hidden;
  EXPECT_FALSE(fs::exists(proc / "root" / file.relative_path(), ignored));
  EXPECT_TRUE(fs::exists(proc / "root/usr/lib", ignored));
}

std::string evaluate(const Cell& cell, std::string_view expression) {
  test::CdpClient cdp(cell.devtools_socket().string(), cell.devtools_address(),
                      cell.devtools_path());
  const auto target =
      test::json_field(cdp.call("Target.createTarget", R"({"url":"about:blank"})"), "targetId");
  const auto session = test::json_field(
      cdp.call("Target.attachToTarget", R"({"flatten":true,"targetId":")" + target + "\"}"),
      "sessionId");
  const auto reply =
      cdp.call("Runtime.evaluate", R"({"expression":")" + std::string(expression) + "\"}", session);
  return test::json_field(reply, "value");
}

TEST_F(CellTest, LooksTheSameOnEveryMachine) {
  ::setenv("TZ", "Asia/Tokyo", 1);
  ::setenv("LANG", "de_DE.UTF-8", 1);
  const auto cell = start();
  ::unsetenv("TZ");
  ::unsetenv("LANG");
  EXPECT_EQ(evaluate(*cell,
                     "[Intl.DateTimeFormat().resolvedOptions().timeZone,navigator.language,"
                     "navigator.languages.join(),devicePixelRatio,outerWidth,"
                     "matchMedia('(prefers-reduced-motion)').matches].join(' ')"),
            "UTC en-US en-US 1 1280 true");
  EXPECT_EQ(evaluate(*cell, "navigator.userAgent"), Appearance().user_agent);
}

TEST_F(CellTest, AppearanceIsConfigurable) {
  auto wanted = options();
  wanted.appearance = {.width = 800,
                       .height = 600,
                       .scale = 2,
                       .language = "de-DE",
                       .time_zone = "Europe/Berlin",
                       .user_agent = "Robot/1"};
  const auto cell = start(wanted);
  EXPECT_EQ(evaluate(*cell,
                     "[Intl.DateTimeFormat().resolvedOptions().timeZone,navigator.language,"
                     "devicePixelRatio,outerWidth,navigator.userAgent].join(' ')"),
            "Europe/Berlin de-DE 2 800 Robot/1");
}

TEST_F(CellTest, SaysWhichPackageIsMissing) {
  auto wanted = options();
  wanted.browser = "/nowhere/chromium";
  auto cell = try_start(wanted);
  ASSERT_FALSE(cell);
  EXPECT_EQ(cell.error().code(), codes::kCreatingSession);
  EXPECT_EQ(kind_of(cell.error()), "missing");
  EXPECT_THAT(cell.error().to_string(), HasSubstr("install the Debian package chromium"));
  wanted = options();
  wanted.driver = "/nowhere/chromedriver";
  cell = try_start(wanted);
  ASSERT_FALSE(cell);
  EXPECT_THAT(cell.error().to_string(), HasSubstr("chromium-driver"));
  EXPECT_TRUE(is_empty_folder(folder / "run"));
}

TEST_F(CellTest, BrowserThatEndsAtOnceIsAnErrorWithItsLastWords) {
  const auto script = folder / "broken-browser";
  std::ofstream(script) << "#!/bin/sh\necho no display today >&2\nexit 3\n";
  ::chmod(script.c_str(), 0755);
  ::chmod(folder.c_str(), 0755);
  auto wanted = options();
  wanted.browser = script;
  const auto cell = try_start(wanted);
  ASSERT_FALSE(cell);
  EXPECT_EQ(kind_of(cell.error()), "crash");
  EXPECT_THAT(cell.error().to_string(), HasSubstr("ended with code 3: no display today"));
  expect_nothing_left({});
}

TEST_F(CellTest, BrowserThatNeverAnswersEndsWithTheDeadline) {
  const auto script = folder / "silent-browser";
  std::ofstream(script) << "#!/bin/sh\nexec sleep 1000\n";
  ::chmod(script.c_str(), 0755);
  ::chmod(folder.c_str(), 0755);
  auto wanted = options();
  wanted.browser = script;
  const auto cell =
      test::run(io, Cell::start(io.get_executor(), std::move(wanted), Deadline::in(500ms)));
  ASSERT_FALSE(cell);
  EXPECT_EQ(cell.error().code(), codes::kDeadlineExceeded);
  expect_nothing_left({});
}

TEST_F(CellTest, EndsWhenItUsesTooMuchMemory) {
  auto wanted = options();
  wanted.limits.memory_bytes = 50 * kMiB;  // less than a browser needs
  auto cell = try_start(wanted);
  if (!cell) return expect_nothing_left({});
  test::run(io, (*cell)->wait_exit());
  EXPECT_EQ((*cell)->exit_reason(), "memory limit");
  expect_nothing_left({});
}

TEST_F(CellTest, LeavesNothingAfterStop) {
  const auto cell = start();
  const auto pids = test::process_tree(cell->pid());
  EXPECT_GT(pids.size(), 5U);
  test::run(io, cell->stop());
  EXPECT_FALSE(cell->alive());
  EXPECT_EQ(cell->exit_reason(), "stopped");
  expect_nothing_left(pids);
}

TEST_F(CellTest, LeavesNothingWhenItIsDropped) {
  auto cell = start();
  const auto pids = test::process_tree(cell->pid());
  cell.reset();
  expect_nothing_left(pids);
}

TEST_F(CellTest, LeavesNothingWhenTheExecutorGoesFirst) {
  std::vector<pid_t> pids;
  {
    boost::asio::io_context brief{1};
    auto cell = test::run(
        brief, Cell::start(brief.get_executor(), options(), Deadline::in(kPatience)), kPatience);
    ASSERT_TRUE(cell);
    pids = test::process_tree((*cell)->pid());
    cell->reset();
  }
  expect_nothing_left(pids);
}

// Kills one process of the cell from outside.
struct Victim {
  const char* name;
  Isolation isolation;
  std::function<pid_t(const std::vector<pid_t>& tree)> choose;
  const char* reason;  // part of the reason that the module gets
};

void PrintTo(const Victim& victim, std::ostream* out) {
  *out << victim.name;
}

pid_t first_with(const std::vector<pid_t>& tree, std::string_view part) {
  const auto found = test::with_command(tree, part);
  return found.empty() ? -1 : found.front();
}
pid_t guard(const std::vector<pid_t>& tree) {
  return tree.at(0);
}
pid_t first_inside(const std::vector<pid_t>& tree) {
  return tree.at(1);
}
pid_t chromium(const std::vector<pid_t>& tree) {
  return first_with(tree, "--user-data-dir");
}
pid_t chromedriver(const std::vector<pid_t>& tree) {
  return first_with(tree, "chromedriver");
}

struct Killed : CellTest, testing::WithParamInterface<Victim> {};

TEST_P(Killed, TakesEverythingWithIt) {
  const auto cell = start(options(GetParam().isolation));
  const auto pids = test::process_tree(cell->pid());
  const pid_t victim = GetParam().choose(pids);
  ASSERT_GT(victim, 1);
  // For root without namespaces the profile is elsewhere.
  std::error_code no_link;
  const auto scratch = fs::read_symlink(cell->folder() / "scratch", no_link);
  ::kill(victim, SIGKILL);
  test::run(io, cell->wait_exit());
  EXPECT_TRUE(no_link || !fs::exists(scratch)) << scratch;
  EXPECT_FALSE(cell->alive());
  EXPECT_THAT(cell->exit_reason(), HasSubstr(GetParam().reason));
  expect_nothing_left(pids);
}

INSTANTIATE_TEST_SUITE_P(
    Cell, Killed,
    testing::Values(Victim{"Guard", Isolation::best, guard, "killed"},
                    Victim{"FirstInside", Isolation::best, first_inside, "killed"},
                    Victim{"Chromium", Isolation::best, chromium, "browser ended by signal 9"},
                    Victim{"ChromeDriver", Isolation::best, chromedriver, "driver ended"},
                    Victim{"GuardWithoutNamespaces", Isolation::processes, guard, "killed"},
                    Victim{"FirstInsideWithoutNamespaces", Isolation::processes, first_inside,
                           "killed"},
                    Victim{"ChromiumWithoutNamespaces", Isolation::processes, chromium,
                           "browser ended by signal 9"}),
    [](const auto& victim) { return victim.param.name; });

// A process that owns a cell, prints the cell's pid and waits to be killed.
struct Holder {
  explicit Holder(const CellOptions& options) {
    int ends[2];
    if (::pipe(ends) != 0) throw std::runtime_error("no pipe");
    pid = ::fork();
    if (pid == 0) hold(options, ends[1]);
    ::close(ends[1]);
    if (::read(ends[0], &cell, sizeof(cell)) != sizeof(cell)) cell = -1;
    ::close(ends[0]);
  }
  [[noreturn]] static void hold(const CellOptions& options, int report) {
    boost::asio::io_context io{1};
    const auto held =
        test::run(io, Cell::start(io.get_executor(), options, Deadline::in(kPatience)), kPatience);
    const pid_t started = held ? (*held)->pid() : -1;
    (void)!::write(report, &started, sizeof(started));
    io.restart();
    io.run();
    ::_exit(1);
  }
  void kill() const {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
  }
  pid_t pid = -1;
  pid_t cell = -1;
};

struct ModuleKilled : CellTest, testing::WithParamInterface<Isolation> {};

TEST_P(ModuleKilled, TakesItsCellWithIt) {
  const Holder module(options(GetParam()));
  ASSERT_GT(module.cell, 1);
  const auto pids = test::process_tree(module.cell);
  module.kill();
  expect_nothing_left(pids);
}

// Its owner was killed before it could clean up: the next module does.
TEST_P(ModuleKilled, TogetherWithTheGuardIsCleanedUpByItsSuccessor) {
  const Holder module(options(GetParam()));
  ASSERT_GT(module.cell, 1);
  const auto pids = test::process_tree(module.cell);
  ::kill(module.pid, SIGSTOP);
  ::kill(module.cell, SIGKILL);
  module.kill();
  EXPECT_FALSE(is_empty_folder(folder / "run"));
  EXPECT_EQ(clean_leftovers(folder / "run"), 1U);
  EXPECT_TRUE(is_empty_folder(folder / "run"));
  expect_nothing_left(pids);
}

INSTANTIATE_TEST_SUITE_P(Cell, ModuleKilled, testing::Values(Isolation::best, Isolation::processes),
                         [](const auto& how) {
                           return how.param == Isolation::best ? "InNamespaces" : "Without";
                         });

TEST_F(CellTest, CleaningSparesACellWhoseOwnerLives) {
  const auto cell = start();
  EXPECT_EQ(clean_leftovers(folder / "run"), 0U);
  EXPECT_TRUE(cell->alive());
  EXPECT_TRUE(fs::exists(cell->folder()));
}

TEST_F(CellTest, CleaningAFolderThatIsNotThereIsNoError) {
  EXPECT_EQ(clean_leftovers(folder / "never-made"), 0U);
}

}  // namespace
}  // namespace gvm::browser
