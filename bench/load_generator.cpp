// An open-loop load generator: requests are due at fixed times whatever the answers do, and a
// latency counts from the time a request was due, so a slow server cannot hide its queue (no
// coordinated omission).
//
// Usage: bench_load_generator --mode genvm|web|echo|http|get --port N [--url U] --rate R --seconds
// S [--connections C] [--warmup S]
//   genvm  prompts to an LLM module, as a GenVM sends them      echo  small messages to
//   bench_echo_floor http   the provider's HTTP call, made directly to the mock
// --rate 0 keeps one request in flight on every connection instead (closed loop), to find the
// saturation rate. Prints one JSON line:
// {"mode","rate","achieved","count","errors","p50_us","p90_us","p99_us","p999_us","max_us"}
#include <algorithm>
#include <boost/asio.hpp>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/value.h"
#include "calldata/encode.h"

namespace asio = boost::asio;
using asio::ip::tcp;
using Clock = std::chrono::steady_clock;
using gvm::Value;

namespace {

struct Options {
  std::string mode = "genvm";
  std::string url;  // what `web` asks for
  unsigned short port = 0;
  double rate = 1000;
  double seconds = 5;
  double warmup = 1;
  int connections = 32;
};

constexpr std::string_view kPrompt = "What is the capital of France? Answer in one short sentence.";

std::string encode(const Value& value) {
  return gvm::calldata::encode(value).value();
}

std::string genvm_hello() {
  return encode(Value::fields(
      "cookie", Value::string("bench"), "host_data",
      Value::fields("node_address", Value::string("0x1111"), "tx_id", Value::string("0x2222"))));
}

std::string genvm_prompt() {
  Value payload = Value::fields("response_format", Value::string("text"), "prompt",
                                Value::string(std::string(kPrompt)), "images", Value::array());
  return encode(
      Value::fields("Prompt", Value::fields("payload", std::move(payload), "remaining_fuel_as_gen",
                                            Value::integer(1'000'000))));
}

std::string genvm_request(const std::string& url) {
  Value payload = Value::fields("method", Value::string("GET"), "url", Value::string(url),
                                "headers", Value::map());
  return encode(Value::fields("Request", std::move(payload)));
}

std::string http_get() {
  return "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: */*\r\n\r\n";
}

std::string http_call() {
  const std::string body =
      R"({"max_tokens":8000,"messages":[{"content":[{"text":")" + std::string(kPrompt) +
      R"(","type":"text"}],"role":"user"}],"model":"mock","stream":false,"temperature":0.7})";
  return "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer "
         "k\r\nContent-Type: "
         "application/json\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

// A client frame (RFC 6455, 5.2) with the masking key 0, which is allowed and leaves the payload
// unchanged.
std::string frame(std::string_view payload) {
  std::string out = "\x82";
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  return out + std::string(4, '\0') + std::string(payload);
}

// The size of the first complete server frame in `data`, 0 when there is none yet. `payload` is its
// content.
std::size_t take_frame(std::string_view data, std::string_view& payload) {
  if (data.size() < 2) return 0;
  std::size_t length = static_cast<unsigned char>(data[1]);
  std::size_t head = 2;
  if (length == 126) {
    if (data.size() < 4) return 0;
    length = static_cast<std::size_t>(static_cast<unsigned char>(data[2]) << 8 |
                                      static_cast<unsigned char>(data[3]));
    head = 4;
  }
  if (data.size() < head + length) return 0;
  payload = data.substr(head, length);
  return head + length;
}

std::size_t take_http(std::string_view data, std::string_view& payload) {
  const auto head = data.find("\r\n\r\n");
  if (head == data.npos) return 0;
  const auto at = data.find("Content-Length: ");
  const std::size_t length = std::strtoul(data.data() + at + 16, nullptr, 10);
  if (data.size() < head + 4 + length) return 0;
  payload = data.substr(head + 4, length);
  return head + 4 + length;
}

class Generator;

class Connection {
 public:
  Connection(asio::io_context& context, Generator& owner) : socket_(context), owner_(owner) {}
  void open(const Options& options);
  void send(Clock::time_point due);
  bool idle() const { return !busy_; }

 private:
  void read();
  void take_answers();

