#pragma once
// The allocator of one Lua state: counts every byte and refuses what would exceed the cap. Small
// blocks come from size-class free lists in chunks that are dropped together with the state; chunks
// never exceed the cap by themselves. Large blocks and most chunks are mappings of their own, which
// the system has back at once: a state that was big leaves nothing behind.
#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_set>
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
  std::size_t peak() const { return peak_; }
  std::size_t left() const { return cap_ - used_; }
  // Counts memory outside Lua. False, and nothing counted, over the cap.
  bool charge(std::size_t bytes);
  void discharge(std::size_t bytes) { used_ -= bytes; }

  // Bytes of the longest string and of the largest other block (a table's array, a stack) that are
  // alive, to a power of two; 0 below kLarge. One instruction of Lua may read all of it.
  std::size_t longest_string() const { return largest_of(strings_by_size_); }
  std::size_t largest_block() const { return largest_of(blocks_by_size_); }
  // Told of every large block before Lua gets it. `function` must not allocate from this.
  struct Watcher {
    void (*function)(void* context, std::size_t bytes);
    void* context;
  };
  void watch(Watcher watcher) { watcher_ = watcher; }

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
  static constexpr std::size_t kChunkBytes = 16 * 1024;  // of the first chunks
  static constexpr std::size_t kLargeChunkBytes = 256 * 1024;
  static constexpr std::size_t kLarge = 16 * 1024;
  static constexpr std::size_t kMapped = 1024 * 1024;  // blocks of this size are mappings
  static bool is_small(std::size_t size) { return kPooled && size <= kLargestSmall; }
  static bool is_mapped(std::size_t size) { return kPooled && size >= kMapped; }
  struct FreeBlock {
    FreeBlock* next;
  };

  using BySize = std::array<std::uint32_t, 64>;  // by the number of bits of the size
  static std::size_t largest_of(const BySize& counts);

  void* change(void* block, std::size_t old_size, std::size_t new_size);
  void note_large(void* block, std::size_t size, bool is_string);
  void forget_large(void* block, std::size_t size);
  void* allocate(std::size_t size);
  void release(void* block, std::size_t size);
  void* reallocate(void* block, std::size_t old_size, std::size_t new_size);
  void* refill(std::size_t size_class);
  bool admit(std::size_t growth);
  void note_refusal();

  std::size_t cap_;
  std::size_t used_ = 0;
  std::size_t peak_ = 0;
  std::size_t chunk_bytes_ = 0;
  bool closed_ = false;
  bool refused_ = false;
  bool exhausted_ = false;
  bool abandoned_ = false;
  std::array<FreeBlock*, kClasses> free_{};
  char* chunk_next_ = nullptr;
  char* chunk_end_ = nullptr;
  std::vector<void*> chunks_;        // malloc's
  std::vector<void*> large_chunks_;  // mappings of kLargeChunkBytes
  BySize strings_by_size_{};
  BySize blocks_by_size_{};
  std::unordered_set<const void*> large_strings_;
  Watcher watcher_{};
};

}  // namespace gvm::script
