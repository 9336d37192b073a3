#include "support/dns_server.h"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace gvm::test {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using asio::ip::udp;

constexpr std::size_t kHeaderBytes = 12;
constexpr int kTypeA = 1;
constexpr int kTypeCname = 5;
constexpr int kTypeAaaa = 28;
constexpr int kClassIn = 1;

void put16(std::string& out, int value) {
  out += static_cast<char>(value >> 8 & 0xFF);
  out += static_cast<char>(value & 0xFF);
}

void put32(std::string& out, std::uint32_t value) {
  put16(out, static_cast<int>(value >> 16));
  put16(out, static_cast<int>(value & 0xFFFF));
}

std::string encoded_name(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    const auto label = name.substr(0, name.find('.'));
    out += static_cast<char>(label.size());
    out += label;
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  out += '\0';
  return out;
}

struct Query {
  std::string id;        // two bytes
  std::string question;  // as received: name, type, class
  std::string name;
  int type = 0;
};

std::optional<Query> parse(std::string_view message) {
  if (message.size() < kHeaderBytes + 5) return std::nullopt;
  Query out;
  out.id = message.substr(0, 2);
  std::size_t at = kHeaderBytes;
  while (at < message.size() && message[at] != 0) {
    const auto length = static_cast<unsigned char>(message[at]);
    if (length > 63 || at + 1 + length >= message.size()) return std::nullopt;
    if (!out.name.empty()) out.name += '.';
    for (const char c : message.substr(at + 1, length))
      out.name += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    at += 1 + length;
  }
  if (at + 5 > message.size()) return std::nullopt;
  out.type = static_cast<unsigned char>(message[at + 1]) << 8 |
             static_cast<unsigned char>(message[at + 2]);
  out.question = message.substr(kHeaderBytes, at + 5 - kHeaderBytes);
  return out;
}

std::string record(const std::string& owner, int type, std::uint32_t ttl, const std::string& data) {
  std::string out = owner;
  put16(out, type);
  put16(out, kClassIn);
  put32(out, ttl);
  put16(out, static_cast<int>(data.size()));
  return out + data;
}

std::string data_of(const asio::ip::address& address) {
  if (address.is_v4()) {
    const auto bytes = address.to_v4().to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto bytes = address.to_v6().to_bytes();
  return {bytes.begin(), bytes.end()};
}

std::string message_for(const Query& query, const DnsServer::Reply& reply, bool over_tcp) {
  using Behaviour = DnsServer::Behaviour;
  if (reply.behaviour == Behaviour::garbage) return "this is no DNS message";
  const bool cut = reply.behaviour == Behaviour::truncated && !over_tcp;
  std::string owner =
      encoded_name(reply.behaviour == Behaviour::other_name ? "other.example.com" : query.name);
  std::string records;
  int count = 0;
  if (!reply.alias.empty()) {
    records += record(owner, kTypeCname, reply.ttl, encoded_name(reply.alias));
    owner = encoded_name(reply.alias);
    ++count;
  }
  for (const auto& text : reply.addresses) {
    const auto address = asio::ip::make_address(text);
    const int type = address.is_v4() ? kTypeA : kTypeAaaa;
    if (type != query.type || cut || reply.rcode != 0) continue;
    records += record(owner, type, reply.ttl, data_of(address));
    ++count;
  }
  std::string out = query.id;
  if (reply.behaviour == Behaviour::wrong_id) out[0] = static_cast<char>(out[0] ^ 0x55);
  constexpr int kAnswerRecursive = 0x8180;
  constexpr int kTruncated = 0x0200;
  put16(out, kAnswerRecursive | (cut ? kTruncated : 0) | reply.rcode);
  put16(out, 1);
  put16(out, count);
  put16(out, 0);
  put16(out, 0);
  return out + query.question + records;
}

}  // namespace

class DnsServer::Impl {
 public:
  explicit Impl(Handler handler) : handler_(std::move(handler)) {
    acceptor_.open(tcp::v4());
    acceptor_.bind({asio::ip::address_v4::loopback(), 0});
    acceptor_.listen();
    // The same port number for UDP. Another program may have it; that is unlikely, and the test
    // then fails with a message.
    udp_.open(udp::v4());
    udp_.bind({asio::ip::address_v4::loopback(), acceptor_.local_endpoint().port()});
    receive();
    accept();
    thread_ = std::thread([this] { context_.run(); });
  }
  ~Impl() {
    context_.stop();
    thread_.join();
  }

