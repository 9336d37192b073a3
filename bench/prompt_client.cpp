// Sessions of many GenVMs on one thread, for bench/routing_figures.py and bench/restart_figures.py.
//
// bench_prompt_client --mode load --port N --rate R --seconds S [--connections C] [--patience S]
//     [--generation a|b|c] [--session-seconds L]
//   Prompts at fixed times, whatever the answers do; every prompt has a session to itself while it
//   is under way (C are opened before, more as they are needed). A row for each prompt:
//   DUE_NS DONE_NS OUTCOME WHO - WHO is the answer's first word, DONE_NS 0 when none came in time.
//   A session that is older than L seconds says goodbye before its next prompt, as contracts end.
// bench_prompt_client --mode leave --port N --count K --parallel P --from-ms A --until-ms B
//     [--ways 1|3] [--seed S]
//   P clients at a time open a session, send a prompt and leave between A and B ms after that: by
//   a reset, or (3 ways) in turn also by closing the socket or with WebSocket's goodbye.
//   A row for each: NUMBER LEFT_NS ANSWERED. The prompt of each says "session=NUMBER".
// Times are of the steady clock, which all processes of a machine share.
#include <sys/resource.h>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "e2e/genvm.h"

namespace asio = boost::asio;
namespace beast = boost::beast;
using asio::ip::tcp;
using beast::error_code;
using Clock = std::chrono::steady_clock;
using gvm::e2e::Reply;

namespace {

struct Options {
  std::string mode = "load";
  std::uint16_t port = 0;
  double rate = 100;
  double seconds = 10;
  double patience = 30;  // for the last answers
  double session_seconds = 86'400;
  std::string generation = "a";
  int connections = 32;
  int count = 500;
  int parallel = 8;
  double from_ms = 0;
  double until_ms = 50;
  int ways = 1;
  unsigned seed = 1;
};

Clock::duration span_of(double seconds) {
  return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

long long nanoseconds(Clock::time_point when) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(when.time_since_epoch()).count();
}

void complain(const std::string& what) {
  std::fprintf(stderr, "prompt client: %s\n", what.c_str());
}

enum class Way { reset, close, goodbye };

gvm::Value hello_of(const std::string& generation) {
  if (generation == "b") return gvm::e2e::hello_b();
  return generation == "c" ? gvm::e2e::hello_c() : gvm::e2e::hello_a();
}

// Callbacks keep it alive. It ends when the client leaves, or when the module ends it.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(asio::io_context& context, std::uint16_t port, const std::string& generation)
      : socket_(context), port_(port), hello_(gvm::e2e::encode(hello_of(generation))) {}

  void open(std::function<void()> then) {
    const tcp::endpoint module(asio::ip::address_v4::loopback(), port_);
    tcp_().async_connect(module, [self = shared_from_this(), then](error_code ec) {
      if (ec) return complain("connecting: " + ec.message());
      self->tcp_().set_option(tcp::no_delay(true), ec);
      self->shake_hands(then);
    });
  }

  // One prompt at a time. `then` is called when the reply has come, never when the session ends
  // before.
  void ask(std::string request, std::function<void(const Reply&)> then) {
    request_ = std::move(request);
    socket_.async_write(asio::buffer(request_),
                        [self = shared_from_this(), then](error_code ec, std::size_t) {
                          if (!ec) self->read(then);
                        });
  }

  Clock::duration age() const { return Clock::now() - made_; }

  // The time right before the kernel is told to close.
  Clock::time_point leave(Way way) {
    error_code ignored;
    const auto now = Clock::now();
    if (way == Way::goodbye) {
      socket_.async_close(beast::websocket::close_code::normal,
                          [self = shared_from_this()](error_code) {});
      return now;
    }
    if (way == Way::reset) tcp_().set_option(asio::socket_base::linger(true, 0), ignored);
    tcp_().close(ignored);
    return now;
  }

 private:
  tcp::socket& tcp_() { return socket_.next_layer(); }

  void shake_hands(std::function<void()> then) {
    socket_.binary(true);
    socket_.async_handshake("localhost", "/", [self = shared_from_this(), then](error_code ec) {
      if (ec) return complain("upgrading: " + ec.message());
      self->socket_.async_write(asio::buffer(self->hello_),
                                [self, then](error_code failed, std::size_t) {
                                  if (!failed) then();
                                });
    });
  }

  void read(std::function<void(const Reply&)> then) {
    socket_.async_read(answer_, [self = shared_from_this(), then](error_code ec, std::size_t) {
      if (ec) return;
      const std::string bytes = beast::buffers_to_string(self->answer_.data());
      self->answer_.clear();
      then(gvm::e2e::parse_reply(bytes));
    });
  }

  beast::websocket::stream<tcp::socket> socket_;
  std::uint16_t port_;
  std::string hello_;
  std::string request_;
  beast::flat_buffer answer_;
  const Clock::time_point made_ = Clock::now();
};
using SessionPtr = std::shared_ptr<Session>;

std::string code_of(const Reply& reply) {
  return reply.ok() ? "Ok" : reply.causes.front();
}

