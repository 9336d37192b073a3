#include "script/allocator.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace gvm::script {

namespace {

constexpr std::size_t class_of(std::size_t size, std::size_t grain) {
  return (size - 1) / grain;
}

constexpr int kStringTag = 4;  // LUA_TSTRING: what Lua passes for a new string in place of a size

void* map(std::size_t size, int flags = 0) {
  void* block =
      mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
  return block == MAP_FAILED ? nullptr : block;
}

// Lua writes all of a large block at once. Its pages come together, which takes three quarters of
// the time that they take one by one.
void* map_whole(std::size_t size) {
  return map(size, MAP_POPULATE);
}

}  // namespace

struct Allocator::Image {
  Books books;
  std::vector<Segment> segments;
  std::unique_ptr<char[]> bytes;
};

Allocator::Allocator(std::size_t cap) : own_cap_(cap) {}

Allocator::~Allocator() {
  drop_newer();
  for (const Segment& segment : segments_) std::free(segment.begin);
}

void Allocator::drop_newer() {
  while (linked_.next != &linked_) release_linked(linked_.next + 1);
  for (void* chunk : chunks_) std::free(chunk);
  for (void* chunk : large_chunks_) munmap(chunk, kLargeChunkBytes);
  chunks_.clear();
  large_chunks_.clear();
}

bool Allocator::is_in_segment(const void* block) const {
  const auto* at = static_cast<const char*>(block);
  return std::ranges::any_of(segments_, [at](const Segment& segment) {
    return at >= segment.begin && at < segment.begin + segment.size;
  });
}

// A null pointer when the state is too large for a copy, or memory is short.
void* Allocator::take_from_segment(std::size_t size) {
  size = (size + kGrain - 1) / kGrain * kGrain;
  if (segments_.empty() || segments_.back().size - segments_.back().used < size) {
    const std::size_t bytes = std::max(size, kSegmentBytes);
    if (segment_bytes_ + bytes > kMostSegmentBytes) return nullptr;
    auto* begin = static_cast<char*>(std::malloc(bytes));
    if (begin == nullptr) return nullptr;
    segments_.push_back({begin, 0, bytes});
    segment_bytes_ += bytes;
  }
  Segment& segment = segments_.back();
  return segment.begin + std::exchange(segment.used, segment.used + size);
}

bool Allocator::seal() {
  if (!in_set_up_) return false;
  auto image = std::make_unique<Image>();
  image->segments = segments_;
  std::size_t bytes = 0;
  for (const Segment& segment : segments_) bytes += segment.used;
  image->bytes = std::make_unique_for_overwrite<char[]>(bytes);
  char* to = image->bytes.get();
  for (const Segment& segment : segments_) to = std::copy_n(segment.begin, segment.used, to);
  image->books = books_;
  image_ = std::move(image);
  in_set_up_ = false;
  return true;
}

void Allocator::rewind() {
  drop_newer();
  const char* from = image_->bytes.get();
  for (const Segment& segment : image_->segments) {
    std::memcpy(segment.begin, from, segment.used);
    from += segment.used;
  }
  books_ = image_->books;
  cap_ = own_cap_;
}

std::size_t Allocator::largest_of(const BySize& counts) {
  for (std::size_t bits = counts.size(); bits-- > 0;) {
    if (counts[bits] != 0) return std::size_t{1} << bits;
  }
  return 0;
}

void Allocator::note_large(void* block, std::size_t size, bool is_string) {
  if (is_string) books_.large_strings.insert(block);
  ++(is_string ? books_.strings_by_size : books_.blocks_by_size)[std::bit_width(size)];
  if (watcher_.function != nullptr) watcher_.function(watcher_.context, size);
}

void Allocator::forget_large(void* block, std::size_t size) {
  const bool was_string = books_.large_strings.erase(block) != 0;
  --(was_string ? books_.strings_by_size : books_.blocks_by_size)[std::bit_width(size)];
}

bool Allocator::admit(std::size_t growth) {
  if (!books_.closed && growth <= cap_ && books_.used <= cap_ - growth) {
    books_.refused = false;
    return true;
  }
  note_refusal();
  return false;
}

void Allocator::note_refusal() {
  books_.exhausted = books_.exhausted || books_.refused;
  books_.refused = true;
}

bool Allocator::charge(std::size_t bytes) {
  if (books_.closed || bytes > cap_ || books_.used > cap_ - bytes) return false;
  books_.used += bytes;
  books_.peak = std::max(books_.peak, books_.used);
  return true;
}

