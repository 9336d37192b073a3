#include "launch/packet.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <string_view>

#include "base/size.h"

namespace gvm::launch {
namespace {

constexpr std::size_t kMostBytes = 192 * kKiB;  // arguments and environment of a program
constexpr std::size_t kMostDescriptors = 128;

// Aligned as CMSG_FIRSTHDR requires.
struct alignas(cmsghdr) ControlSpace {
  std::array<char, CMSG_SPACE(sizeof(int) * kMostDescriptors)> bytes{};
};

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> fields;
  while (!text.empty()) {
    const auto end = std::min(text.find('\0'), text.size());
    fields.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return fields;
}

void take_descriptors(msghdr& header, std::vector<Fd>& out) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&header); c != nullptr; c = CMSG_NXTHDR(&header, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
      out.emplace_back(fd);
    }
  }
}

void put_descriptors(msghdr& header, ControlSpace& space, std::span<const int> descriptors) {
  const std::size_t bytes = descriptors.size_bytes();
  header.msg_control = space.bytes.data();
  header.msg_controllen = CMSG_SPACE(bytes);
  cmsghdr* c = CMSG_FIRSTHDR(&header);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(bytes);
  std::memcpy(CMSG_DATA(c), descriptors.data(), bytes);
}

}  // namespace

bool send_packet(int fd, const std::vector<std::string>& fields,
                 const std::vector<int>& descriptors, WhenFull full) {
  std::string text;
  for (const auto& field : fields) text.append(field).push_back('\0');
  errno = EMSGSIZE;
  if (text.size() > kMostBytes || descriptors.size() > kMostDescriptors) return false;
  iovec part{.iov_base = text.data(), .iov_len = text.size()};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  ControlSpace space;
  if (!descriptors.empty()) put_descriptors(header, space, descriptors);
  const int flags = MSG_NOSIGNAL | (full == WhenFull::fail ? MSG_DONTWAIT : 0);
  for (;;) {
    if (::sendmsg(fd, &header, flags) >= 0) return true;
    if (errno != EINTR) return false;
  }
}

Received receive_packet(int fd, Packet& packet) {
  packet = Packet();
  std::string text(kMostBytes, '\0');
  iovec part{.iov_base = text.data(), .iov_len = text.size()};
  ControlSpace space;
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = space.bytes.data();
  header.msg_controllen = space.bytes.size();
  ssize_t count = -1;
  do {
    count = ::recvmsg(fd, &header, MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return errno == EAGAIN ? Received::nothing : Received::closed;
  take_descriptors(header, packet.descriptors);
  packet.fields = split(std::string_view(text).substr(0, static_cast<std::size_t>(count)));
  return packet.fields.empty() ? Received::closed : Received::packet;
}

std::optional<Packet> receive_packet(int fd) {
  Packet packet;
  if (receive_packet(fd, packet) != Received::packet) return std::nullopt;
  return packet;
}

}  // namespace gvm::launch
