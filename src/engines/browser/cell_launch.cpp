#include "browser/cell_launch.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/error_codes.h"
#include "browser/cell_protocol.h"
#include "launch/starter.h"

namespace gvm::browser {
namespace {

constexpr int kBacklog = 64;

std::unexpected<Error> refuse(const std::string& what, int number) {
  Error error(codes::kCreatingSession, Fatality::fatal, what + ": " + std::strerror(number));
  error.with("kind", Value::string(number == ENOENT ? "missing" : "start"));
  return fail(std::move(error));
}

std::unexpected<Error> refuse(const Error& cause) {
  const Value* number = cause.ctx().find("errno");
  const auto value = number == nullptr ? std::nullopt : number->as_integer()->to_i64();
  Error error(codes::kCreatingSession, Fatality::fatal, cause.to_string());
  error.with("kind", Value::string(value == ENOENT ? "missing" : "start"));
  return fail(std::move(error));
}

Result<Fd> listen_at(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.size() >= sizeof(address.sun_path)) return refuse(text, ENAMETOOLONG);
  std::memcpy(address.sun_path, text.data(), text.size());
  Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
      ::chmod(text.c_str(), 0600) != 0 || ::listen(fd.get(), kBacklog) != 0)
    return refuse(text, errno);
  return fd;
}

}  // namespace

Result<Launched> launch_cell(const std::filesystem::path& program, const CellFolder& folder) {
  const auto driver = listen_at(folder.driver_socket());
  if (!driver) return fail(driver.error());
  const auto devtools = listen_at(folder.devtools_socket());
  if (!devtools) return fail(devtools.error());
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return refuse("a socket pair", errno);
  Launched launched;
  launched.control = Fd(ends[0]);
  const Fd theirs(ends[1]);
  const launch::Command command{
      .program = program.string(),
      .arguments = {},
      .environment = {"GVM_CELL=" + folder.path().string()},
      .descriptors = {{theirs.get(), kControlFd},
                      {driver->get(), kDriverListenerFd},
                      {devtools->get(), kDevtoolsListenerFd}},
      .quiet = true,
  };
  auto started = launch::start(command);
  if (!started) return refuse(started.error());
  launched.pid = started->pid;
  launched.process = std::move(started->process);
  ::fcntl(launched.control.get(), F_SETFL, O_NONBLOCK);
  folder.note_process(launched.pid);
  return launched;
}

}  // namespace gvm::browser
