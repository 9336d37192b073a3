#include "store/keeper/place.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "store/disk.h"

namespace gvm::store::keeper {
namespace {

constexpr int kBacklog = 64;

struct Name {
  sockaddr_un address{};
  socklen_t size = 0;
};

// Its first byte is zero: the name is no file.
Name name_of(const std::string& place) {
  Name name;
  name.address.sun_family = AF_UNIX;
  std::memcpy(name.address.sun_path + 1, place.data(), place.size());
  name.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + place.size());
  return name;
}

Fd open_socket() {
  return Fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
}

}  // namespace

Result<std::string> place_of(const std::filesystem::path& folder) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  struct stat info{};
  if (failed) return fail(disk_error(failed.value(), folder.string()));
  if (::stat(folder.c_str(), &info) != 0) return fail(disk_error(errno, folder.string()));
  return fmt::format("genvm-ledger-{}-{}-{}", ::geteuid(), info.st_dev, info.st_ino);
}

Fd listen_at(const std::string& place) {
  auto fd = open_socket();
  const auto name = name_of(place);
  const auto* address = reinterpret_cast<const sockaddr*>(&name.address);
  if (!fd || ::bind(fd.get(), address, name.size) != 0 || ::listen(fd.get(), kBacklog) != 0)
    return {};
  return fd;
}

Fd connect_to(const std::string& place) {
  auto fd = open_socket();
  const auto name = name_of(place);
  const auto* address = reinterpret_cast<const sockaddr*>(&name.address);
  if (!fd || ::connect(fd.get(), address, name.size) != 0 || !is_trusted(fd.get())) return {};
  return fd;
}

bool is_trusted(int connection) {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return false;
  return peer.uid == ::geteuid() || peer.uid == 0;
}

}  // namespace gvm::store::keeper