  std::uint16_t port() const { return port_; }
  std::vector<Question> questions() const {
    const std::lock_guard lock(mutex_);
    return questions_;
  }

 private:
  struct Stream {
    explicit Stream(tcp::socket s) : socket(std::move(s)) {}
    tcp::socket socket;
    std::array<unsigned char, 2> length{};
    std::string message;
  };
  using Send = std::function<void(std::string)>;

  void receive() {
    udp_.async_receive_from(asio::buffer(buffer_), peer_,
                            [this](const boost::system::error_code& ec, std::size_t size) {
                              if (ec) return;
                              const auto peer = peer_;
                              answer(std::string(buffer_.data(), size), false,
                                     [this, peer](const std::string& out) {
                                       boost::system::error_code ignored;
                                       udp_.send_to(asio::buffer(out), peer, 0, ignored);
                                     });
                              receive();
                            });
  }

  void accept() {
    acceptor_.async_accept([this](const boost::system::error_code& ec, tcp::socket socket) {
      if (ec) return;
      read(std::make_shared<Stream>(std::move(socket)));
      accept();
    });
  }

  void read(const std::shared_ptr<Stream>& stream) {
    asio::async_read(stream->socket, asio::buffer(stream->length),
                     [this, stream](const boost::system::error_code& ec, std::size_t) {
                       if (ec) return;
                       stream->message.resize(
                           static_cast<std::size_t>(stream->length[0] << 8 | stream->length[1]));
                       read_message(stream);
                     });
  }

  void read_message(const std::shared_ptr<Stream>& stream) {
    asio::async_read(stream->socket, asio::buffer(stream->message),
                     [this, stream](const boost::system::error_code& ec, std::size_t) {
                       if (ec) return;
                       answer(stream->message, true, [stream](const std::string& out) {
                         std::string framed;
                         put16(framed, static_cast<int>(out.size()));
                         boost::system::error_code ignored;
                         asio::write(stream->socket, asio::buffer(framed + out), ignored);
                       });
                       read(stream);
                     });
  }

  void answer(const std::string& message, bool over_tcp, Send send) {
    const auto query = parse(message);
    if (!query) return;
    const Question question = note(*query, over_tcp);
    const Reply reply = handler_(question);
    if (reply.behaviour == Behaviour::silent) return;
    auto timer = std::make_shared<asio::steady_timer>(context_, reply.delay);
    auto out = message_for(*query, reply, over_tcp);
    if (reply.delay.count() == 0) return send(std::move(out));
    timer->async_wait(
        [timer, out = std::move(out), send = std::move(send)](const boost::system::error_code& ec) {
          if (!ec) send(out);
        });
  }

  Question note(const Query& query, bool over_tcp) {
    Question question{.name = query.name, .type = Type::other, .number = 0, .over_tcp = over_tcp};
    if (query.type == kTypeA) question.type = Type::a;
    if (query.type == kTypeAaaa) question.type = Type::aaaa;
    const std::lock_guard lock(mutex_);
    question.number = asked_[{question.name, query.type}]++;
    questions_.push_back(question);
    return question;
  }

  Handler handler_;
  asio::io_context context_{1};
  udp::socket udp_{context_};
  tcp::acceptor acceptor_{context_};
  std::uint16_t port_ = 0;
  udp::endpoint peer_;
  std::array<char, 4096> buffer_{};
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, int>, std::size_t> asked_;
  std::vector<Question> questions_;
  std::thread thread_;

  friend class DnsServer;
};

DnsServer::DnsServer(Handler handler) : impl_(std::make_unique<Impl>(std::move(handler))) {
  impl_->port_ = impl_->acceptor_.local_endpoint().port();
}
DnsServer::~DnsServer() = default;

std::string DnsServer::address() const {
  return "127.0.0.1:" + std::to_string(port());
}
std::uint16_t DnsServer::port() const {
  return impl_->port();
}
std::size_t DnsServer::question_count() const {
  return questions().size();
}
std::vector<DnsServer::Question> DnsServer::questions() const {
  return impl_->questions();
}

}  // namespace gvm::test
