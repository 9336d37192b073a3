#pragma once
// Takes the length-prefixed framing apart (wire.md, "A second framing"): a 4-byte big-endian
// length, then that many bytes. Pure: no I/O. Large frames are read straight into the string that
// becomes the message. Memory follows the bytes that came, never an announced length.
#include <cstddef>
#include <span>
#include <string>

namespace gvm::serve {

class FrameDecoder {
 public:
  enum class Status { need_more, frame, too_large };

  explicit FrameDecoder(std::size_t max_frame_bytes) : max_frame_(max_frame_bytes) {}

  // Room for the next bytes of the stream, never empty; valid until commit(). Call it after next()
  // said need_more.
  std::span<char> prepare();
  // `count` bytes of what prepare() gave are filled.
  void commit(std::size_t count);
  // Takes the next whole frame. too_large is final.
  Status next(std::string& frame);

  // Part of a frame is here and the rest is not.
  bool mid_frame() const { return in_frame_ || begin_ != end_; }

 private:
  bool read_header();
  void take_from_scratch();

  std::size_t max_frame_;
  std::string scratch_;    // small reads: headers and small frames
  std::size_t begin_ = 0;  // unread part of scratch_
  std::size_t end_ = 0;
  std::string frame_;
  std::size_t filled_ = 0;  // of frame_
  std::size_t length_ = 0;  // announced
  bool in_frame_ = false;
  bool direct_ = false;  // prepare() gave room in frame_
  bool too_large_ = false;
};

}  // namespace gvm::serve
