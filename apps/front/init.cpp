// `genvm-modules init`: writes a first configuration of the LLM module, with comments, and tries
// it.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>

#include "apps/front/commands.h"
#include "apps/front/first_config.h"
#include "apps/front/tries.h"
#include "base/fd.h"

namespace gvm::apps {
namespace {

namespace fs = std::filesystem;

struct Options {
  FirstConfig config;
  std::string out = ".";
  int port = 3031;
  bool yes = false;
  bool force = false;
  bool try_it = false;
};

int complain(const std::string& sentence, int code = kExitFailure) {
  std::fprintf(stderr, "init: %s\n", sentence.c_str());
  return code;
}

// One answer, or what stands in brackets when it is empty or nobody answers.
std::string ask(const char* question, const std::string& usual) {
  std::printf("%s%s: ", question, usual.empty() ? "" : (" [" + usual + "]").c_str());
  std::fflush(stdout);
  std::string answer;
  std::getline(std::cin, answer);
  return answer.empty() ? usual : answer;
}

void ask_for_what_is_missing(FirstConfig& config) {
  if (config.provider.empty())
    config.provider =
        ask("Provider: openai-compatible, anthropic, google or ollama", "openai-compatible");
  const auto usual = usual_of(config.provider);
  if (config.host.empty()) config.host = ask("Its address", usual.host);
  if (config.model.empty()) config.model = ask("The model's name, as the provider writes it", "");
  if (config.key_name.empty() && !usual.key_name.empty())
    config.key_name =
        ask("The environment variable that will hold its key (not the key)", usual.key_name);
}

void take_usual_ones(FirstConfig& config) {
  if (config.provider.empty()) config.provider = "openai-compatible";
  const auto usual = usual_of(config.provider);
  if (config.host.empty()) config.host = usual.host;
  if (config.key_name.empty()) config.key_name = usual.key_name;
}

std::string errno_text() {
  return std::system_category().message(errno);
}

// Beside the file first, so that nobody ever sees half of it. Says what went wrong.
std::string write_file(const std::string& path, const std::string& text, bool force) {
  if (!force && fs::exists(fs::symlink_status(path)))
    return path + " exists already; --force replaces it";
  const auto next = path + ".new";
  ::unlink(next.c_str());
  constexpr mode_t kMode = 0640;
  Fd file(::open(next.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kMode));
  if (!file) return next + ": " + errno_text();
  const ssize_t written = ::write(file.get(), text.data(), text.size());
  const bool whole = written == static_cast<ssize_t>(text.size());
  if (whole && ::rename(next.c_str(), path.c_str()) == 0) return {};
  const auto why = errno_text();
  ::unlink(next.c_str());
  return path + ": " + why;
}

// What is left to do by hand.
void tell_next_steps(const Options& options, const std::string& path) {
  const auto& name = options.config.key_name;
  std::printf("\nNext:\n");
  if (!name.empty()) std::printf("  export %s=...\n", name.c_str());
  std::printf("  genvm-modules llm --config %s\n", path.c_str());
  std::printf("  genvm-modules call ws://127.0.0.1:%d prompt \"hello\"\n", options.port);
}

int run(Options& options) {
  options.yes ? take_usual_ones(options.config) : ask_for_what_is_missing(options.config);
  if (options.config.data_dir.empty())
    options.config.data_dir = (fs::absolute(options.out) / "data").lexically_normal().string();
  options.config.bind_address = "127.0.0.1:" + std::to_string(options.port);
  if (const auto fault = fault_of(options.config); !fault.empty())
    return complain(fault, kExitUsage);
  std::error_code failed;
  fs::create_directories(options.out, failed);
  if (failed) return complain(options.out + ": " + failed.message());
  const auto path = (fs::path(options.out) / "genvm-module-llm.yaml").lexically_normal().string();
  if (const auto fault = write_file(path, text_of(options.config), options.force); !fault.empty())
    return complain(fault);
  std::printf("%s is written\n", path.c_str());
  std::fflush(stdout);
  if (const int code = check_config_file(path); code != kExitOk) return code;
  if (options.try_it) {
    std::fflush(stdout);
    if (const int code = try_configured_model(path, kFirstBackend, options.config.model);
        code != kExitOk)
      return code;
  }
  tell_next_steps(options, path);
  return kExitOk;
}

}  // namespace

Command add_init(CLI::App& app) {
  auto options = std::make_shared<Options>();
  auto& config = options->config;
  auto* command =
      app.add_subcommand("init", "write a first configuration of the LLM module, and try it");
  command->add_option("--out", options->out, "the folder of the file, made if missing; default .");
  command
      ->add_option("--provider", config.provider, "openai-compatible, anthropic, google or ollama")
      ->check(CLI::IsMember({"openai-compatible", "anthropic", "google", "ollama"}));
  command->add_option("--host", config.host, "base URL; default: the provider's own");
  command->add_option("--model", config.model, "the model's name, as the provider writes it");
  command->add_option("--key-env", config.key_name,
                      "the environment variable that will hold the key; the key itself is never "
                      "written");
  command->add_option("--data-dir", config.data_dir,
                      "where ledger and databases go; default: data beside the file");
  command->add_option("--port", options->port, "of 127.0.0.1, default 3031")
      ->check(CLI::Range(1, 65535));
  command->add_flag("--yes", options->yes, "ask nothing: what is not given is the usual");
  command->add_flag("--force", options->force, "replace a file that is there");
  command->add_flag("--try", options->try_it, "send one short prompt to the model, which costs");
  command->footer(
      "Exit code: 0 written and checked, 1 not written or not valid, 64 wrong usage; with --try "
      "those of llm-check.");
  return [options] { return run(*options); };
}

}  // namespace gvm::apps
