#pragma once
// The allocator of one Lua state: counts every byte and refuses what would exceed the cap. Small
// blocks come from size-class free lists in chunks that are dropped together with the state; chunks
// never exceed the cap by themselves. Large blocks and most chunks are mappings of their own, which
// return to the system when they are freed: a state that was big leaves nothing behind.
//
// Until seal() all memory comes from segments in which nothing moves or is freed. seal() copies
// them; rewind() copies them back and drops everything newer. So a Lua state becomes again, byte by
// byte, what it was at seal(), for the price of a copy.
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <unordered_set>
#include <vector>

namespace gvm::script {

class Allocator {
 public:
  // Of allocators made from now on. False: every block is malloc's, so that AddressSanitizer sees
  // it. A test may try the other way.
#ifdef GVM_SANITIZED
  static inline bool pools_by_default = false;
#else
  static inline bool pools_by_default = true;
#endif

  explicit Allocator(std::size_t cap);
  ~Allocator();
  Allocator(const Allocator&) = delete;
  Allocator& operator=(const Allocator&) = delete;

  // The lua_Alloc function; `self` is an Allocator.
  static void* lua_alloc(void* self, void* block, std::size_t old_size, std::size_t new_size);

  std::size_t used() const { return books_.used; }
  std::size_t peak() const { return books_.peak; }
  std::size_t left() const { return cap_ - books_.used; }
  // Counts memory outside Lua. False, and nothing counted, over the cap.
  bool charge(std::size_t bytes);
  void discharge(std::size_t bytes) { books_.used -= bytes; }

  // Bytes of the longest string and of the largest other block (a table's array, a stack) that are
  // alive, to a power of two; 0 below kLarge. One instruction of Lua may read all of it.
  std::size_t longest_string() const { return largest_of(books_.strings_by_size); }
  std::size_t largest_block() const { return largest_of(books_.blocks_by_size); }
  // Told of every large block before Lua gets it. `function` must not allocate from this.
  struct Watcher {
    void (*function)(void* context, std::size_t bytes);
    void* context;
  };
  void watch(Watcher watcher) { watcher_ = watcher; }

  // Nothing is refused until rewind(), after close() either: for finalizers.
  void lift_cap() {
    cap_ = std::numeric_limits<std::size_t>::max();
    books_.closed = false;
  }
  // Refuses every growth from now on.
  void close() { books_.closed = true; }
  // The state is being destroyed: its small blocks are dropped with their chunks, not one by one.
  void abandon_small_blocks() { books_.abandoned = true; }
  // Two refusals in a row: Lua collects garbage after the first and asks again, so the second is
  // final.
  bool exhausted() const { return books_.exhausted; }

  // Ends the set-up and takes the copy. False when there is too much memory for it; then rewind()
  // must not be called.
  bool seal();
  // Ends the set-up without a copy.
  void end_set_up() { in_set_up_ = false; }
  bool is_sealed() const { return image_ != nullptr; }
  // Everything newer is dropped: after lua_close(), or without it when nothing has a finalizer.
  void rewind();
  // Whether rewind() can drop what is alive, so that lua_close() need not walk over it.
  bool can_drop_all() const { return pooled_ && mapped_blocks_ == 0; }

 private:
  static constexpr std::size_t kGrain = 16;
  static constexpr std::size_t kLargestSmall = 512;
  static constexpr std::size_t kClasses = kLargestSmall / kGrain;
  static constexpr std::size_t kChunkBytes = 16 * 1024;  // of the first chunks
  static constexpr std::size_t kLargeChunkBytes = 256 * 1024;
  static constexpr std::size_t kLarge = 16 * 1024;
  static constexpr std::size_t kMapped = 1024 * 1024;  // blocks of this size are mappings
  static constexpr std::size_t kSegmentBytes = 128 * 1024;
  static constexpr std::size_t kMostSegmentBytes = 512 * 1024;  // of a state that is worth a copy
  bool is_small(std::size_t size) const { return pooled_ && size <= kLargestSmall; }
  bool is_mapped(std::size_t size) const { return pooled_ && size >= kMapped; }
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

  // What seal() keeps beside the segments.
  struct Books {
    std::size_t used = 0;
    std::size_t peak = 0;
    std::size_t chunk_bytes = 0;
    bool closed = false;
    bool refused = false;
    bool exhausted = false;
    bool abandoned = false;
    std::array<FreeBlock*, kClasses> free{};
    char* chunk_next = nullptr;
    char* chunk_end = nullptr;
    BySize strings_by_size{};
    BySize blocks_by_size{};
    std::unordered_set<const void*> large_strings;
  };
  // Before every block of malloc's, so that all of them can be freed without Lua.
  struct alignas(kGrain) Link {
    Link* previous;
    Link* next;
  };
  struct Segment {
    char* begin;
    std::size_t used;
    std::size_t size;
  };
  struct Image;

  bool is_in_segment(const void* block) const;
  void* take_from_segment(std::size_t size);
  char* take_chunk(std::size_t bytes);
  void* allocate_medium(std::size_t size);
  void* allocate_linked(std::size_t size);
  void release_linked(void* block);
  void* reallocate_linked(void* block, std::size_t size);
  void drop_newer();

  const bool pooled_ = pools_by_default;
  const std::size_t own_cap_;
  std::size_t cap_ = own_cap_;
  Books books_;
  std::vector<void*> chunks_;        // malloc's
  std::vector<void*> large_chunks_;  // mappings of kLargeChunkBytes
  std::vector<Segment> segments_;
  std::size_t segment_bytes_ = 0;
  Link linked_{&linked_, &linked_};  // a ring
  std::size_t mapped_blocks_ = 0;
  bool in_set_up_ = true;  // until seal(), or until the segments are too large for it
  std::unique_ptr<Image> image_;
  Watcher watcher_{};
};

}  // namespace gvm::script
