#pragma once
// One program that the cell runs. It inherits nothing but its output pipe. Its lines are passed on,
// and the last ones kept for error messages.
#include <sys/types.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "apps/cell/loop.h"
#include "base/fd.h"

namespace gvm::cell {

struct Command {
  std::string program;
  std::vector<std::string> arguments;
  std::vector<std::string> environment;
};

class Child {
 public:
  using OnLine = std::function<void(std::string_view line)>;

  Child(Loop& loop, OnLine on_line) : loop_(loop), on_line_(std::move(on_line)) {}
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  bool start(const Command& command);
  pid_t pid() const { return pid_; }
  // The last lines it wrote.
  std::string tail();

 private:
  void read_output();
  void take_lines();

  static constexpr std::size_t kTailBytes = 4096;

  Loop& loop_;
  OnLine on_line_;
  pid_t pid_ = -1;
  Fd output_;
  std::string unfinished_;
  std::string tail_;
};

}  // namespace gvm::cell
