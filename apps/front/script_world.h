#pragma once
// A module under test, in this process: the service that the server program makes, without its
// listener, its sandbox and its log. Sessions get the frames that a GenVM would send.
#include <boost/asio/awaitable.hpp>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/deadline.h"
#include "base/error.h"
#include "base/secret.h"
#include "net/http_client_options.h"
#include "net/lane.h"
#include "scripted/module_parts.h"
#include "serve/service.h"

namespace gvm::apps {

// A folder that is removed with its owner; for `data_dir`.
class ScratchFolder {
 public:
  // Throws std::filesystem::filesystem_error when it cannot be made.
  ScratchFolder();
  ~ScratchFolder();
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// Blocks its caller; one thread.
class ScriptWorld {
 public:
  using Make =
      std::function<Result<std::unique_ptr<serve::Service>>(const scripted::ModuleParts& parts)>;

  // Connects to 127.0.0.1:`port` and to nothing else. The errors of the module's start.
  static Result<std::unique_ptr<ScriptWorld>> start(const Make& make, std::uint16_t port,
                                                    net::HttpClientOptions http);
  ~ScriptWorld();
  ScriptWorld(const ScriptWorld&) = delete;
  ScriptWorld& operator=(const ScriptWorld&) = delete;

  // Ends the session there is, and begins another one. The errors of the hello.
  Result<void> begin_session(const Value& hello, std::chrono::milliseconds timeout);
  // The decoded reply. SCRIPT_TEST_STUCK when the module does not answer within `timeout` and a
  // little more; the process should end then.
  Result<Value> ask(const Value& message, std::chrono::milliseconds timeout);
  void end_session(std::chrono::milliseconds timeout);

 private:
  explicit ScriptWorld(const net::HttpClientOptions& http) : lanes_(1, http) {}
  template <class Result>
  Result on_lane(boost::asio::awaitable<Result> coroutine, Result stuck,
                 std::chrono::milliseconds timeout);
  // On the lane.
  boost::asio::awaitable<Result<void>> open(std::string hello);
  boost::asio::awaitable<Result<std::string>> request(std::string frame, Deadline deadline);
  boost::asio::awaitable<bool> finish(Deadline deadline);

  net::Lanes lanes_;
  std::unique_ptr<serve::Service> service_;
  std::unique_ptr<serve::SessionHandler> session_;
};

}  // namespace gvm::apps
