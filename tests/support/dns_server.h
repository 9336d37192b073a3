#pragma once
// A scripted name server on loopback for tests: UDP and TCP on one port, on a thread of its own. A
// handler decides each answer, so it can change from one question to the next. All members may be
// called from any thread.
//
//   test::DnsServer dns([](const test::DnsServer::Question& q) -> test::DnsServer::Reply {
//     return {.addresses = {q.number == 0 ? "93.184.216.34" : "127.0.0.1"}, .ttl = 0};
//   });
//   options.servers = {dns.address()};
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gvm::test {

class DnsServer {
 public:
  enum class Type { a, aaaa, other };

  struct Question {
    std::string name;  // lower case, without trailing dot
    Type type = Type::a;
    std::size_t number = 0;  // how often this name and type were asked for before
    bool over_tcp = false;
  };

  enum class Behaviour {
    normal,
    silent,      // no answer
    truncated,   // over UDP: asks the client to use TCP; over TCP as normal
    wrong_id,    // an answer to another question
    garbage,     // not a DNS message
    other_name,  // the records are for a name that was not asked for
  };

  struct Reply {
    std::vector<std::string> addresses = {};  // of both families; those of the question are sent
    std::uint32_t ttl = 60;                   // seconds
    int rcode = 0;                            // 2 SERVFAIL, 3 NXDOMAIN, 5 REFUSED
    Behaviour behaviour = Behaviour::normal;
    std::chrono::milliseconds delay{0};
    std::string alias = {};  // a CNAME to it comes first, and the addresses belong to it
  };

  // Called on the server's thread, one at a time.
  using Handler = std::function<Reply(const Question&)>;

  explicit DnsServer(Handler handler);
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  std::string address() const;  // "127.0.0.1:PORT"
  std::uint16_t port() const;
  std::size_t question_count() const;
  std::vector<Question> questions() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gvm::test
