#pragma once
// A program that answers each line with a line: another implementation to compare with.
#include <sys/types.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace gvm::test {

class LineProcess {
 public:
  // Throws when it cannot be started.
  explicit LineProcess(std::vector<std::string> command);
  ~LineProcess();
  LineProcess(const LineProcess&) = delete;
  LineProcess& operator=(const LineProcess&) = delete;

  // Throws when the program ends first.
  std::string ask(const std::string& line);
  // What it says by itself.
  std::string read_line();

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  pid_t pid_ = -1;
  std::unique_ptr<std::FILE, Close> to_;
  std::unique_ptr<std::FILE, Close> from_;
};

// The Python of scripts/setup-python.sh, or GVM_PYTHON.
std::filesystem::path python_of_tests(const std::string& source_dir);

}  // namespace gvm::test
