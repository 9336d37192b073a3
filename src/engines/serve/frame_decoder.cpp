#include "serve/frame_decoder.h"

#include <algorithm>
#include <cstring>

#include "base/size.h"
#include "serve/grow.h"

namespace gvm::serve {
namespace {

constexpr std::size_t kHeaderBytes = 4;
constexpr std::size_t kScratchBytes = 2 * kKiB;  // holds most hellos and prompts whole

std::size_t big_endian(const char* bytes) {
  std::size_t value = 0;
  for (std::size_t i = 0; i < kHeaderBytes; ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i]);
  }
  return value;
}

}  // namespace

std::span<char> FrameDecoder::prepare() {
  const std::size_t missing = in_frame_ ? length_ - filled_ : 0;
  direct_ = missing > kScratchBytes;
  if (direct_) {
    const std::size_t room = std::min(missing, next_room(filled_));
    extend(frame_, filled_, room);
    return {frame_.data() + filled_, room};
  }
  if (scratch_.empty()) scratch_.resize(kScratchBytes);
  if (begin_ > 0) {
    std::memmove(scratch_.data(), scratch_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  return {scratch_.data() + end_, scratch_.size() - end_};
}

void FrameDecoder::commit(std::size_t count) {
  (direct_ ? filled_ : end_) += count;
}

FrameDecoder::Status FrameDecoder::next(std::string& frame) {
  if (too_large_) return Status::too_large;
  if (!in_frame_ && !read_header()) return too_large_ ? Status::too_large : Status::need_more;
  take_from_scratch();
  if (filled_ < length_) return Status::need_more;
  frame_.resize(length_);
  frame = std::move(frame_);
  frame_ = {};
  in_frame_ = false;
  return Status::frame;
}

bool FrameDecoder::read_header() {
  if (end_ - begin_ < kHeaderBytes) return false;
  length_ = big_endian(scratch_.data() + begin_);
  too_large_ = length_ > max_frame_;
  if (too_large_) return false;
  begin_ += kHeaderBytes;
  filled_ = 0;
  in_frame_ = true;
  return true;
}

void FrameDecoder::take_from_scratch() {
  const std::size_t count = std::min(end_ - begin_, length_ - filled_);
  if (count == 0) return;
  if (frame_.size() < filled_ + count) extend(frame_, filled_, count);
  std::memcpy(frame_.data() + filled_, scratch_.data() + begin_, count);
  filled_ += count;
  begin_ += count;
}

}  // namespace gvm::serve
