#pragma once
// A name server on loopback that knows every name: what a test plays has no address of its own.
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <cstdint>
#include <thread>

namespace gvm::apps {

// Answers each question for an IPv4 address with the same public one, others with nothing (RFC
// 1035). A thread of its own.
class MockDns {
 public:
  // Throws boost::system::system_error when no port of 127.0.0.1 can be had.
  MockDns();
  ~MockDns();
  MockDns(const MockDns&) = delete;
  MockDns& operator=(const MockDns&) = delete;

  std::uint16_t port() const { return socket_.local_endpoint().port(); }

 private:
  static constexpr std::size_t kMostBytes = 4096;
  void receive();

  boost::asio::io_context context_{1};
  boost::asio::ip::udp::socket socket_;
  boost::asio::ip::udp::endpoint from_;
  std::array<std::uint8_t, kMostBytes> buffer_{};
  std::thread thread_;
};

}  // namespace gvm::apps
