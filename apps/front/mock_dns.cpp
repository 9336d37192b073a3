#include "apps/front/mock_dns.h"

#include <boost/asio/buffer.hpp>
#include <optional>
#include <span>
#include <vector>

namespace gvm::apps {
namespace {

namespace asio = boost::asio;
using asio::ip::udp;
using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t kHeader = 12;
constexpr std::size_t kTypeAndClass = 4;
constexpr std::uint8_t kTypeA = 1;
// A name that points at offset 12, type A, class IN, 60 seconds, 4 bytes: 93.184.215.14. Nobody
// connects to it: what is asked for goes through the mock's proxy.
constexpr std::array<std::uint8_t, 16> kAddress = {0xC0, 0x0C, 0, 1, 0,  1,   0,   0,
                                                   0,    60,   0, 4, 93, 184, 215, 14};

// Where the first question ends; RFC 1035, 4.1.2. Empty: it is broken.
std::optional<std::size_t> end_of_question(std::span<const std::uint8_t> query) {
  std::size_t at = kHeader;
  while (at < query.size() && query[at] != 0) at += query[at] + std::size_t{1};
  at += 1 + kTypeAndClass;
  if (at > query.size()) return std::nullopt;
  return at;
}

Bytes answer_to(std::span<const std::uint8_t> query) {
  if (query.size() < kHeader) return {};
  const auto end = end_of_question(query);
  if (!end) return {};
  const bool wants_address = query[*end - 3] == kTypeA && query[*end - 4] == 0;
  // The query's id; a response without error to one question.
  Bytes answer = {query[0], query[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0};
  answer[7] = wants_address ? 1 : 0;
  answer.insert(answer.end(), query.begin() + kHeader,
                query.begin() + static_cast<std::ptrdiff_t>(*end));
  if (wants_address) answer.insert(answer.end(), kAddress.begin(), kAddress.end());
  return answer;
}

}  // namespace

MockDns::MockDns() : socket_(context_, udp::endpoint(asio::ip::address_v4::loopback(), 0)) {
  receive();
  thread_ = std::thread([this] { context_.run(); });
}

MockDns::~MockDns() {
  context_.stop();
  thread_.join();
}

void MockDns::receive() {
  socket_.async_receive_from(asio::buffer(buffer_), from_,
                             [this](const boost::system::error_code& error, std::size_t size) {
                               if (error) return;
                               const Bytes answer = answer_to(std::span(buffer_).first(size));
                               boost::system::error_code ignored;
                               if (!answer.empty())
                                 socket_.send_to(asio::buffer(answer), from_, 0, ignored);
                               receive();
                             });
}

}  // namespace gvm::apps
