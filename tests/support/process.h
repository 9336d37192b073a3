#pragma once
// A program under test: started with captured output, waited for with deadlines, killed at the end.
#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace gvm::test {

class Process {
 public:
  struct Options {
    std::vector<std::string> environment = {};  // "NAME=value", on top of this process'
    std::string input = {};  // standard input; at most what a pipe holds (64 KiB)
    // It gets no descriptor of this process: a connection that it also had would not end here.
    bool closes_others = false;
  };

  // Throws when it cannot be started.
  explicit Process(std::vector<std::string> command);
  Process(std::vector<std::string> command, const Options& options);
  // Kills the process when it is still running.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  void signal(int number) const;

  // The first complete line of standard output that contains `part`. Empty when it did not come in
  // time, or the program has closed its output before.
  std::optional<std::string> wait_for_line(std::string_view part,
                                           std::chrono::milliseconds timeout);
  // The exit code, or 128 plus the number of the signal. Empty when it is still running after
  // `timeout`. All output has been read when it returns a code.
  std::optional<int> wait_exit(std::chrono::milliseconds timeout);

  // The output so far.
  std::string out() const;
  std::string err() const;

 private:
  void capture();

  pid_t pid_ = -1;
  int pid_fd_ = -1;
  int out_fd_ = -1;
  int err_fd_ = -1;
  std::optional<int> exit_code_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::string out_;
  std::string err_;
  bool captured_ = false;  // both outputs are closed
  std::thread reader_;
};

// Runs a program to its end; kills it after `timeout`.
struct Finished {
  std::optional<int> exit_code;  // empty: it had to be killed
  std::string out;
  std::string err;
};
Finished run_program(std::vector<std::string> command, const Process::Options& options = {},
                     std::chrono::milliseconds timeout = std::chrono::seconds(60));

// True once the process with that id has ended, also for an orphan that nobody has waited for.
bool wait_gone(pid_t pid, std::chrono::milliseconds timeout);

}  // namespace gvm::test
