#pragma once
// A session with a module over the length-prefixed framing. It connects when the first call needs
// it, and again after the connection was lost.
//
// Calls of several threads run one after another, as the module would answer them. When a call
// fails in any way but by the module's own UserError, FatalError or BudgetExhausted, the connection
// is closed: what arrives late cannot become the answer to another call.
#include <cmath>
#include <cstdint>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "genvm_client/messages.h"
#include "genvm_client/status.h"

namespace genvm {

// The pauses between attempts to connect: doubling, each cut by a random part so that clients do
// not come back together.
struct Backoff {
  Milliseconds initial{50};
  Milliseconds maximum{5000};
  int attempts = 8;  // to connect, the first included
};

struct Options {
  // One call with everything it needs. serve.request_timeout of a module is 10 minutes.
  Milliseconds timeout{600'000};
  Backoff backoff;
  std::size_t max_reply_bytes = std::size_t{64} << 20;
  // Ask again when the connection was lost after the request was sent. A prompt may then be paid
  // for twice.
  bool resend_lost = false;
  std::string token = {};  // one of the module's serve.peers.tokens; every session shows it
  Secure secure = {};      // for tls://: genvm::tls() of genvm_client/tls.h
};

struct PromptOptions {
  std::vector<std::string> images = {};  // PNG or JPEG, at most two
  Integer fuel = default_fuel();         // remaining_fuel_as_gen
  Milliseconds timeout{0};               // 0: the client's
};

namespace detail {

// One connection whose hello has been sent.
class Connection {
 public:
  Connection(const Endpoint& to, const std::string& hello, const Options& options,
             const Deadline& deadline)
      : wire_(connect(to, options.secure, deadline)), max_reply_bytes_(options.max_reply_bytes) {
    try {
      send(hello, deadline);
    } catch (const ConnectionLost& lost) {  // no request was sent yet
      throw ConnectError(lost.what());
    } catch (const DeadlineExceeded& late) {
      throw DeadlineExceeded(late.what(), false);
    }
  }

  // Whether the connection still stands, with nothing in it that no request asked for.
  bool usable() const { return wire_->quiet(); }

  std::string ask(const std::string& message, const Deadline& deadline) {
    send(message, deadline);
    std::string head(4, '\0');
    read_exactly(head, deadline);
    std::size_t length = 0;
    for (const char c : head) length = length << 8 | static_cast<unsigned char>(c);
    if (length > max_reply_bytes_)
      throw ProtocolError("the module announces a reply of " + std::to_string(length) +
                          " bytes, which is over max_reply_bytes");
    std::string reply(length, '\0');
    read_exactly(reply, deadline);
    return reply;
  }

 private:
  void send(const std::string& message, const Deadline& deadline) {
    std::string head;
    for (int shift = 24; shift >= 0; shift -= 8) head += static_cast<char>(message.size() >> shift);
    wire_->send(head + message, deadline);
  }

  void read_exactly(std::string& into, const Deadline& deadline) {
    for (std::size_t filled = 0; filled < into.size();) {
      const auto count = wire_->receive(into.data() + filled, into.size() - filled, deadline);
      if (count == 0) throw ConnectionLost("the connection ended before the whole answer");
      filled += count;
    }
  }

  std::unique_ptr<Wire> wire_;
  std::size_t max_reply_bytes_;
};

}  // namespace detail

class Client {
 public:
  // `address`: tcp://HOST:PORT, tls://HOST:PORT or unix:///PATH; std::invalid_argument for anything
  // else.
  Client(const std::string& address, const Hello& hello, Options options = {})
      : address_(address),
        endpoint_(Endpoint::parse(address)),
        generation_(hello.generation),
        hello_(hello.encoded(options.token)),
        options_(std::move(options)) {}

  // Requests to the LLM module.

  Answer<std::string> prompt(std::string text, const PromptOptions& options = {}) {
    auto message =
        detail::prompt_message(generation_, "text", std::move(text), options.images, options.fuel);
    return detail::llm_answer(ask(message, options.timeout), detail::read_text);
  }

  // A map. A number with a fraction is its decimal text.
  Answer<Value> prompt_json(std::string text, const PromptOptions& options = {}) {
    auto message =
        detail::prompt_message(generation_, "json", std::move(text), options.images, options.fuel);
    return detail::llm_answer(ask(message, options.timeout), [this](const Value& data) {
      return detail::read_json(data, generation_);
    });
  }

  Answer<bool> eq_comparative(const std::string& leader_answer, const std::string& validator_answer,
                              const std::string& principle, const PromptOptions& options = {}) {
    return judge("EqComparative",
                 {{"leader_answer", leader_answer},
                  {"validator_answer", validator_answer},
                  {"principle", principle}},
                 options, detail::read_bool);
  }

  Answer<std::string> eq_non_comparative_leader(const std::string& task,
                                                const std::string& criteria,
                                                const std::string& input,
                                                const PromptOptions& options = {}) {
    return judge("EqNonComparativeLeader",
                 {{"task", task}, {"criteria", criteria}, {"input", input}}, options,
                 detail::read_text);
  }

