// An open-loop load generator: requests are due at fixed times whatever the answers do, and a
// latency counts from the time a request was due, so a slow server cannot hide its queue (no
// coordinated omission).
//
// Usage: bench_load_generator --mode genvm|framed|web|echo|http|get --port N [--url U] --rate R
// --seconds S [--connections C] [--warmup S] [--session-each 1] [--prompt-file F]
//   genvm   prompts to an LLM module, as a GenVM sends them
//   framed  the same over the length-prefixed framing
//   web     requests to a web module
//   echo    small messages to bench_echo_floor
//   http    the provider's HTTP call, made directly to the mock
// --prompt-file F: the text of prompts, under 64 KB.
// --session-each 1 makes a connection and a session for every message, as hosts do for a contract,
// and counts them into the latency. A message then is: connect, upgrade, hello, prompt, answer,
// end.
// --rate 0 keeps one request in flight on every connection instead (closed loop), to find the
// saturation rate. Prints one JSON line:
// {"mode","rate","achieved","count","errors","p50_us","p90_us","p99_us","p999_us","max_us",
//  "refused","refused_p50_us","refused_p99_us","refused_max_us"}
// A request that was answered OVERLOADED is refused: neither counted nor an error.
#include <algorithm>
#include <boost/asio.hpp>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "load_messages.h"

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using namespace gvm::bench;

namespace {

struct Options {
  std::string mode = "genvm";
  std::string url;  // what `web` asks for
  std::string prompt{kPrompt};
  unsigned short port = 0;
  double rate = 1000;
  double seconds = 5;
  double warmup = 1;
  int connections = 32;
  bool session_each = false;
};

class Generator;

class Connection {
 public:
  Connection(asio::io_context& context, Generator& owner) : socket_(context), owner_(owner) {}
  // Connects and opens the session, unless every message has one of its own. Blocks.
  void open();
  void send(Clock::time_point due);
  bool idle() const { return !busy_; }

 private:
  void begin_session();
  void greet();
  void write(const std::string& bytes);
  void read();
  bool take_answers();
  void end_session();

  tcp::socket socket_;
  Generator& owner_;
  bool upgrading_ = false;
  bool busy_ = false;
  Clock::time_point due_;
  std::string pending_;
  char chunk_[8192];
};

class Generator {
 public:
  explicit Generator(Options options) : options_(std::move(options)), timer_(context_) {
    if (options_.mode == "genvm" || options_.mode == "echo")
      request_ = frame(genvm_prompt(options_.prompt));
    if (options_.mode == "framed") request_ = prefixed(genvm_prompt(options_.prompt));
    if (options_.mode == "http") request_ = http_call();
    if (options_.mode == "get") request_ = http_get();
    if (options_.mode == "web") request_ = frame(genvm_request(options_.url));
    if (options_.mode == "genvm" || options_.mode == "web") hello_ = frame(genvm_hello());
    if (options_.mode == "framed") hello_ = prefixed(genvm_hello());
  }

  int run() {
    for (int i = 0; i < options_.connections; ++i) {
      connections_.push_back(std::make_unique<Connection>(context_, *this));
      connections_.back()->open();
    }
    started_ = Clock::now();
    measured_from_ = started_ + to_duration(options_.warmup);
    ends_ = measured_from_ + to_duration(options_.seconds);
    next_due_ = started_;
    if (options_.rate > 0) {
      tick();
    } else {
      for (auto& connection : connections_) connection->send(Clock::now());
    }
    context_.run();
    report();
    return errors_ == 0 ? 0 : 1;
  }

  const std::string& request() const { return request_; }
  const std::string& hello() const { return hello_; }  // empty: there is none
  bool session_each() const { return options_.session_each; }
  tcp::endpoint target() const { return {asio::ip::address_v4::loopback(), options_.port}; }
  bool is_websocket() const {
    return options_.mode == "genvm" || options_.mode == "web" || options_.mode == "echo";
  }
  std::size_t take(std::string_view data, std::string_view& payload) const {
    if (is_websocket()) return take_frame(data, payload);
    return options_.mode == "framed" ? take_prefixed(data, payload) : take_http(data, payload);
  }

  void answered(Connection& connection, Clock::time_point due, std::string_view payload) {
    const auto now = Clock::now();
    // An "Ok" reply is a map of one entry with the key "Ok"; an HTTP answer begins with the object.
    const bool refused = payload.find("OVERLOADED") != payload.npos;
    if (!hello_.empty() && !refused && payload.find("Ok") == payload.npos) ++errors_;
    if (due >= measured_from_ && due < ends_)
      (refused ? refusals_ : latencies_)
          .push_back(std::chrono::duration<double, std::micro>(now - due).count());
    if (now >= ends_ && (options_.rate <= 0 || waiting_.empty())) return finish_when_idle();
    if (options_.rate <= 0) return connection.send(now);
    if (waiting_.empty()) {
      free_.push_back(&connection);
      if (all_sent_) finish_when_idle();
      return;
    }
    const auto next = waiting_.front();
    waiting_.pop_front();
    connection.send(next);
  }

  void failed(const std::string& why) {
    if (Clock::now() >= ends_) return;
    if (errors_++ == 0) std::fprintf(stderr, "load generator: %s\n", why.c_str());
    context_.stop();
  }

 private:
  static Clock::duration to_duration(double seconds) {
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  }

