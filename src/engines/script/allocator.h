#pragma once
// The allocator of one Lua state: counts every byte and refuses what would exceed the cap. Small
// blocks come from size-class free lists in chunks that are dropped together with the state; chunks
// never exceed the cap by themselves.
#include <array>
#include <cstddef>
#include <vector>

namespace gvm::script {

class Allocator {
 public:
  explicit Allocator(std::size_t cap) : cap_(cap) {}
  ~Allocator();
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;

  // The lua_Alloc function; `self` is an Allocator.
  static void* lua_alloc(void* self, void* block, std::size_t old_size, std::size_t new_size);

  std::size_t used() const { return used_; }
  // Counts memory outside Lua. False, and nothing counted, over the cap.
  bool charge(std::size_t bytes);
  void discharge(std::size_t bytes) { used_ -= bytes; }

  // Refuses every growth from now on.
  void close() { closed_ = true; }
  // The state is being destroyed: its small blocks are dropped with their chunks, not one by one.
  void abandon_small_blocks() { abandoned_ = true; }
  // Two refusals in a row: Lua collects garbage after the first and asks again, so the second is
  // final.
  bool exhausted() const { return exhausted_; }

 private:
#ifdef GVM_SANITIZED
  static constexpr bool kPooled =
      false;  // every block is malloc's, so that AddressSanitizer sees it
#else
  static constexpr bool kPooled = true;
#endif
  static constexpr std::size_t kGrain = 16;
  static constexpr std::size_t kLargestSmall = 512;
  static constexpr std::size_t kClasses = kLargestSmall / kGrain;
  static constexpr std::size_t kChunkBytes = 16 * 1024;
  static bool is_small(std::size_t size) { return kPooled && size <= kLargestSmall; }
  struct FreeBlock {
    FreeBlock* next;
  };

  void* allocate(std::size_t size);
  void release(void* block, std::size_t size);
  void* reallocate(void* block, std::size_t old_size, std::size_t new_size);
  void* refill(std::size_t size_class);
  bool admit(std::size_t growth);
  void note_refusal();

  std::size_t cap_;
  std::size_t used_ = 0;
  std::size_t chunk_bytes_ = 0;
  bool closed_ = false;
  bool refused_ = false;
  bool exhausted_ = false;
  bool abandoned_ = false;
  std::array<FreeBlock*, kClasses> free_{};
  char* chunk_next_ = nullptr;
  char* chunk_end_ = nullptr;
  std::vector<void*> chunks_;
};

}  // namespace gvm::script
