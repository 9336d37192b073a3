#include "support/grid_hub.h"

#include <filesystem>
#include <stdexcept>

#include "support/paths.h"
#include "support/wire_client.h"

namespace gvm::test {
namespace {

constexpr const char* kDriver = "/usr/bin/chromedriver";

std::vector<std::string> command(const GridHub::Options& options) {
  return {source_dir() + "/tests/support/grid_hub.py",
          "--slots=" + std::to_string(options.slots),
          "--session-timeout=" + std::to_string(options.session_timeout_s),
          "--queue-timeout=" + std::to_string(options.queue_timeout_s),
          std::string("--chromedriver=") + kDriver,
          "--chrome-argument=--no-sandbox"};
}

std::uint16_t port_in(const std::string& line) {
  const auto space = line.find(' ');
  if (!line.starts_with("ready ")) throw std::runtime_error("the hub said " + line);
  return static_cast<std::uint16_t>(std::stoi(line.substr(space + 1)));
}

}  // namespace

GridHub::GridHub(const Options& options)
    : process_(command(options)), port_(port_in(process_.read_line())) {}

std::string GridHub::missing() {
  return std::filesystem::exists(kDriver) ? "" : "ChromeDriver is not installed";
}

std::int64_t GridHub::fact(const std::string& name) const {
  auto client = WireClient::tcp(port_);
  client.send("GET /hub HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  const auto answer = client.read_all();
  const auto key = "\"" + name + "\": ";
  const auto at = answer.find(key);
  if (at == answer.npos) throw std::runtime_error("the hub does not tell " + name);
  return std::stoll(answer.substr(at + key.size()));
}

}  // namespace gvm::test
