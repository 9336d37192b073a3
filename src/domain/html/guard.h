#pragma once
// The memory of one Gumbo parse, and the counters that bound it. Gumbo is quadratic in the depth of
// open elements, in the attributes of a tag and in what unclosed formatting elements make it
// repeat; which of these a document does is known for certain only while it is parsed, so the
// parser's allocator counts: every token allocates. Over a limit it leaves the parser by longjmp;
// all of the parser's memory is the guard's and goes with it, so nothing has to be unwound or
// destroyed node by node. Used by one thread.
#include <gumbo.h>

#include <array>
#include <atomic>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "html/limits.h"

namespace gvm::html {

enum class Exceeded : std::uint8_t { nothing, depth, nodes, attributes, memory, work, stopped };
std::string_view limit_name(Exceeded exceeded);

class Guard {
 public:
  // `stop` ends the parse when it becomes true; may be null.
  Guard(const Limits& limits, const std::atomic<bool>* stop) : limits_(limits), stop_(stop) {}
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // A null pointer when a limit was exceeded. The tree lives as long as the guard; `input` must,
  // too.
  const GumboOutput* parse(std::string_view input);
  Exceeded exceeded() const { return exceeded_; }
  std::uint64_t work() const { return work_; }

 private:
  // In front of every block.
  struct Header {
    std::uint32_t size_class;  // kHuge: a block of its own
    std::uint32_t depth;       // of a node whose depth is known
    std::uint64_t size;        // asked for
  };
  struct FreeBlock {
    FreeBlock* next;
  };
  static constexpr std::size_t kChunkBytes = 256 * kKiB;  // also their alignment
  static constexpr std::size_t kGrain = 16;
  static constexpr std::size_t kClasses = 256;  // blocks of up to kClasses * kGrain bytes
  static constexpr std::uint32_t kHuge = 0xffffffff;
  static constexpr std::size_t kPending = 8;

  static void* allocate(void* self, std::size_t size);
  static void release(void* self, void* block);
  void* take(std::size_t size);
  Header* carve(std::size_t bytes);
  Header* take_huge(std::size_t size);
  bool owns(const void* block) const;
  void count(std::size_t size);
  void count_attribute();
  void count_node(GumboNode* node);
  std::size_t depth_of(GumboNode* node);
  void settle_pending();
  void watch_root(const GumboNode* node);
  [[noreturn]] void give_up(Exceeded reason);

  Limits limits_;
  const std::atomic<bool>* stop_;
  std::jmp_buf escape_;
  Exceeded exceeded_ = Exceeded::nothing;
  std::array<FreeBlock*, kClasses> free_{};
  std::vector<char*> chunks_;
  std::unordered_set<std::uintptr_t> chunk_set_;
  std::unordered_set<void*> huge_;
  char* next_ = nullptr;
  char* end_ = nullptr;
  std::size_t memory_ = 0;
  std::uint64_t work_ = 0;
  std::size_t nodes_ = 0;
  std::size_t depth_ = 0;  // of the node made last
  std::size_t attributes_since_node_ = 0;
  std::size_t name_bytes_since_node_ = 0;
  bool expecting_name_ = false;
  // Blocks of a node's size whose parent is not known yet. Some are no nodes.
  std::array<GumboNode*, kPending> pending_{};
  std::size_t pending_next_ = 0;
  // <html> and <body>: later tags of these names add attributes to them.
  std::array<const GumboNode*, 2> roots_{};
};

}  // namespace gvm::html
