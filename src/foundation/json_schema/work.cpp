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
  constexpr std::size_t kLevelsAStep = 16;
  if (current == nullptr) return;
  spend(1 + current->depth_ / kLevelsAStep);
  if (current->depth_ == current->levels_) throw TooMuchWork();
  ++current->depth_;
}

Level::~Level() {
  if (current != nullptr) --current->depth_;
}

}  // namespace gvm::json_schema
