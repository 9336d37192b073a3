#include "apps/manager_link.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>

#include "apps/config_source.h"
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

// The whole text, then an end. The successor reads all the time. The socket comes with the first
// bytes.
bool write_baton(int fd, std::string text, Fd socket) {
  text += kBatonEnd;
  (void)::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &kBatonPatience, sizeof kBatonPatience);
  for (std::string_view rest = text; !rest.empty();) {
    const auto sent = control::send_some(fd, rest, socket.get());
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    socket.reset();
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
bool ManagerLink::wait_at_baton(HandedOver& taken, bool& over) const {
  std::array<char, 65536> bytes;
  const auto count = control::receive_some(baton_.get(), bytes, taken.socket);
  if (count < 0 && errno == EINTR) return false;
  over = count <= 0;
  auto& known = taken.known;
  if (count > 0) known.append(bytes.data(), static_cast<std::size_t>(count));
  if (known.empty() || known.back() != kBatonEnd) return false;
  known.pop_back();
  return true;
}

bool ManagerLink::wait_for_turn(HandedOver& taken) const {
  if (!control_) return true;
  if (!control::send_now(control_.get(), event("checked"))) return false;
  bool baton_over = !baton_;
  bool manager_over = false;
  // A manager that is killed after it has told the process before to hand over leaves both to
  // themselves: that one has stopped accepting by then, or will, so its turn is waited for.
  while (!baton_over || !manager_over) {
    // poll() passes over descriptors below zero.
    std::array<pollfd, 2> watched{{{manager_over ? -1 : control_.get(), POLLIN, 0},
                                   {baton_over ? -1 : baton_.get(), POLLIN, 0}}};
    if (::poll(watched.data(), watched.size(), -1) < 0) {
      if (errno != EINTR) return false;
      continue;
    }
    if (watched[1].revents != 0 && wait_at_baton(taken, baton_over)) return true;
    if (watched[0].revents == 0) continue;
    const auto message = control::receive_now(control_.get());
    manager_over = !message;
    if (!message || text::string_at(message->body, "/do") != "accept") continue;
    taken = {};
    return true;
  }
  return false;
}

void ManagerLink::ready(const Value& facts) const {
  if (!control_) return;
  Value body = event("ready");
  body.as_map()->set("facts", facts);
  (void)control::send_now(control_.get(), body);
}

void ManagerLink::obey(serve::Lifetime& lifetime, Orders orders) {
  if (!control_) return;
  lifetime_ = &lifetime;
  orders_ = std::move(orders);
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
    if (what == "reload") reload(*message);
    if (what == "stop") lifetime_->stop("the manager", milliseconds_in(message->body, "grace_ms"));
  }
}

void ManagerLink::hand_over(const control::Message& message) {
  auto baton = std::make_shared<Fd>(::fcntl(message.fd.get(), F_DUPFD_CLOEXEC, 0));
  // Before it is closed here: connections wait there for the successor.
  auto socket = std::make_shared<Fd>(*baton ? orders_.socket() : Fd());
  lifetime_->retire(milliseconds_in(message.body, "longest_ms"), [this, baton, socket] {
    const bool taken = write_baton(baton->get(), orders_.hand_over(), std::move(*socket));
    baton->reset();
    Value body = event("handed_over");
    body.as_map()->set("taken", Value::boolean(taken));
    (void)channel_->send(body);
  });
}

// With a descriptor: of the configuration that takes the place of the one that the module has been
// given; without one: the same again, and what it names.
void ManagerLink::reload(const control::Message& message) {
  const auto tell = [this](const ReloadAnswer& answer) {
    Value body = answer.to_value();
    body.as_map()->set("event", Value::string("reload_ended"));
    (void)channel_->send(body);
  };
  ReloadAnswer refused;
  if (orders_.reloader == nullptr) {
    refused.reasons.emplace_back("this module answers every request with an error: restart it");
    return tell(refused);
  }
  std::optional<std::string> text;
  if (message.fd) {
    auto read = text_of_descriptor(message.fd.get());
    if (!read) {
      refused.reasons.push_back(read.error().to_string());
      return tell(refused);
    }
    text = std::move(*read);
  }
  orders_.reloader->ask(Reloader::What::reload, std::move(text),
                        [tell, &context = lifetime_->context()](ReloadAnswer answer) {
                          asio::post(context, [tell, answer = std::move(answer)] { tell(answer); });
                        });
}

}  // namespace gvm::apps