std::string first_word(const Reply& reply) {
  if (!reply.ok()) return "-";
  const std::string text = reply.text();
  return text.substr(0, text.find(' '));
}

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options),
        timer_(context_),
        request_(gvm::e2e::encode(gvm::e2e::prompt("What is the capital of France?"))),
        due_(static_cast<std::size_t>(options.rate * options.seconds)) {
    rows_.resize(due_);
  }

  void run() {
    for (int i = 0; i < options_.connections; ++i) add_session();
    context_.run();
    context_.restart();
    begins_ = Clock::now();
    std::printf("begins %lld\n", nanoseconds(begins_));
    std::fflush(stdout);
    tick();
    context_.run_until(begins_ + span_of(options_.seconds + options_.patience));
    for (const auto& row : rows_) {
      std::printf("%lld %lld %s %s\n", nanoseconds(row.due),
                  row.code.empty() ? 0 : nanoseconds(row.done),
                  row.code.empty() ? "none" : row.code.c_str(), row.who.c_str());
    }
  }

 private:
  struct Row {
    Clock::time_point due{};
    Clock::time_point done{};
    std::string code = {};
    std::string who = "-";
  };

  void add_session() {
    auto session = make_session();
    session->open([this, session] { free_.push_back(session); });
  }

  SessionPtr make_session() {
    return std::make_shared<Session>(context_, options_.port, options_.generation);
  }

  // One that is young enough, if there is one.
  SessionPtr take_free() {
    while (!free_.empty()) {
      const SessionPtr session = free_.back();
      free_.pop_back();
      if (session->age() < span_of(options_.session_seconds)) return session;
      session->leave(Way::goodbye);
    }
    return nullptr;
  }

  Clock::time_point when(std::size_t number) const {
    return begins_ + span_of(static_cast<double>(number) / options_.rate);
  }

  void tick() {
    for (; sent_ < due_ && when(sent_) <= Clock::now(); ++sent_) send(sent_);
    if (sent_ == due_) return;
    timer_.expires_at(when(sent_));
    timer_.async_wait([this](error_code ec) {
      if (!ec) tick();
    });
  }

  void send(std::size_t number) {
    rows_[number].due = when(number);
    if (const SessionPtr session = take_free()) return ask(session, number);
    const auto session = make_session();
    session->open([this, session, number] { ask(session, number); });
  }

  void ask(const SessionPtr& session, std::size_t number) {
    session->ask(request_, [this, session, number](const Reply& reply) {
      Row& row = rows_[number];
      row.done = Clock::now();
      row.code = code_of(reply);
      row.who = first_word(reply);
      free_.push_back(session);
      if (++answered_ == due_) context_.stop();
    });
  }

  Options options_;
  asio::io_context context_{1};
  asio::steady_timer timer_;
  std::string request_;
  std::size_t due_;
  std::size_t sent_ = 0;
  std::size_t answered_ = 0;
  std::vector<SessionPtr> free_;
  std::vector<Row> rows_;
  Clock::time_point begins_{};
};

class Leaving {
 public:
  explicit Leaving(const Options& options)
      : options_(options),
        random_(options.seed),
        moment_(options.from_ms / 1000, options.until_ms / 1000),
        rows_(static_cast<std::size_t>(options.count)) {}

  void run() {
    for (int i = 0; i < options_.parallel; ++i) begin();
    context_.run();
    for (std::size_t i = 0; i < rows_.size(); ++i)
      std::printf("%zu %lld %d\n", i, nanoseconds(rows_[i].left), rows_[i].answered ? 1 : 0);
  }

 private:
  struct Row {
    Clock::time_point left{};
    bool answered = false;
  };

  void begin() {
    if (next_ == rows_.size()) return;
    const std::size_t number = next_++;
    const auto session = std::make_shared<Session>(context_, options_.port, options_.generation);
    session->open([this, session, number] { ask(session, number); });
  }

  void ask(const SessionPtr& session, std::size_t number) {
    const auto text = "Leaving early, session=" + std::to_string(number);
    session->ask(gvm::e2e::encode(gvm::e2e::prompt(text)),
                 [this, number](const Reply&) { rows_[number].answered = true; });
    const auto timer = std::make_shared<asio::steady_timer>(context_);
    timer->expires_after(span_of(moment_(random_)));
    timer->async_wait([this, session, number, timer](error_code) {
      const auto way = static_cast<Way>(number % static_cast<std::size_t>(options_.ways));
      rows_[number].left = session->leave(way);
      begin();
    });
  }

  Options options_;
  asio::io_context context_{1};
  std::mt19937 random_;
  std::uniform_real_distribution<double> moment_;  // seconds
  std::vector<Row> rows_;
  std::size_t next_ = 0;
};

void declare(CLI::App& app, Options& options) {
  app.add_option("--mode", options.mode)->check(CLI::IsMember({"load", "leave"}));
  app.add_option("--port", options.port)->required();
  app.add_option("--rate", options.rate, "prompts a second");
  app.add_option("--seconds", options.seconds);
  app.add_option("--patience", options.patience, "seconds, for the last answers");
  app.add_option("--connections", options.connections, "sessions opened before");
  app.add_option("--generation", options.generation)->check(CLI::IsMember({"a", "b", "c"}));
  app.add_option("--session-seconds", options.session_seconds, "how old a session gets");
  app.add_option("--count", options.count);
  app.add_option("--parallel", options.parallel);
  app.add_option("--from-ms", options.from_ms);
  app.add_option("--until-ms", options.until_ms);
  app.add_option("--ways", options.ways)->check(CLI::Range(1, 3));
  app.add_option("--seed", options.seed);
}

void allow_many_files() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Sessions of many GenVMs", "bench_prompt_client");
  Options options;
  declare(app, options);
  CLI11_PARSE(app, argc, argv);
  allow_many_files();
  if (options.mode == "load") {
    Load(options).run();
  } else {
    Leaving(options).run();
  }
}
