#pragma once
// One browser of our own: a cell, its DevTools connection, and the slots of the egress proxy that
// its sessions use. Internal to the pool; used on the pool's executor only.
#include <memory>
#include <string>
#include <vector>

#include "browser/cell.h"
#include "browser/devtools.h"
#include "browser/pool.h"
#include "browser/session_source.h"
#include "egress/proxy.h"

namespace gvm::browser {

class OwnBrowser {
 public:
  // Errors: those of Cell::start and DevTools::connect; nothing then remains.
  static asio::awaitable<Result<std::shared_ptr<OwnBrowser>>> start(
      asio::any_io_executor executor, net::HttpClient& http, egress::Proxy& proxy,
      PoolOptions options, std::uint64_t id, Deadline deadline);

  std::uint64_t id() const { return id_; }
  Cell& cell() { return *cell_; }
  bool alive() const { return cell_ != nullptr && cell_->alive() && devtools_->alive(); }
  std::size_t slots() const { return busy_.size(); }
  std::size_t free_slots() const;
  bool idle() const { return free_slots() == slots(); }

  // There must be a free slot.
  std::size_t take_slot();
  void give_back(std::size_t slot) { busy_[slot] = false; }

  // Creates a browser context whose traffic goes through the slot, and attaches a session to its
  // page.
  asio::awaitable<Result<Prepared>> prepare(std::size_t slot, Deadline deadline);
  void open(std::size_t slot, std::shared_ptr<const egress::SlotPolicy> policy);
  // Cuts its traffic, then ends page and session. False when the browser did not carry out the
  // commands.
  asio::awaitable<bool> discard(Prepared prepared);

  std::size_t pages() const { return pages_; }
  void count_pages(std::size_t pages) { pages_ += pages; }
  Clock::duration age() const { return Clock::now() - started_; }

 private:
  OwnBrowser(net::HttpClient& http, PoolOptions options, std::uint64_t id)
      : http_(http), options_(std::move(options)), id_(id) {}
  asio::awaitable<Result<void>> furnish(Prepared& prepared, std::string target, Deadline deadline);
  asio::awaitable<Result<std::string>> new_page(std::size_t slot, std::string& context,
                                                Deadline deadline);
  asio::awaitable<bool> dispose(std::string context);

  net::HttpClient& http_;
  PoolOptions options_;
  std::uint64_t id_;
  std::unique_ptr<Cell> cell_;
  std::unique_ptr<DevTools> devtools_;
  std::vector<std::unique_ptr<egress::Slot>> entrances_;
  std::vector<bool> busy_;
  std::size_t pages_ = 0;
  Clock::time_point started_ = Clock::now();
};

}  // namespace gvm::browser
