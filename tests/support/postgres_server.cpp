#include "support/postgres_server.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace gvm::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kVersions = "/usr/lib/postgresql";
constexpr auto kUser = "gvm";
constexpr auto kStartTimeout = 60s;  // under sanitizers, on a busy machine

// The programs of the newest installed version; empty: there is none.
fs::path programs() {
  fs::path newest;
  std::error_code none;
  for (const auto& version : fs::directory_iterator(kVersions, none)) {
    const auto bin = version.path() / "bin";
    if (fs::exists(bin / "postgres") && fs::exists(bin / "initdb")) newest = std::max(newest, bin);
  }
  return newest;
}

void check(const Finished& finished, const std::string& what) {
  if (finished.exit_code != 0) throw std::runtime_error(what + ": " + finished.err + finished.out);
}

}  // namespace

std::string PostgresServer::missing() {
  return std::string("no PostgreSQL server in ") + kVersions +
         ": scripts/setup-system.sh installs it";
}

std::unique_ptr<PostgresServer> PostgresServer::start() {
  if (programs().empty()) return nullptr;
  // Kept short, because the path of a socket has at most 107 bytes.
  std::string folder = "/tmp/gvm-postgres-XXXXXX";
  if (::mkdtemp(folder.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  std::unique_ptr<PostgresServer> server(new PostgresServer(folder));
  server->make_data();
  server->launch();
  return server;
}

PostgresServer::~PostgresServer() {
  crash();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

// The server ends with the test, however the test ends.
std::vector<std::string> PostgresServer::as_server(std::vector<std::string> command) const {
  std::vector<std::string> whole{"setpriv", "--pdeathsig", "KILL"};
  if (::geteuid() == 0) {
    const auto* const nobody = ::getpwnam("nobody");
    if (nobody == nullptr) throw std::runtime_error("no user `nobody`");
    for (const auto& part :
         {std::string("--reuid"), std::to_string(nobody->pw_uid), std::string("--regid"),
          std::to_string(nobody->pw_gid), std::string("--clear-groups")})
      whole.push_back(part);
    if (::chown(folder_.c_str(), nobody->pw_uid, nobody->pw_gid) != 0)
      throw std::runtime_error("chown failed");
  }
  std::ranges::move(command, std::back_inserter(whole));
  return whole;
}

void PostgresServer::make_data() {
  const auto made =
      run_program(as_server({programs() / "initdb", "-D", folder_ / "data", "-U", kUser, "-A",
                             "trust", "-E", "UTF8", "--locale=C", "--no-sync"}));
  check(made, "initdb");
}

void PostgresServer::launch() {
  // It is started again while peers are connected, whose sockets it must not keep open.
  process_ = std::make_unique<Process>(
      as_server({programs() / "postgres", "-D", folder_ / "data", "-k", folder_, "-c",
                 "listen_addresses=", "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c",
                 "max_connections=50"}),
      Process::Options{.closes_others = true});
  const auto end = std::chrono::steady_clock::now() + kStartTimeout;
  // Line 8 of its pid file says when it is ready.
  for (;;) {
    std::ifstream file(folder_ / "data" / "postmaster.pid");
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    if (text.find("\nready") != text.npos) return;
    if (process_->wait_exit(0ms) || std::chrono::steady_clock::now() > end)
      throw std::runtime_error("the PostgreSQL server did not start: " + process_->err());
    std::this_thread::sleep_for(10ms);
  }
}

std::string PostgresServer::url() const {
  return "postgresql://" + std::string(kUser) + "@/postgres?host=" + folder_.string();
}

std::string PostgresServer::run_sql(const std::string& sql) const {
  const auto finished = run_program({programs() / "psql", "-X", "-A", "-t", "-q", "-v",
                                     "ON_ERROR_STOP=1", "-d", url(), "-c", sql});
  check(finished, "psql");
  return finished.out;
}

void PostgresServer::crash() {
  if (process_ == nullptr) return;
  process_->signal(SIGQUIT);
  if (!process_->wait_exit(30s)) process_->signal(SIGKILL);
  process_.reset();
}

void PostgresServer::restart() {
  crash();
  launch();
}

}  // namespace gvm::test
