#include "html/guard.h"

#include <bit>
#include <cstdlib>
#include <cstring>

namespace gvm::html {

namespace {

// Steps of a few nanoseconds' work. An allocation belongs to a token, for which the parser looks
// through the open elements now and then.
constexpr std::uint64_t kStepsPerAllocation = 8;
constexpr std::uint64_t kElementsPerStep = 4;
// For each character of text it looks through them up to the innermost formatting element.
constexpr std::uint64_t kCharacterElementsPerStep = 12;
constexpr std::uint64_t kBytesPerStep = 4;  // copied, cleared

// Gumbo's text buffers start with 10 bytes and double; nothing else of it has these sizes.
bool is_text_buffer(std::size_t size) {
  constexpr std::size_t kFirst = 10;
  return size % kFirst == 0 && std::has_single_bit(size / kFirst);
}

// Blocks of a node's size may be something else: no enum is read from them.
int number_at(const void* field) {
  int number = 0;
  std::memcpy(&number, field, sizeof number);
  return number;
}

}  // namespace

std::string_view limit_name(Exceeded exceeded) {
  switch (exceeded) {
    case Exceeded::nothing:
      return "nothing";
    case Exceeded::depth:
      return "depth";
    case Exceeded::nodes:
      return "nodes";
    case Exceeded::attributes:
      return "attributes";
    case Exceeded::memory:
      return "memory_bytes";
    case Exceeded::work:
      return "work";
    case Exceeded::stopped:
      return "stopped";
  }
  return "nothing";
}

Guard::~Guard() {
  for (char* chunk : chunks_) std::free(chunk);
  for (void* block : huge_) std::free(block);
}

const GumboOutput* Guard::parse(std::string_view input) {
  GumboOptions options = kGumboDefaultOptions;
  options.allocator = &Guard::allocate;
  options.deallocator = &Guard::release;
  options.userdata = this;
  // Errors are recorded, although nobody reads them: without it Gumbo 0.10.1 joins the name of a
  // repeated attribute with the name after it.
  options.max_errors = -1;
  if (setjmp(escape_) != 0) return nullptr;  // NOLINT(cert-err52-cpp): C frames only
  return gumbo_parse_with_options(&options, input.data(), input.size());
}

// Only frames of Gumbo and of this class are left, which hold nothing to destroy.
void Guard::give_up(Exceeded reason) {
  exceeded_ = reason;
  std::longjmp(escape_, 1);  // NOLINT(cert-err52-cpp)
}

void* Guard::allocate(void* self, std::size_t size) {
  return static_cast<Guard*>(self)->take(size);
}

void Guard::release(void* self, void* block) {
  if (block == nullptr) return;
  auto& guard = *static_cast<Guard*>(self);
  Header* header = static_cast<Header*>(block) - 1;
  if (header->size_class == kHuge) {
    guard.memory_ -= header->size;
    guard.huge_.erase(header);
    return std::free(header);
  }
  // <frameset> destroys the body.
  for (const GumboNode*& root : guard.roots_) {
    if (root == block) root = nullptr;
  }
  auto* free_block = static_cast<FreeBlock*>(block);
  free_block->next = guard.free_[header->size_class];
  guard.free_[header->size_class] = free_block;
}

void* Guard::take(std::size_t size) {
  count(size);
  const std::size_t size_class = size == 0 ? 0 : (size - 1) / kGrain;
  if (size_class >= kClasses) return take_huge(size) + 1;
  Header* header = nullptr;
  if (FreeBlock* block = free_[size_class]) {
    free_[size_class] = block->next;
    header = reinterpret_cast<Header*>(block) - 1;
  } else {
    header = carve(sizeof(Header) + (size_class + 1) * kGrain);
  }
  *header = {static_cast<std::uint32_t>(size_class), 0, size};
  void* const block = header + 1;
  if (size == sizeof(GumboNode)) {
    std::memset(block, 0, size);
    count_node(static_cast<GumboNode*>(block));
  }
  return block;
}

Guard::Header* Guard::carve(std::size_t bytes) {
  if (static_cast<std::size_t>(end_ - next_) < bytes) {
    if (memory_ + kChunkBytes > limits_.memory_bytes) give_up(Exceeded::memory);
    next_ = static_cast<char*>(std::aligned_alloc(kChunkBytes, kChunkBytes));
    if (next_ == nullptr) give_up(Exceeded::memory);
    end_ = next_ + kChunkBytes;
    memory_ += kChunkBytes;
    chunks_.push_back(next_);
    chunk_set_.insert(reinterpret_cast<std::uintptr_t>(next_));
  }
  auto* header = reinterpret_cast<Header*>(next_);
  next_ += bytes;
  return header;
}

Guard::Header* Guard::take_huge(std::size_t size) {
  if (size > limits_.memory_bytes || memory_ > limits_.memory_bytes - size) {
    give_up(Exceeded::memory);
  }
  auto* header = static_cast<Header*>(std::malloc(sizeof(Header) + size));
  if (header == nullptr) give_up(Exceeded::memory);
  *header = {kHuge, 0, size};
  huge_.insert(header);
  memory_ += size;
  return header;
}

bool Guard::owns(const void* block) const {
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  // Behind a header: no block starts with its chunk.
  const bool may_start = address % kGrain == 0 && address % kChunkBytes >= sizeof(Header);
  return may_start && chunk_set_.contains(address & ~(kChunkBytes - 1));
}

void Guard::count(std::size_t size) {
  work_ += kStepsPerAllocation + depth_ / kElementsPerStep + size / kBytesPerStep +
           attributes_since_node_ + name_bytes_since_node_ / 16;
  if (is_text_buffer(size)) work_ += size * depth_ / kCharacterElementsPerStep;
  if (work_ > limits_.work) give_up(Exceeded::work);
  if (stop_ != nullptr && stop_->load(std::memory_order_relaxed)) give_up(Exceeded::stopped);
  if (expecting_name_) {
    expecting_name_ = false;
    name_bytes_since_node_ += size;
  }
  if (size == sizeof(GumboAttribute)) count_attribute();
}

void Guard::count_attribute() {
  expecting_name_ = true;  // Gumbo copies it next
  if (++attributes_since_node_ > limits_.attributes) give_up(Exceeded::attributes);
  for (const GumboNode* root : roots_) {
    if (root != nullptr && root->v.element.attributes.length > limits_.attributes) {
      give_up(Exceeded::attributes);
    }
  }
}

void Guard::count_node(GumboNode* node) {
  settle_pending();
  pending_[pending_next_++ % kPending] = node;
  attributes_since_node_ = 0;
  name_bytes_since_node_ = 0;
  if (++nodes_ > limits_.nodes) give_up(Exceeded::nodes);
}

void Guard::settle_pending() {
  for (GumboNode*& node : pending_) {
    if (node == nullptr || node->parent == nullptr) continue;
    if (const std::size_t depth = depth_of(node); depth != 0) {
      depth_ = depth;
      if (depth > limits_.depth) give_up(Exceeded::depth);
      watch_root(node);
    }
    node = nullptr;
  }
}

// From the nearest ancestor whose depth is known; each node is passed once. Blocks of a node's size
// that are none (vectors, texts) lead nowhere or to a node.
std::size_t Guard::depth_of(GumboNode* node) {
  constexpr std::size_t kFarthest = 4096;
  std::size_t above = 0;
  std::size_t known = 0;
  const GumboNode* at = node;
  while (at->parent != nullptr && known == 0 && above < kFarthest) {
    at = at->parent;
    if (!owns(at)) return 0;
    ++above;
    known = (reinterpret_cast<const Header*>(at) - 1)->depth;
  }
  if (known == 0 && number_at(&at->type) != GUMBO_NODE_DOCUMENT) return 0;  // in no tree yet
  const std::size_t depth = known + above;
  (reinterpret_cast<Header*>(node) - 1)->depth = static_cast<std::uint32_t>(depth);
  return depth;
}

void Guard::watch_root(const GumboNode* node) {
  if (number_at(&node->type) != GUMBO_NODE_ELEMENT) return;
  const int tag = number_at(&node->v.element.tag);
  if (tag == GUMBO_TAG_HTML && roots_[0] == nullptr) roots_[0] = node;
  if (tag == GUMBO_TAG_BODY && roots_[1] == nullptr) roots_[1] = node;
}

}  // namespace gvm::html
