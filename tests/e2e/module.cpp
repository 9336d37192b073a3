#include "e2e/module.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "base/json.h"
#include "support/paths.h"
#include "support/wire_client.h"
#include "text/json.h"

namespace gvm::e2e {
namespace {

constexpr std::chrono::milliseconds kStart = 60s;  // enough on a machine that is busy with a build
constexpr std::chrono::milliseconds kStop = 60s;

std::string yaml_text(std::string_view text) {
  return json::write(Value::string(std::string(text)));  // JSON's strings are YAML's too
}

std::vector<std::string> command_of(const TempFolder& folder, const ModuleOptions& options) {
  std::vector<std::string> command = {program(options.program), "--config",
                                      write_config(folder, options)};
  command.insert(command.end(), options.arguments.begin(), options.arguments.end());
  return command;
}

// Sanitizers write to it; the programs themselves only when they cannot start.
void expect_clean(const std::string& err) {
  EXPECT_EQ(err.find("Sanitizer"), std::string::npos) << err;
  EXPECT_EQ(err.find("runtime error"), std::string::npos) << err;
}

}  // namespace

TempFolder::TempFolder() {
  std::string pattern = (std::filesystem::temp_directory_path() / "gvm-e2e-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no folder " + pattern);
  path_ = pattern;
}

std::string TempFolder::write(std::string_view name, std::string_view text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
  return file(name);
}

std::string program(std::string_view name) {
  const char* folder = std::getenv("GVM_E2E_BIN");
  return std::string(folder != nullptr ? folder : test::binary_dir() + "/bin") + "/" +
         std::string(name);
}

std::string backend(const BackendSpec& spec) {
  std::string out = "  " + spec.name + ": {host: " + yaml_text(spec.host) +
                    ", provider: " + spec.provider + ", models: " + spec.models +
                    ", meta: {priority: " + std::to_string(spec.priority) + "}";
  if (!spec.more.empty()) out += ", " + spec.more;
  return out + "}\n";
}

std::string backend_at(std::string host) {
  BackendSpec spec;
  spec.host = std::move(host);
  return backend(spec);
}

std::string write_config(const TempFolder& folder, const ModuleOptions& options) {
  const bool llm = options.program == "genvm-llm";
  const std::string shipped = test::source_dir() + "/config/" + options.program + "-default.lua";
  const std::string script =
      options.script.empty() ? shipped : folder.write("script.lua", options.script);
  std::string text = "bind_address: " + options.bind_address +
                     "\nthreads: 2\nlog_level: " + options.log_level +
                     "\nlua_script_path: " + yaml_text(script) +
                     "\ndata_dir: " + yaml_text(folder.file("data")) + "\n" + options.more;
  if (llm) text += options.backends.empty() ? "backends: {}\n" : "backends:\n" + options.backends;
  return folder.write("config.yaml", text);
}

Module::Module(const ModuleOptions& options)
    : process_(command_of(folder_, options), {.environment = options.environment}) {
  const auto ready = process_.wait_for_line("\"message\":\"ready\"", kStart);
  if (!ready) throw std::runtime_error("not ready: " + process_.err() + process_.out());
  const auto line = text::parse_json(*ready);
  if (!line) throw std::runtime_error("no JSON: " + *ready);
  address_ = line->find("address")->as_string().value();
  if (const auto colon = address_.rfind(':'); colon != address_.npos && address_[colon + 1] != '/')
    port_ = static_cast<std::uint16_t>(std::stoi(address_.substr(colon + 1)));
}

Module::~Module() {
  process_.signal(SIGTERM);
  const auto code = process_.wait_exit(kStop);
  // A second signal, where a test has sent one, ends it with that signal's code.
  EXPECT_TRUE(code == 0 || code == 128 + SIGTERM) << "exit code " << code.value_or(-1);
  expect_clean(process_.err());
}

std::string Module::http(std::string_view path) const {
  auto client = test::WireClient::tcp(port_);
  client.send("GET " + std::string(path) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
  return client.read_all();
}

double Module::metric(std::string_view name_and_labels) const {
  const std::string page = "\n" + http("/metrics");
  const std::string start = "\n" + std::string(name_and_labels) + " ";
  const auto at = page.find(start);
  return at == page.npos ? -1 : std::stod(page.substr(at + start.size()));
}

bool Module::wait_for_metric(std::string_view name_and_labels, double value,
                             std::chrono::milliseconds timeout) const {
  return eventually([&] { return metric(name_and_labels) == value; }, timeout);
}

std::size_t Module::open_files() const {
  const auto folder = "/proc/" + std::to_string(process_.pid()) + "/fd";
  const auto files = std::filesystem::directory_iterator(folder);
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

std::size_t Module::resident_bytes() const {
  std::ifstream file("/proc/" + std::to_string(process_.pid()) + "/statm");
  std::size_t total = 0, resident = 0;
  file >> total >> resident;
  constexpr std::size_t kPageBytes = 4096;
  return resident * kPageBytes;
}

}  // namespace gvm::e2e
