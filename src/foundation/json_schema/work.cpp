#include "json_schema/work.h"

namespace gvm::json_schema {
namespace {

thread_local Work* current = nullptr;

}  // namespace

Work::Work(std::size_t steps, std::size_t levels) : steps_(steps), levels_(levels) {
  current = this;
}

Work::~Work() {
  current = nullptr;
}

void spend(std::size_t steps) {
  if (current == nullptr) return;
  if (steps > current->steps_) throw TooMuchWork();
  current->steps_ -= steps;
}

Level::Level() {
  spend(1);
  if (current == nullptr) return;
  if (current->levels_ == 0) throw TooMuchWork();
  --current->levels_;
}

Level::~Level() {
  if (current != nullptr) ++current->levels_;
}

}  // namespace gvm::json_schema
