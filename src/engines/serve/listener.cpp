#include "serve/listener.h"

#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <system_error>
#include <vector>

#include "serve/codes.h"
#include "serve/tcp_options.h"

namespace gvm::serve {
namespace {

std::unexpected<Error> refuse(const ListenAddress& address, const std::string& why) {
  return fail(codes::kListenFailed, Fatality::fatal,
              "cannot listen on " + address.to_string() + ": " + why);
}

std::string errno_text(int number) {
  return std::system_category().message(number);
}

// Closes unless released.
class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  int get() const { return fd_; }
  bool ok() const { return fd_ >= 0; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

int open_socket(int family) {
  return ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

sockaddr_un unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

template <class Address>
const sockaddr* generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}

struct AddressInfo {
  addrinfo* first = nullptr;
  ~AddressInfo() {
    if (first != nullptr) ::freeaddrinfo(first);
  }
};

std::uint16_t port_of(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) return 0;
  if (bound.ss_family == AF_INET)
    return ntohs(reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
  return ntohs(reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port);
}

// Removes a socket file that nobody listens on; says why it may not.
std::string make_way(const std::string& path) {
  struct stat info{};
  if (::lstat(path.c_str(), &info) != 0) return errno == ENOENT ? "" : errno_text(errno);
  if (!S_ISSOCK(info.st_mode)) return "the file exists and is no socket";
  const Fd probe(open_socket(AF_UNIX));
  const auto address = unix_address(path);
  if (::connect(probe.get(), generic(address), sizeof address) == 0 || errno != ECONNREFUSED) {
    return "another process listens there";
  }
  return ::unlink(path.c_str()) == 0 ? "" : errno_text(errno);
}

// Empty when there is no such group.
std::optional<gid_t> group_id(const std::string& group) {
  gid_t number = 0;
  const auto [end, error] = std::from_chars(group.data(), group.data() + group.size(), number);
  if (error == std::errc() && end == group.data() + group.size()) return number;
  struct group entry{};
  struct group* found = nullptr;
  constexpr std::size_t kLongestEntry = 1 << 20;  // a group of many members
  std::vector<char> buffer(kLongestEntry);
  if (::getgrnam_r(group.c_str(), &entry, buffer.data(), buffer.size(), &found) != 0 ||
      found == nullptr)
    return std::nullopt;
  return entry.gr_gid;
}

// Says why it did not.
std::string give_to_group(const std::string& path, const std::string& group) {
  if (group.empty()) return {};
  const auto id = group_id(group);
  if (!id) return "serve.peers.unix_group: there is no group " + group;
  if (::lchown(path.c_str(), static_cast<uid_t>(-1), *id) == 0) return {};
  return "serve.peers.unix_group: cannot give the file to " + group + ": " + errno_text(errno) +
         " (the process must be a member of the group)";
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(asio::io_context& context,
                                                 const ListenAddress& address, int backlog,
                                                 const UnixFile& file) {
  std::unique_ptr<Listener> listener(new Listener(context, address));
  auto opened =
      address.is_unix() ? listener->open_unix(backlog, file) : listener->open_tcp(backlog);
  if (!opened) return fail(std::move(opened.error()));
  return listener;
}

Result<std::unique_ptr<Listener>> Listener::adopt(asio::io_context& context,
                                                  const InheritedSocket& socket) {
  ListenAddress address{.host = {}, .port = 0, .path = {}, .fd = socket.fd};
  if (socket.family != AF_UNIX) address.port = port_of(socket.fd);
  set_tcp_options(socket.fd);
  std::unique_ptr<Listener> listener(new Listener(context, std::move(address)));
  boost::system::error_code error;
  listener->acceptor_.assign(asio::generic::stream_protocol(socket.family, 0), socket.fd, error);
  if (error) return refuse(listener->address_, error.message());
  return listener;
}

Listener::~Listener() {
  close();
}

Result<void> Listener::open_tcp(int backlog) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  AddressInfo found;
  const auto port = std::to_string(address_.port);
  const int failure = ::getaddrinfo(address_.host.c_str(), port.c_str(), &hints, &found.first);
  if (failure != 0) return refuse(address_, ::gai_strerror(failure));
  std::string why = "the host has no address";
  for (const auto* one = found.first; one != nullptr; one = one->ai_next) {
    Fd fd(open_socket(one->ai_family));
    const int on = 1;
    if (fd.ok()) (void)::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (fd.ok() && ::bind(fd.get(), one->ai_addr, one->ai_addrlen) == 0) {
      address_.port = port_of(fd.get());
      return listen(fd.release(), one->ai_family, backlog);
    }
    why = errno_text(errno);
  }
  return refuse(address_, why);
}

Result<void> Listener::open_unix(int backlog, const UnixFile& file) {
  if (const auto why = make_way(address_.path); !why.empty()) return refuse(address_, why);
  Fd fd(open_socket(AF_UNIX));
  if (!fd.ok()) return refuse(address_, errno_text(errno));
  // Linux gives the file the socket's own mode: it is never open to more than `mode`, not even for
  // a moment.
  constexpr unsigned kOwnerOnly = 0600;  // until the file has its group
  (void)::fchmod(fd.get(), file.group.empty() ? file.mode : file.mode & kOwnerOnly);
  const auto address = unix_address(address_.path);
  if (::bind(fd.get(), generic(address), sizeof address) != 0)
    return refuse(address_, errno_text(errno));
  if (const auto why = give_to_group(address_.path, file.group); !why.empty()) {
    (void)::unlink(address_.path.c_str());
    return refuse(address_, why);
  }
  struct stat info{};
  if (::chmod(address_.path.c_str(), file.mode) == 0 &&
      ::lstat(address_.path.c_str(), &info) == 0) {
    owns_file_ = true;
    device_ = info.st_dev;
    inode_ = info.st_ino;
  }
  return listen(fd.release(), AF_UNIX, backlog);
}

Result<void> Listener::listen(int fd, int family, int backlog) {
  Fd guard(fd);
  set_tcp_options(fd);
  if (::listen(fd, backlog) != 0) return refuse(address_, errno_text(errno));
  boost::system::error_code error;
  acceptor_.assign(asio::generic::stream_protocol(family, 0), guard.release(), error);
  if (error) return refuse(address_, error.message());
  return {};
}

void Listener::close() {
  boost::system::error_code ignored;
  acceptor_.close(ignored);
  if (!owns_file_) return;
  owns_file_ = false;
  struct stat info{};
  const char* path = address_.path.c_str();
  if (::lstat(path, &info) == 0 && info.st_dev == device_ && info.st_ino == inode_) ::unlink(path);
}

}  // namespace gvm::serve
