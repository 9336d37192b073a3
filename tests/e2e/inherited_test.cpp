// Sockets that a module inherits from its parent: fd://N and socket activation.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

#include "e2e/genvm.h"
#include "e2e/module.h"
#include "support/wire_client.h"

namespace gvm::e2e {
namespace {

constexpr const char* kScript =
    "function ExecPrompt(_, args) return { data = args.prompt } end\n"
    "function ExecPromptTemplate() return { data = true } end\n";
constexpr int kFromHere = 100;  // descriptors below may be anybody's

ModuleOptions options_for(std::string bind_address) {
  return {.script = kScript,
          .bind_address = std::move(bind_address),
          .arguments = {"--allow-empty-backends"}};
}

// A descriptor that programs started from here inherit.
class Inheritable {
 public:
  explicit Inheritable(int fd) : fd_(::fcntl(fd, F_DUPFD, kFromHere)) { ::close(fd); }
  ~Inheritable() { ::close(fd_); }
  Inheritable(const Inheritable&) = delete;
  int get() const { return fd_; }
  std::string url() const { return "fd://" + std::to_string(fd_); }

 private:
  int fd_;
};

int listening_socket() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd, 16) != 0)
    throw std::runtime_error("no listening socket");
  return fd;
}

std::uint16_t port_of(int fd) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

void expect_both_framings(std::uint16_t port) {
  GenVm genvm(port, hello_b());
  EXPECT_EQ(genvm.ask(prompt("by WebSocket")).text(), "by WebSocket");
  auto framed = test::WireClient::tcp(port);
  framed.send_frame(encode(hello_c()));
  framed.send_frame(encode(prompt("by length")));
  EXPECT_EQ(parse_reply(framed.receive_frame().value()).text(), "by length");
}

TEST(Inherited, AListeningDescriptorServesBothFramings) {
  const Inheritable listener(listening_socket());
  const Module module(options_for(listener.url()));
  EXPECT_EQ(module.address(), listener.url());
  expect_both_framings(port_of(listener.get()));
}

class ConnectedPair {
 public:
  ConnectedPair() {
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends_.data()) != 0)
      throw std::runtime_error("no socketpair");
  }
  int theirs() const { return ends_[0]; }
  int ours() const { return ends_[1]; }

 private:
  std::array<int, 2> ends_{};
};

TEST(Inherited, AConnectedDescriptorIsOneSessionAndTheModuleEndsWithIt) {
  const ConnectedPair pair;
  auto theirs = std::make_unique<Inheritable>(pair.theirs());
  Module module(options_for(theirs->url()));
  theirs.reset();
  auto client = test::WireClient::of_descriptor(pair.ours());
  client.send_frame(encode(hello_c()));
  client.send_frame(encode(prompt("one")));
  client.send_frame(encode(prompt("two")));
  EXPECT_EQ(parse_reply(client.receive_frame().value()).text(), "one");
  EXPECT_EQ(parse_reply(client.receive_frame().value()).text(), "two");
  client.close();
  EXPECT_EQ(module.process().wait_exit(30s), 0) << module.process().out();
}

TEST(Inherited, SocketActivationIsServedWhateverBindAddressSays) {
  for (const char* bind_address : {"null", "127.0.0.1:1"}) {
    const Inheritable listener(listening_socket());
    const TempFolder folder;
    const auto config = write_config(folder, options_for(bind_address));
    const std::string command = "exec 3<&" + std::to_string(listener.get()) +
                                "; LISTEN_FDS=1 LISTEN_PID=$$ exec \"$0\" --allow-empty-backends "
                                "--config \"$1\"";
    test::Process process({"/bin/bash", "-c", command, program("genvm-llm"), config});
    ASSERT_TRUE(process.wait_for_line("\"message\":\"ready\"", 60s)) << process.err();
    expect_both_framings(port_of(listener.get()));
    process.signal(SIGTERM);
    EXPECT_EQ(process.wait_exit(30s), 0);
  }
}

struct Unusable {
  std::string bind_address;
  std::string why;
};

TEST(Inherited, WhatCannotBeServedIsAStartErrorThatSaysWhy) {
  const Inheritable datagram(::socket(AF_INET, SOCK_DGRAM, 0));
  const Inheritable lonely(::socket(AF_INET, SOCK_STREAM, 0));
  const Inheritable file(::open("/dev/null", O_RDONLY));
  for (const auto& [bind_address, why] :
       {Unusable{"null", "no socket was inherited"}, Unusable{datagram.url(), "no stream socket"},
        Unusable{lonely.url(), "neither listens nor is connected"},
        Unusable{file.url(), "it is no socket"}, Unusable{"fd://999", "Bad file descriptor"}}) {
    const TempFolder folder;
    const auto config = write_config(folder, options_for(bind_address));
    const auto run =
        test::run_program({program("genvm-llm"), "--allow-empty-backends", "--config", config});
    EXPECT_EQ(run.exit_code, 75) << bind_address;
    EXPECT_NE(run.err.find(why), std::string::npos) << bind_address << ": " << run.err;
  }
}

}  // namespace
}  // namespace gvm::e2e
