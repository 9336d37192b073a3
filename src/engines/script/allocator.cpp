#include "script/allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

namespace gvm::script {

namespace {

constexpr std::size_t class_of(std::size_t size, std::size_t grain) {
  return (size - 1) / grain;
}

constexpr int kStringTag = 4;  // LUA_TSTRING: what Lua passes for a new string in place of a size

void* map(std::size_t size) {
  void* block = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return block == MAP_FAILED ? nullptr : block;
}

}  // namespace

Allocator::~Allocator() {
  for (void* chunk : chunks_) std::free(chunk);
  for (void* chunk : large_chunks_) munmap(chunk, kLargeChunkBytes);
}

std::size_t Allocator::largest_of(const BySize& counts) {
  for (std::size_t bits = counts.size(); bits-- > 0;) {
    if (counts[bits] != 0) return std::size_t{1} << bits;
  }
  return 0;
}

void Allocator::note_large(void* block, std::size_t size, bool is_string) {
  if (is_string) large_strings_.insert(block);
  ++(is_string ? strings_by_size_ : blocks_by_size_)[std::bit_width(size)];
  if (watcher_.function != nullptr) watcher_.function(watcher_.context, size);
}

void Allocator::forget_large(void* block, std::size_t size) {
  const bool was_string = large_strings_.erase(block) != 0;
  --(was_string ? strings_by_size_ : blocks_by_size_)[std::bit_width(size)];
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
  peak_ = std::max(peak_, used_);
  return true;
}

void* Allocator::refill(std::size_t size_class) {
  const std::size_t block = (size_class + 1) * kGrain;
  if (static_cast<std::size_t>(chunk_end_ - chunk_next_) < block) {
    // The rest of the old chunk is lost: at most kLargestSmall of kChunkBytes.
    // Blocks freed in one size class do not serve another: without this bound a script could hold
    // the cap once a class.
    if (chunk_bytes_ > cap_) return note_refusal(), nullptr;
    // A small state has small chunks; a big one has mappings.
    const bool large = chunk_bytes_ >= kLargeChunkBytes;
    const std::size_t bytes = large ? kLargeChunkBytes : kChunkBytes;
    auto* chunk = static_cast<char*>(large ? map(bytes) : std::malloc(bytes));
    if (chunk == nullptr) return nullptr;
    (large ? large_chunks_ : chunks_).push_back(chunk);
    chunk_bytes_ += bytes;
    chunk_next_ = chunk;
    chunk_end_ = chunk + bytes;
  }
  void* result = chunk_next_;
  chunk_next_ += block;
  return result;
}

void* Allocator::allocate(std::size_t size) {
  if (is_mapped(size)) return map(size);
  if (!is_small(size)) return std::malloc(size);
  const std::size_t size_class = class_of(size, kGrain);
  FreeBlock* block = free_[size_class];
  if (block == nullptr) return refill(size_class);
  free_[size_class] = block->next;
  return block;
}

void Allocator::release(void* block, std::size_t size) {
  if (is_mapped(size)) return static_cast<void>(munmap(block, size));
  if (!is_small(size)) return std::free(block);
  if (abandoned_) return;
  auto* free_block = static_cast<FreeBlock*>(block);
  const std::size_t size_class = class_of(size, kGrain);
  free_block->next = free_[size_class];
  free_[size_class] = free_block;
}

void* Allocator::reallocate(void* block, std::size_t old_size, std::size_t new_size) {
  if (is_mapped(old_size) && is_mapped(new_size)) {
    void* moved = mremap(block, old_size, new_size, MREMAP_MAYMOVE);
    return moved == MAP_FAILED ? nullptr : moved;
  }
  const bool is_malloced = !is_small(old_size) && !is_mapped(old_size);
  if (is_malloced && !is_small(new_size) && !is_mapped(new_size)) {
    return std::realloc(block, new_size);
  }
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
  const bool is_string = block == nullptr && old_size == kStringTag;
  if (block == nullptr) old_size = 0;  // Lua passes a type tag there
  if (old_size < kLarge && new_size < kLarge) return a.change(block, old_size, new_size);
  void* result = a.change(block, old_size, new_size);
  if (result == nullptr && new_size != 0) return nullptr;  // the block is as it was
  if (old_size >= kLarge) a.forget_large(block, old_size);
  if (new_size >= kLarge) a.note_large(result, new_size, is_string);
  return result;
}

void* Allocator::change(void* block, std::size_t old_size, std::size_t new_size) {
  if (new_size == 0) {
    if (block != nullptr) release(block, old_size);
    used_ -= old_size;
    return nullptr;
  }
  if (new_size > old_size && !admit(new_size - old_size)) return nullptr;
  void* result = block == nullptr ? allocate(new_size) : reallocate(block, old_size, new_size);
  if (result == nullptr) return nullptr;
  used_ = used_ - old_size + new_size;
  peak_ = std::max(peak_, used_);
  return result;
}

}  // namespace gvm::script