  Answer<bool> eq_non_comparative_validator(const std::string& task, const std::string& criteria,
                                            const std::string& input, const std::string& output,
                                            const PromptOptions& options = {}) {
    return judge("EqNonComparativeValidator",
                 {{"task", task}, {"criteria", criteria}, {"input", input}, {"output", output}},
                 options, detail::read_bool);
  }

  // Requests to the web module. `timeout` 0: the client's.

  WebResponse request(const WebRequest& request, Milliseconds timeout = Milliseconds(0)) {
    const auto message = detail::request_message(generation_, request);
    return detail::web_response(ask(message, timeout), request.size_limit);
  }
  std::string render_text(const RenderRequest& page, Milliseconds timeout = Milliseconds(0)) {
    return detail::page_text(render(page, RenderMode::text, timeout));
  }
  std::string render_html(const RenderRequest& page, Milliseconds timeout = Milliseconds(0)) {
    return detail::page_text(render(page, RenderMode::html, timeout));
  }
  // The bytes of a PNG.
  std::string screenshot(const RenderRequest& page, Milliseconds timeout = Milliseconds(0)) {
    return detail::page_image(render(page, RenderMode::screenshot, timeout));
  }

  // Both.

  // The module's counters of this session.
  Value stats(Milliseconds timeout = Milliseconds(0)) {
    return ask(calldata::encode(Value::string("GetStats")), timeout);
  }
  Health health(Milliseconds timeout = Milliseconds(10'000)) const {
    return genvm::health(address_, timeout, options_.secure);
  }
  std::string metrics(Milliseconds timeout = Milliseconds(10'000)) const {
    return genvm::metrics(address_, timeout, options_.secure);
  }

 private:
  template <class Read>
  Answer<std::invoke_result_t<Read, const Value&>> judge(
      std::string_view name, const std::map<std::string, std::string>& slots,
      const PromptOptions& options, Read read) {
    const auto message = detail::template_message(generation_, name, slots, options.fuel);
    return detail::llm_answer(ask(message, options.timeout), read);
  }

  Value render(const RenderRequest& page, RenderMode mode, Milliseconds timeout) {
    return ask(detail::render_message(generation_, page, mode), timeout);
  }

  Value ask(const std::string& message, Milliseconds timeout) {
    const Deadline deadline(timeout.count() == 0 ? options_.timeout : timeout);
    const std::unique_lock<std::timed_mutex> lock(lock_, deadline.left());
    if (!lock) throw DeadlineExceeded("another call of this client took all the time", false);
    for (int losses = 1;; ++losses) {
      try {
        return exchange(message, deadline);
      } catch (const ConnectionLost&) {
        if (!options_.resend_lost || losses >= options_.backoff.attempts) throw;
      }
      std::this_thread::sleep_for(std::min(pause_after(losses), deadline.left()));
    }
  }

  Value exchange(const std::string& message, const Deadline& deadline) {
    if (connection_ && !connection_->usable()) connection_.reset();
    if (!connection_) connection_ = connect(deadline);
    // Put back only when the reply has come whole and is well formed.
    auto connection = std::move(connection_);
    const std::string reply = connection->ask(message, deadline);
    try {
      Value answer = detail::read_reply(reply);
      connection_ = std::move(connection);
      return answer;
    } catch (const ModuleError&) {
      connection_ = std::move(connection);
      throw;
    }
  }

  std::unique_ptr<detail::Connection> connect(const Deadline& deadline) {
    for (int failures = 1;; ++failures) {
      try {
        return std::make_unique<detail::Connection>(endpoint_, hello_, options_, deadline);
      } catch (const UntrustedError&) {
        throw;
      } catch (const ConnectError& error) {
        if (failures >= options_.backoff.attempts) throw;
        if (pause_after(failures) >= deadline.left()) {
          throw DeadlineExceeded(
              std::string("no connection within the time allowed: ") + error.what(), false);
        }
      }
      std::this_thread::sleep_for(pause_after(failures));
    }
  }

  // After so many failures in a row, at least 1.
  Milliseconds pause_after(int failures) {
    const auto& backoff = options_.backoff;
    const double doubled =
        static_cast<double>(backoff.initial.count()) * std::pow(2.0, failures - 1);
    const double most = std::min(static_cast<double>(backoff.maximum.count()), doubled);
    const double part = std::uniform_real_distribution<double>(0.5, 1.0)(random_);
    return Milliseconds(static_cast<Milliseconds::rep>(most * part));
  }

  std::string address_;
  Endpoint endpoint_;
  Generation generation_;
  std::string hello_;  // encoded
  Options options_;
  std::timed_mutex lock_;
  std::unique_ptr<detail::Connection> connection_;
  std::mt19937 random_{std::random_device{}()};
};

}  // namespace genvm
