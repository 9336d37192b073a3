#include "apps/front/script_world.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <cstdlib>
#include <future>
#include <stdexcept>
#include <utility>

#include "base/redactor.h"
#include "calldata/decode.h"
#include "calldata/encode.h"

namespace gvm::apps {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;

// What a module may take beyond a request's deadline: it ends what it has begun.
constexpr std::chrono::seconds kPatience{20};

bool is_mock(const sockaddr& address, std::uint16_t port) {
  if (address.sa_family != AF_INET) return false;
  const auto& inet = reinterpret_cast<const sockaddr_in&>(address);
  return inet.sin_addr.s_addr == htonl(INADDR_LOOPBACK) && inet.sin_port == htons(port);
}

Error stuck() {
  return Error("SCRIPT_TEST_STUCK", Fatality::fatal, "the module does not answer");
}

}  // namespace

ScratchFolder::ScratchFolder() {
  std::string name = (fs::temp_directory_path() / "genvm-script-test-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr)
    throw fs::filesystem_error("cannot make a folder", name,
                               std::error_code(errno, std::generic_category()));
  path_ = name;
}

ScratchFolder::~ScratchFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Result<std::unique_ptr<ScriptWorld>> ScriptWorld::start(const Make& make, std::uint16_t port,
                                                        net::HttpClientOptions http) {
  http.allow_address = [port](const sockaddr& address) { return is_mock(address, port); };
  http.allow_proxy_address = http.allow_address;
  auto world = std::unique_ptr<ScriptWorld>(new ScriptWorld(http));
  const auto redactor = std::make_shared<const Redactor>(std::vector<Secret>());
  auto service =
      make({.redactor = redactor, .logger = {}, .lanes = world->lanes_, .http = std::move(http)});
  if (!service) return fail(std::move(service).error());
  world->service_ = std::move(*service);
  world->lanes_.start();
  return world;
}

// Lanes have stopped before the session and the service are destroyed.
ScriptWorld::~ScriptWorld() {
  lanes_.stop();
  lanes_.join();
  session_.reset();
  service_.reset();
}

// What the coroutine uses outlives the world.
template <class Result>
Result ScriptWorld::on_lane(asio::awaitable<Result> coroutine, Result late,
                            std::chrono::milliseconds timeout) {
  auto running = asio::co_spawn(lanes_.at(0).executor(), std::move(coroutine), asio::use_future);
  if (running.wait_for(timeout + kPatience) != std::future_status::ready) return late;
  return running.get();
}

asio::awaitable<Result<void>> ScriptWorld::open(std::string hello) {
  session_ = service_->open(lanes_.at(0), 1);
  co_return session_->hello(std::move(hello));
}

asio::awaitable<Result<std::string>> ScriptWorld::request(std::string frame, Deadline deadline) {
  auto replying = session_->request(std::move(frame), deadline);
  std::string reply = co_await std::move(replying);
  co_return reply;
}

asio::awaitable<bool> ScriptWorld::finish(Deadline deadline) {
  auto finishing = session_->finish(deadline);
  co_await std::move(finishing);
  session_.reset();
  co_return true;
}

Result<void> ScriptWorld::begin_session(const Value& hello, std::chrono::milliseconds timeout) {
  end_session(timeout);
  auto frame = calldata::encode(hello);
  if (!frame) return fail(std::move(frame).error());
  return on_lane<Result<void>>(open(std::move(*frame)), fail(stuck()), timeout);
}

Result<Value> ScriptWorld::ask(const Value& message, std::chrono::milliseconds timeout) {
  auto frame = calldata::encode(message);
  if (!frame) return fail(std::move(frame).error());
  auto asking = request(std::move(*frame), Deadline::in(timeout));
  auto reply = on_lane<Result<std::string>>(std::move(asking), fail(stuck()), timeout);
  if (!reply) return fail(std::move(reply).error());
  auto value = calldata::decode(*reply);
  if (!value) return value;
  return std::move(*value).to_owned();
}

void ScriptWorld::end_session(std::chrono::milliseconds timeout) {
  if (session_) on_lane<bool>(finish(Deadline::in(timeout)), false, timeout);
}

}  // namespace gvm::apps
