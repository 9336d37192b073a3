#include "net/socket_watch.h"

#include <unistd.h>

#include <boost/asio/error.hpp>
#include <utility>

namespace gvm::net {

static_assert(CURL_POLL_IN == CURL_CSELECT_IN && CURL_POLL_OUT == CURL_CSELECT_OUT,
              "interest and readiness share their bits");

struct SocketWatch::Entry {
  using Descriptor = asio::posix::basic_stream_descriptor<asio::io_context::executor_type>;

  Entry(asio::io_context& context, curl_socket_t fd_) : descriptor(context, fd_), fd(fd_) {}

  Descriptor descriptor;
  curl_socket_t fd;
  int wanted = 0;         // CURL_POLL_IN | CURL_POLL_OUT
  int waiting = 0;        // the waits under way, same bits
  bool released = false;  // waits still under way end without effect
};

SocketWatch::SocketWatch(asio::io_context& context, OnReady on_ready)
    : context_(context), on_ready_(std::move(on_ready)) {}

SocketWatch::~SocketWatch() {
  release_all();
}

SocketWatch::Slot& SocketWatch::slot(curl_socket_t fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= slots_.size()) slots_.resize(index + 1);
  return slots_[index];
}

void SocketWatch::opened(curl_socket_t fd) {
  slot(fd).ours = true;
}

void SocketWatch::want(curl_socket_t fd, int what) {
  Slot& slot = this->slot(fd);
  if (what == CURL_POLL_REMOVE) {
    if (slot.entry == nullptr) return;
    slot.entry->wanted = 0;
    if (!slot.ours) return release(slot);
    // A wait nobody needs would keep the io_context running.
    if (slot.entry->waiting != 0) slot.entry->descriptor.cancel();
    return;
  }
  if (slot.entry == nullptr) slot.entry = std::make_shared<Entry>(context_, fd);
  slot.entry->wanted = what & CURL_POLL_INOUT;
  watch(slot.entry);
}

void SocketWatch::close(curl_socket_t fd) {
  Slot& slot = this->slot(fd);
  release(slot);
  slot.ours = false;
  ::close(fd);
}

void SocketWatch::release_all() {
  for (Slot& slot : slots_) release(slot);
}

void SocketWatch::release(Slot& slot) {
  if (slot.entry == nullptr) return;
  slot.entry->released = true;
  slot.entry->descriptor.release();  // the descriptor is libcurl's to close
  slot.entry.reset();
}

void SocketWatch::watch(const std::shared_ptr<Entry>& entry) {
  const int missing = entry->wanted & ~entry->waiting;
  if (missing & CURL_POLL_IN) wait(entry, CURL_POLL_IN);
  if (missing & CURL_POLL_OUT) wait(entry, CURL_POLL_OUT);
}

void SocketWatch::wait(const std::shared_ptr<Entry>& entry, int bit) {
  using Descriptor = Entry::Descriptor;
  entry->waiting |= bit;
  const auto kind = bit == CURL_POLL_IN ? Descriptor::wait_read : Descriptor::wait_write;
  entry->descriptor.async_wait(
      kind, [this, entry, bit](const boost::system::error_code& ec) { ready(entry, bit, ec); });
}

void SocketWatch::ready(const std::shared_ptr<Entry>& entry, int bit,
                        const boost::system::error_code& ec) {
  if (entry->released) return;  // `this` may be gone
  entry->waiting &= ~bit;
  const bool withdrawn = ec == asio::error::operation_aborted;
  if (!withdrawn && (entry->wanted & bit) != 0) on_ready_(entry->fd, ec ? CURL_CSELECT_ERR : bit);
  if (!entry->released) watch(entry);
}

}  // namespace gvm::net
