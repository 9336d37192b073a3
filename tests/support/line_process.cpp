#include "support/line_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

extern char** environ;

namespace gvm::test {

LineProcess::LineProcess(std::vector<std::string> command) {
  int to[2];
  int from[2];
  if (::pipe2(to, O_CLOEXEC) != 0 || ::pipe2(from, O_CLOEXEC) != 0)
    throw std::runtime_error("pipe2");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
  std::vector<char*> argv;
  for (auto& argument : command) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const int failed =
      ::posix_spawn(&pid_, command.front().c_str(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(to[0]);
  ::close(from[1]);
  to_.reset(::fdopen(to[1], "w"));
  from_.reset(::fdopen(from[0], "r"));
  if (failed != 0) throw std::runtime_error("cannot start " + command.front());
}

LineProcess::~LineProcess() {
  to_.reset();  // closing its input ends the program
  if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
}

std::string LineProcess::ask(const std::string& line) {
  std::fprintf(to_.get(), "%s\n", line.c_str());
  std::fflush(to_.get());
  return read_line();
}

std::string LineProcess::read_line() {
  std::string answer;
  for (int c = std::getc(from_.get()); c != '\n'; c = std::getc(from_.get())) {
    if (c == EOF) throw std::runtime_error("the program ended before it answered");
    answer += static_cast<char>(c);
  }
  return answer;
}

std::filesystem::path python_of_tests(const std::string& source_dir) {
  if (const char* given = std::getenv("GVM_PYTHON")) return given;
  return std::filesystem::path(source_dir) / "build/venv/bin/python";
}

}  // namespace gvm::test
