#include "apps/manager_link.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <cerrno>
#include <chrono>

#include "text/json_view.h"

namespace gvm::apps {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kMostReasonBytes = control::kMostBytes / 4;  // JSON may need several for one
constexpr char kBatonEnd = '\0';  // what comes without it was cut off
constexpr timeval kBatonPatience{.tv_sec = 5, .tv_usec = 0};

Fd keep(int fd) {
  if (fd >= 0) (void)::fcntl(fd, F_SETFD, FD_CLOEXEC);
  return Fd(fd);
}

Value event(std::string_view name) {
  return Value::object({{"event", Value::string(std::string(name))}});
}

std::chrono::milliseconds milliseconds_in(const Value& body, std::string_view key) {
  const Value* found = body.find(key);
  const Integer* number = found == nullptr ? nullptr : found->as_integer();
  const auto count = number == nullptr ? std::nullopt : number->to_i64();
  return std::chrono::milliseconds(count.value_or(-1));
}

// The whole text, then an end. The successor reads all the time.
bool write_baton(int fd, std::string text) {
  text += kBatonEnd;
  (void)::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kBatonPatience, sizeof kBatonPatience);
  for (std::string_view rest = text; !rest.empty();) {
    const auto sent = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

}  // namespace

ManagerLink::ManagerLink(const ServerArguments& arguments)
    : control_(keep(arguments.control_fd)), baton_(keep(arguments.baton_fd)) {
  // No process that this one starts may hold the port: neither browsers nor a keeper.
  if (arguments.listen_fd >= 0) (void)::fcntl(arguments.listen_fd, F_SETFD, FD_CLOEXEC);
}

void ManagerLink::refused(const std::vector<std::string>& reasons) const {
  if (!control_) return;
  Value::Array listed;
  std::size_t bytes = 0;
  for (const auto& reason : reasons) {
    bytes += reason.size();
    if (bytes > kMostReasonBytes) {
      listed.push_back(Value::string("there are more errors"));
      break;
    }
    listed.push_back(Value::string(reason));
  }
  Value body = event("refused");
  body.as_map()->set("reasons", Value::array(std::move(listed)));
  (void)control::send_now(control_.get(), body);
}

// True once the baton has come. `over`: it will not come.
bool ManagerLink::wait_at_baton(std::string& known, bool& over) const {
  std::array<char, 65536> bytes;
  const auto count = ::recv(baton_.get(), bytes.data(), bytes.size(), 0);
  if (count < 0 && errno == EINTR) return false;
  over = count <= 0;
  if (count > 0) known.append(bytes.data(), static_cast<std::size_t>(count));
  if (known.empty() || known.back() != kBatonEnd) return false;
  known.pop_back();
  return true;
}

bool ManagerLink::wait_for_turn(std::string& known) const {
  if (!control_) return true;
  if (!control::send_now(control_.get(), event("checked"))) return false;
  bool baton_over = !baton_;
  for (;;) {
    std::array<pollfd, 2> watched{{{control_.get(), POLLIN, 0}, {baton_.get(), POLLIN, 0}}};
    if (::poll(watched.data(), baton_over ? 1 : 2, -1) < 0 && errno != EINTR) return false;
    if (!baton_over && watched[1].revents != 0 && wait_at_baton(known, baton_over)) return true;
    if (watched[0].revents == 0) continue;
    const auto message = control::receive_now(control_.get());
    if (!message) return false;
    if (text::string_at(message->body, "/do") != "accept") continue;
    known.clear();
    return true;
  }
}

void ManagerLink::ready(const Value& facts) const {
  if (!control_) return;
  Value body = event("ready");
  body.as_map()->set("facts", facts);
  (void)control::send_now(control_.get(), body);
}

void ManagerLink::obey(serve::Lifetime& lifetime, std::function<std::string()> hand_over) {
  if (!control_) return;
  lifetime_ = &lifetime;
  hand_over_ = std::move(hand_over);
  channel_ = std::make_unique<control::Channel>(lifetime.context(), std::move(control_));
  asio::co_spawn(lifetime.context(), listen(), asio::detached);
}

// Ends with the manager. The module goes on without it, unless --die-with-parent says otherwise.
asio::awaitable<void> ManagerLink::listen() {
  for (;;) {
    auto receiving = channel_->receive();
    const auto message = co_await std::move(receiving);
    if (!message) co_return;
    const auto what = text::string_at(message->body, "/do");
    if (what == "hand_over") hand_over(*message);
    if (what == "stop") lifetime_->stop("the manager", milliseconds_in(message->body, "grace_ms"));
  }
}

void ManagerLink::hand_over(const control::Message& message) {
  auto baton = std::make_shared<Fd>(::fcntl(message.fd.get(), F_DUPFD_CLOEXEC, 0));
  lifetime_->retire(milliseconds_in(message.body, "longest_ms"), [this, baton] {
    const bool taken = write_baton(baton->get(), hand_over_());
    baton->reset();
    Value body = event("handed_over");
    body.as_map()->set("taken", Value::boolean(taken));
    (void)channel_->send(body);
  });
}

}  // namespace gvm::apps
