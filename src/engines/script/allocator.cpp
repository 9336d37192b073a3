#include "script/allocator.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace gvm::script {

namespace {

constexpr std::size_t class_of(std::size_t size, std::size_t grain) {
  return (size - 1) / grain;
}

}  // namespace

Allocator::~Allocator() {
  for (void* chunk : chunks_) std::free(chunk);
}

bool Allocator::admit(std::size_t growth) {
  if (!closed_ && growth <= cap_ && used_ <= cap_ - growth) {
    refused_ = false;
    return true;
  }
  note_refusal();
  return false;
}

void Allocator::note_refusal() {
  exhausted_ = exhausted_ || refused_;
  refused_ = true;
}

bool Allocator::charge(std::size_t bytes) {
  if (closed_ || bytes > cap_ || used_ > cap_ - bytes) return false;
  used_ += bytes;
  return true;
}

void* Allocator::refill(std::size_t size_class) {
  const std::size_t block = (size_class + 1) * kGrain;
  if (static_cast<std::size_t>(chunk_end_ - chunk_next_) < block) {
    // The rest of the old chunk is lost: at most kLargestSmall of kChunkBytes.
    // Blocks freed in one size class do not serve another: without this bound a script could hold
    // the cap once a class.
    if (chunk_bytes_ + kChunkBytes > cap_ + kChunkBytes) return note_refusal(), nullptr;
    auto* chunk = static_cast<char*>(std::malloc(kChunkBytes));
    if (chunk == nullptr) return nullptr;
    chunks_.push_back(chunk);
    chunk_bytes_ += kChunkBytes;
    chunk_next_ = chunk;
    chunk_end_ = chunk + kChunkBytes;
  }
  void* result = chunk_next_;
  chunk_next_ += block;
  return result;
}

void* Allocator::allocate(std::size_t size) {
  if (!is_small(size)) return std::malloc(size);
  const std::size_t size_class = class_of(size, kGrain);
  FreeBlock* block = free_[size_class];
  if (block == nullptr) return refill(size_class);
  free_[size_class] = block->next;
  return block;
}

void Allocator::release(void* block, std::size_t size) {
  if (!is_small(size)) return std::free(block);
  if (abandoned_) return;
  auto* free_block = static_cast<FreeBlock*>(block);
  const std::size_t size_class = class_of(size, kGrain);
  free_block->next = free_[size_class];
  free_[size_class] = free_block;
}

void* Allocator::reallocate(void* block, std::size_t old_size, std::size_t new_size) {
  if (!is_small(old_size) && !is_small(new_size)) return std::realloc(block, new_size);
  if (is_small(old_size) && is_small(new_size) &&
      class_of(old_size, kGrain) == class_of(new_size, kGrain)) {
    return block;
  }
  void* moved = allocate(new_size);
  // Lua relies on shrinking never failing; a block that stays where it is would change its class.
  if (moved == nullptr) return nullptr;
  std::memcpy(moved, block, std::min(old_size, new_size));
  release(block, old_size);
  return moved;
}

void* Allocator::lua_alloc(void* self, void* block, std::size_t old_size, std::size_t new_size) {
  auto& a = *static_cast<Allocator*>(self);
  if (block == nullptr) old_size = 0;  // Lua passes a type tag there
  if (new_size == 0) {
    if (block != nullptr) a.release(block, old_size);
    a.used_ -= old_size;
    return nullptr;
  }
  if (new_size > old_size && !a.admit(new_size - old_size)) return nullptr;
  void* result = block == nullptr ? a.allocate(new_size) : a.reallocate(block, old_size, new_size);
  if (result != nullptr) a.used_ = a.used_ - old_size + new_size;
  return result;
}

}  // namespace gvm::script