char* Allocator::take_chunk(std::size_t bytes) {
  if (in_set_up_) {
    if (void* chunk = take_from_segment(bytes)) return static_cast<char*>(chunk);
    in_set_up_ = false;
  }
  const bool large = bytes == kLargeChunkBytes;
  auto* chunk = static_cast<char*>(large ? map(bytes) : std::malloc(bytes));
  if (chunk != nullptr) (large ? large_chunks_ : chunks_).push_back(chunk);
  return chunk;
}

void* Allocator::allocate_medium(std::size_t size) {
  if (in_set_up_) {
    if (void* block = take_from_segment(size)) return block;
    in_set_up_ = false;
  }
  return allocate_linked(size);
}

void* Allocator::allocate_linked(std::size_t size) {
  if (!pooled_) return std::malloc(size);
  auto* link = static_cast<Link*>(std::malloc(sizeof(Link) + size));
  if (link == nullptr) return nullptr;
  *link = {linked_.previous, &linked_};
  linked_.previous->next = link;
  linked_.previous = link;
  return link + 1;
}

void Allocator::release_linked(void* block) {
  if (!pooled_) return std::free(block);
  Link* link = static_cast<Link*>(block) - 1;
  link->previous->next = link->next;
  link->next->previous = link->previous;
  std::free(link);
}

void* Allocator::reallocate_linked(void* block, std::size_t size) {
  if (!pooled_) return std::realloc(block, size);
  auto* link = static_cast<Link*>(std::realloc(static_cast<Link*>(block) - 1, sizeof(Link) + size));
  if (link == nullptr) return nullptr;
  link->previous->next = link;
  link->next->previous = link;
  return link + 1;
}

void* Allocator::refill(std::size_t size_class) {
  const std::size_t block = (size_class + 1) * kGrain;
  if (static_cast<std::size_t>(books_.chunk_end - books_.chunk_next) < block) {
    // The rest of the old chunk is lost: at most kLargestSmall of kChunkBytes.
    // Blocks freed in one size class do not serve another: without this bound a script could hold
    // the cap once a class.
    if (books_.chunk_bytes > cap_) return note_refusal(), nullptr;
    // A small state has small chunks; a big one has mappings.
    const bool large = books_.chunk_bytes >= kLargeChunkBytes;
    const std::size_t bytes = large ? kLargeChunkBytes : kChunkBytes;
    char* chunk = take_chunk(bytes);
    if (chunk == nullptr) return nullptr;
    books_.chunk_bytes += bytes;
    books_.chunk_next = chunk;
    books_.chunk_end = chunk + bytes;
  }
  void* result = books_.chunk_next;
  books_.chunk_next += block;
  return result;
}

void* Allocator::allocate(std::size_t size) {
  if (is_mapped(size)) {
    in_set_up_ = false;
    void* block = map_whole(size);
    if (block != nullptr) ++mapped_blocks_;
    return block;
  }
  if (!is_small(size)) return allocate_medium(size);
  const std::size_t size_class = class_of(size, kGrain);
  FreeBlock* block = books_.free[size_class];
  if (block == nullptr) return refill(size_class);
  books_.free[size_class] = block->next;
  return block;
}

void Allocator::release(void* block, std::size_t size) {
  if (is_mapped(size)) {
    --mapped_blocks_;
    munmap(block, size);
    return;
  }
  if (!is_small(size)) {
    if (!is_in_segment(block)) release_linked(block);
    return;
  }
  if (books_.abandoned) return;
  auto* free_block = static_cast<FreeBlock*>(block);
  const std::size_t size_class = class_of(size, kGrain);
  free_block->next = books_.free[size_class];
  books_.free[size_class] = free_block;
}

void* Allocator::reallocate(void* block, std::size_t old_size, std::size_t new_size) {
  if (is_mapped(old_size) && is_mapped(new_size)) {
    void* moved = mremap(block, old_size, new_size, MREMAP_MAYMOVE);
    return moved == MAP_FAILED ? nullptr : moved;
  }
  const bool is_malloced = !is_small(old_size) && !is_mapped(old_size) && !is_in_segment(block);
  if (is_malloced && !is_small(new_size) && !is_mapped(new_size)) {
    return reallocate_linked(block, new_size);
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
    books_.used -= old_size;
    return nullptr;
  }
  if (new_size > old_size && !admit(new_size - old_size)) return nullptr;
  void* result = block == nullptr ? allocate(new_size) : reallocate(block, old_size, new_size);
  if (result == nullptr) return nullptr;
  books_.used = books_.used - old_size + new_size;
  books_.peak = std::max(books_.peak, books_.used);
  return result;
}

}  // namespace gvm::script
