#pragma once
// How much work checking one text against a schema may be. The changed headers of the library
// (cmake/GvmJsoncons.cmake) call spend() and Level. Of one thread.
#include <cstddef>
#include <exception>

namespace gvm::json_schema {

// Thrown through the library, and caught in schema.cpp.
class TooMuchWork : public std::exception {
 public:
  const char* what() const noexcept override { return "too much work"; }
};

// While one is alive, the thread's work is counted.
class Work {
 public:
  Work(std::size_t steps, std::size_t levels);
  ~Work();
  Work(const Work&) = delete;
  Work& operator=(const Work&) = delete;

  // Steps that may still be spent.
  std::size_t left() const { return steps_; }

 private:
  friend void spend(std::size_t steps);
  friend class Level;
  std::size_t steps_;
  std::size_t levels_;
  std::size_t depth_ = 0;
};

// Throws TooMuchWork. Without a Work nothing is counted.
void spend(std::size_t steps);

// One keyword that is being checked, within others. Costs more the deeper it is: the library copies
// the path to it.
class Level {
 public:
  Level();
  ~Level();
  Level(const Level&) = delete;
  Level& operator=(const Level&) = delete;
};

}  // namespace gvm::json_schema