  void tick() {
    const auto now = Clock::now();
    if (free_.empty() && waiting_.empty() && next_due_ == started_) {
      for (auto& connection : connections_) free_.push_back(connection.get());
    }
    while (next_due_ <= now && next_due_ < ends_) {
      if (free_.empty()) {
        waiting_.push_back(next_due_);
      } else {
        // The one that was idle longest, so that all sessions get the same work.
        Connection* connection = free_.front();
        free_.pop_front();
        connection->send(next_due_);
      }
      next_due_ += to_duration(1 / options_.rate);
    }
    if (next_due_ >= ends_) {
      all_sent_ = true;
      return finish_when_idle();
    }
    timer_.expires_at(next_due_);
    timer_.async_wait([this](auto error) {
      if (!error) tick();
    });
  }

  void finish_when_idle() {
    const bool all_idle =
        std::ranges::all_of(connections_, [](const auto& c) { return c->idle(); });
    if (all_idle && waiting_.empty()) context_.stop();
  }

  void report() {
    std::ranges::sort(latencies_);
    std::ranges::sort(refusals_);
    const auto of = [](const std::vector<double>& sorted, double quantile) {
      if (sorted.empty()) return 0.0;
      return sorted[std::min(
          sorted.size() - 1,
          static_cast<std::size_t>(quantile * static_cast<double>(sorted.size())))];
    };
    const auto at = [&](double quantile) { return of(latencies_, quantile); };
    std::printf(
        "{\"mode\":\"%s\",\"rate\":%.0f,\"achieved\":%.0f,\"count\":%zu,\"errors\":%d,\"p50_us\":%."
        "1f,\"p90_us\":%.1f,"
        "\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f,\"refused\":%zu,\"refused_p50_us\":%.1f,"
        "\"refused_p99_us\":%.1f,\"refused_max_us\":%.1f}\n",
        options_.mode.c_str(), options_.rate,
        static_cast<double>(latencies_.size()) / options_.seconds, latencies_.size(), errors_,
        at(0.5), at(0.9), at(0.99), at(0.999), at(1), refusals_.size(), of(refusals_, 0.5),
        of(refusals_, 0.99), of(refusals_, 1));
  }

  Options options_;
  asio::io_context context_{1};
  asio::steady_timer timer_;
  std::string request_;
  std::string hello_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<Connection*> free_;
  std::deque<Clock::time_point> waiting_;
  std::vector<double> latencies_;
  std::vector<double> refusals_;
  Clock::time_point started_, measured_from_, ends_, next_due_;
  int errors_ = 0;
  bool all_sent_ =
      false;  // every request that was due has been given to a connection or waits for one
};

void Connection::open() {
  if (owner_.session_each()) return;
  socket_.connect(owner_.target());
  socket_.set_option(tcp::no_delay(true));
  if (owner_.is_websocket()) {
    asio::write(socket_, asio::buffer(upgrade_request()));
    asio::streambuf answer;
    asio::read_until(socket_, answer, "\r\n\r\n");
  }
  greet();
  read();
}

void Connection::send(Clock::time_point due) {
  busy_ = true;
  due_ = due;
  owner_.session_each() ? begin_session() : write(owner_.request());
}

void Connection::begin_session() {
  pending_.clear();
  socket_.async_connect(owner_.target(), [this](auto error) {
    if (error) return owner_.failed("connecting: " + error.message());
    socket_.set_option(tcp::no_delay(true));
    upgrading_ = owner_.is_websocket();
    if (upgrading_) {
      write(upgrade_request());
    } else {
      greet();
      write(owner_.request());
    }
    read();
  });
}

// A host's hello is a message of its own, sent before there is a prompt.
void Connection::greet() {
  if (!owner_.hello().empty()) write(owner_.hello());
}

// Small writes to a peer that reads: they are not partial.
void Connection::write(const std::string& bytes) {
  boost::system::error_code error;
  asio::write(socket_, asio::buffer(bytes), error);
  if (error) owner_.failed("writing: " + error.message());
}

void Connection::read() {
  socket_.async_read_some(asio::buffer(chunk_), [this](auto error, std::size_t size) {
    if (error == asio::error::operation_aborted) return;
    if (error) return owner_.failed("reading: " + error.message());
    pending_.append(chunk_, size);
    if (take_answers()) read();
  });
}

// False once the session is over.
bool Connection::take_answers() {
  if (upgrading_) {
    const auto end = pending_.find("\r\n\r\n");
    if (end == std::string::npos) return true;
    pending_.erase(0, end + 4);
    upgrading_ = false;
    greet();
    write(owner_.request());
  }
  std::string_view payload;
  while (const std::size_t size = owner_.take(pending_, payload)) {
    const std::string copy(payload);
    pending_.erase(0, size);
    if (owner_.session_each()) end_session();
    busy_ = false;
    owner_.answered(*this, due_, copy);
    if (owner_.session_each()) return false;
  }
  return true;
}

// As hosts do that drop their socket.
void Connection::end_session() {
  boost::system::error_code ignored;
  socket_.close(ignored);
}

Options parse(int argc, char** argv) {
  std::map<std::string, std::string> given;
  for (int i = 1; i + 1 < argc; i += 2) given[argv[i]] = argv[i + 1];
  Options options;
  const auto number = [&](const char* name, double fallback) {
    return given.contains(name) ? std::stod(given[name]) : fallback;
  };
  if (given.contains("--mode")) options.mode = given["--mode"];
  options.url = given["--url"];
  if (given.contains("--prompt-file")) {
    std::ifstream file(given["--prompt-file"]);
    options.prompt.assign(std::istreambuf_iterator<char>(file), {});
  }
  options.port = static_cast<unsigned short>(number("--port", 0));
  options.rate = number("--rate", options.rate);
  options.seconds = number("--seconds", options.seconds);
  options.warmup = number("--warmup", options.warmup);
  options.session_each = number("--session-each", 0) != 0;
  options.connections = static_cast<int>(number("--connections", options.connections));
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  return Generator(parse(argc, argv)).run();
}
