#include "egress/tunnel.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <vector>

namespace gvm::egress {
namespace {

constexpr std::size_t kBufferBytes = 32 * kKiB;

// Copies in both directions with plain callbacks, because they may run after the awaiting frame was
// cancelled and destroyed.
class Relay : public std::enable_shared_from_this<Relay> {
 public:
  Relay(Socket& client, Socket& upstream, TunnelHooks hooks)
      : done(client.get_executor(), Clock::time_point::max()),
        out_{client, upstream, std::move(hooks.from_client), {}, false},
        in_{upstream, client, std::move(hooks.from_upstream), {}, false} {}

  void start(std::string first) {
    for (Pump* pump : {&out_, &in_}) pump->buffer.resize(kBufferBytes);
    read(in_);
    if (first.empty()) return read(out_);
    out_.buffer.assign(first.begin(), first.end());
    passed_on(out_, first.size());
    out_.buffer.resize(std::max(out_.buffer.size(), kBufferBytes));
  }
  bool ended() const { return ended_; }

  asio::basic_waitable_timer<Clock> done;  // cancelled when both directions have ended

 private:
  struct Pump {
    Socket& from;
    Socket& to;
    std::function<bool(std::size_t)> hook;
    std::vector<char> buffer;
    bool ended;
  };

  void read(Pump& pump) {
    pump.from.async_read_some(asio::buffer(pump.buffer),
                              [self = shared_from_this(), &pump](auto error, std::size_t count) {
                                if (self->ended_) return;
                                if (error == asio::error::eof) return self->source_ended(pump);
                                if (error) return self->end();
                                self->passed_on(pump, count);
                              });
  }

  void passed_on(Pump& pump, std::size_t count) {
    if (!pump.hook(count)) return end();
    asio::async_write(pump.to, asio::buffer(pump.buffer.data(), count),
                      [self = shared_from_this(), &pump](auto error, std::size_t) {
                        if (self->ended_) return;
                        if (error) return self->end();
                        self->read(pump);
                      });
  }

  void source_ended(Pump& pump) {
    pump.ended = true;
    boost::system::error_code ignored;
    pump.to.shutdown(Socket::shutdown_send, ignored);
    if (out_.ended && in_.ended) end();
  }

  void end() {
    ended_ = true;
    done.cancel();
  }

  Pump out_;
  Pump in_;
  bool ended_ = false;
};

}  // namespace

asio::awaitable<void> relay(Socket& client, Socket& upstream, std::string first,
                            TunnelHooks hooks) {
  const auto both = std::make_shared<Relay>(client, upstream, std::move(hooks));
  both->start(std::move(first));
  while (!both->ended()) {
    const auto [ignored] = co_await both->done.async_wait(asio::as_tuple(asio::use_awaitable));
    (void)ignored;
  }
}

}  // namespace gvm::egress
