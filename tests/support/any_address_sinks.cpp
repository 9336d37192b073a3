#include "support/any_address_sinks.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <exception>
#include <functional>
#include <stdexcept>
#include <thread>

namespace gvm::test {
namespace {

constexpr int kLoopbackIndex = 1;

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

Fd network_of(const std::string& process) {
  Fd fd(::open(("/proc/" + process + "/ns/net").c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) give_up("the network of " + process);
  return fd;
}

// Runs on a thread of its own, because each thread is in one network namespace at a time.
void run_inside(pid_t inside, const std::function<void()>& work) {
  if (inside == 0) return work();
  const Fd network = network_of(std::to_string(inside));
  std::exception_ptr failure;
  std::thread([&] {
    try {
      if (::setns(network.get(), CLONE_NEWNET) != 0) give_up("entering a network");
      work();
    } catch (...) {
      failure = std::current_exception();
    }
  }).join();
  if (failure) std::rethrow_exception(failure);
}

void bring_loopback_up() {
  const Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (::ioctl(any.get(), SIOCSIFFLAGS, &request) != 0) give_up("loopback");
}

// `ip route add local default dev lo table local`
void make_everything_local(unsigned char family) {
  struct {
    nlmsghdr header;
    rtmsg route;
    rtattr attribute;
    int index;
  } request{};
  request.header.nlmsg_len = sizeof(request);
  request.header.nlmsg_type = RTM_NEWROUTE;
  request.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE | NLM_F_ACK;
  request.route.rtm_family = family;
  request.route.rtm_table = RT_TABLE_LOCAL;
  request.route.rtm_protocol = RTPROT_STATIC;
  request.route.rtm_scope = RT_SCOPE_HOST;
  request.route.rtm_type = RTN_LOCAL;
  request.attribute.rta_len = RTA_LENGTH(sizeof(int));
  request.attribute.rta_type = RTA_OIF;
  request.index = kLoopbackIndex;
  const Fd netlink(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  struct {
    nlmsghdr header;
    nlmsgerr error;
    char rest[512];
  } answer{};
  if (::send(netlink.get(), &request, sizeof(request), 0) < 0 ||
      ::recv(netlink.get(), &answer, sizeof(answer), 0) < 0)
    give_up("netlink");
  if (answer.error.error != 0) {
    errno = -answer.error.error;
    give_up("a route");
  }
}

Fd listen_everywhere(std::uint16_t port, bool is_tcp) {
  Fd fd(::socket(AF_INET6, (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const int on = 1;
  ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  sockaddr_in6 at{};  // dual stack: also accepts IPv4
  at.sin6_family = AF_INET6;
  at.sin6_port = htons(port);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&at), sizeof(at)) != 0) give_up("bind");
  if (is_tcp && ::listen(fd.get(), 64) != 0) give_up("listen");
  return fd;
}

bool take_one(const Fd& socket, bool is_tcp) {
  if (is_tcp) return static_cast<bool>(Fd(::accept4(socket.get(), nullptr, nullptr, 0)));
  char byte = 0;
  return ::recv(socket.get(), &byte, 1, 0) >= 0;
}

}  // namespace

OwnNetwork::OwnNetwork() : before_(network_of("thread-self")) {
  if (::unshare(CLONE_NEWNET) != 0) give_up("a network of one's own");
  bring_loopback_up();
}

OwnNetwork::~OwnNetwork() {
  ::setns(before_.get(), CLONE_NEWNET);
}

AnyAddressSinks::AnyAddressSinks(pid_t inside, const std::vector<std::uint16_t>& tcp,
                                 const std::vector<std::uint16_t>& udp)
    : inside_(inside) {
  run_inside(inside_, [&] {
    make_everything_local(AF_INET);
    make_everything_local(AF_INET6);
    for (const auto port : tcp) sinks_.push_back({listen_everywhere(port, true), port, true});
    for (const auto port : udp) sinks_.push_back({listen_everywhere(port, false), port, false});
  });
}

void AnyAddressSinks::knock(const std::string& address) const {
  run_inside(inside_, [&] {
    for (const auto& sink : sinks_) {
      const Fd fd(::socket(AF_INET, (sink.is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0));
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(sink.port);
      ::inet_pton(AF_INET, address.c_str(), &to.sin_addr);
      if (::connect(fd.get(), reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0 ||
          ::send(fd.get(), "x", 1, MSG_NOSIGNAL) != 1)
        give_up("knocking at " + address);
    }
  });
}

std::vector<std::string> AnyAddressSinks::take() {
  std::vector<std::string> out;
  for (const auto& sink : sinks_) {
    while (take_one(sink.socket, sink.is_tcp))
      out.push_back((sink.is_tcp ? "tcp " : "udp ") + std::to_string(sink.port));
  }
  return out;
}

}  // namespace gvm::test