  tcp::socket socket_;
  Generator& owner_;
  bool websocket_ = false;
  bool busy_ = false;
  Clock::time_point due_;
  std::string pending_;
  char chunk_[8192];
};

class Generator {
 public:
  explicit Generator(Options options) : options_(std::move(options)), timer_(context_) {
    if (options_.mode == "genvm") request_ = frame(genvm_prompt());
    if (options_.mode == "echo") request_ = frame(genvm_prompt());
    if (options_.mode == "http") request_ = http_call();
    if (options_.mode == "get") request_ = http_get();
    if (options_.mode == "web") request_ = frame(genvm_request(options_.url));
  }

  int run() {
    for (int i = 0; i < options_.connections; ++i) {
      connections_.push_back(std::make_unique<Connection>(context_, *this));
      connections_.back()->open(options_);
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
  const std::string& mode() const { return options_.mode; }

  void answered(Connection& connection, Clock::time_point due, std::string_view payload) {
    const auto now = Clock::now();
    // An "Ok" reply is a map of one entry with the key "Ok"; an HTTP answer begins with the object.
    const bool module = options_.mode == "genvm" || options_.mode == "web";
    if (module && payload.find("Ok") == payload.npos) ++errors_;
    if (due >= measured_from_ && due < ends_)
      latencies_.push_back(std::chrono::duration<double, std::micro>(now - due).count());
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
    const auto at = [this](double quantile) {
      if (latencies_.empty()) return 0.0;
      return latencies_[std::min(
          latencies_.size() - 1,
          static_cast<std::size_t>(quantile * static_cast<double>(latencies_.size())))];
    };
    std::printf(
        "{\"mode\":\"%s\",\"rate\":%.0f,\"achieved\":%.0f,\"count\":%zu,\"errors\":%d,\"p50_us\":%."
        "1f,\"p90_us\":%.1f,"
        "\"p99_us\":%.1f,\"p999_us\":%.1f,\"max_us\":%.1f}\n",
        options_.mode.c_str(), options_.rate,
        static_cast<double>(latencies_.size()) / options_.seconds, latencies_.size(), errors_,
        at(0.5), at(0.9), at(0.99), at(0.999), at(1));
  }

  Options options_;
  asio::io_context context_{1};
  asio::steady_timer timer_;
  std::string request_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::deque<Connection*> free_;
  std::deque<Clock::time_point> waiting_;
  std::vector<double> latencies_;
  Clock::time_point started_, measured_from_, ends_, next_due_;
  int errors_ = 0;
  bool all_sent_ =
      false;  // every request that was due has been given to a connection or waits for one
};

void Connection::open(const Options& options) {
  socket_.connect(tcp::endpoint(asio::ip::address_v4::loopback(), options.port));
  socket_.set_option(tcp::no_delay(true));
  websocket_ = options.mode != "http" && options.mode != "get";
  if (websocket_) {
    asio::write(
        socket_,
        asio::buffer(std::string(
            "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")));
    asio::streambuf answer;
    asio::read_until(socket_, answer, "\r\n\r\n");
    if (options.mode != "echo") asio::write(socket_, asio::buffer(frame(genvm_hello())));
  }
  read();
}

void Connection::send(Clock::time_point due) {
  busy_ = true;
  due_ = due;
  asio::async_write(socket_, asio::buffer(owner_.request()), [this](auto error, std::size_t) {
    if (error) owner_.failed("writing: " + error.message());
  });
}

void Connection::read() {
  socket_.async_read_some(asio::buffer(chunk_), [this](auto error, std::size_t size) {
    if (error) return owner_.failed("reading: " + error.message());
    pending_.append(chunk_, size);
    take_answers();
    read();
  });
}

void Connection::take_answers() {
  std::string_view payload;
  while (const std::size_t size =
             websocket_ ? take_frame(pending_, payload) : take_http(pending_, payload)) {
    const std::string copy(payload);
    pending_.erase(0, size);
    busy_ = false;
    owner_.answered(*this, due_, copy);
  }
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
  options.port = static_cast<unsigned short>(number("--port", 0));
  options.rate = number("--rate", options.rate);
  options.seconds = number("--seconds", options.seconds);
  options.warmup = number("--warmup", options.warmup);
  options.connections = static_cast<int>(number("--connections", options.connections));
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  return Generator(parse(argc, argv)).run();
}
