#pragma once
// One open file of an operator's script: buffered, bounded, one position for reading and writing.
// Used by one thread at a time. What may wait for a disk says so: with Wait::never it does only
// what needs no disk, and answers would_block when that is nothing.
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "base/fd.h"
#include "base/size.h"
#include "files/mode.h"

namespace gvm::files {

struct Limits {
  std::size_t file_bytes = 64 * kMiB;  // a file that a script writes
  std::size_t read_bytes = 16 * kMiB;  // what one call reads: a line, or all there is
  std::size_t buffer_bytes = 64 * kKiB;
};

enum class Wait { never, possible };
enum class Outcome { done, would_block, failed };
enum class Whence { set, current, end };

class File {
 public:
  File(Fd descriptor, Mode mode, Limits limits = {});

  const Mode& mode() const { return mode_; }
  const Limits& limits() const { return limits_; }
  bool closed() const { return !descriptor_; }
  // errno of the last call that failed, told once; 0: none did.
  int take_error() { return std::exchange(error_, 0); }
  // Of both buffers.
  std::size_t memory_bytes() const { return input_.capacity() + output_.capacity(); }

  // What has been read ahead, and whether the file ends after it.
  std::string_view unread() const { return std::string_view(input_).substr(taken_); }
  bool at_end() const { return at_end_; }
  void take(std::size_t bytes);
  // Bytes of the file that have not been read ahead, as it is now.
  std::size_t left() const;
  // Reads until `bytes` are unread, or the file ends. Needs output() to be empty.
  Outcome fill(std::size_t bytes, Wait wait);

  // What was written and is not in the file yet.
  std::string_view output() const { return output_; }
  // Takes `text` to be written at the position. EFBIG beyond file_bytes, EBADF when the file was
  // opened for reading only.
  Outcome put(std::string_view text);
  Outcome flush();
  // The new position, from the start of the file; negative: failed. Needs output() to be empty.
  std::int64_t seek(Whence whence, std::int64_t offset);

  // Writes what is left, and gives the descriptor back in any case.
  Outcome close();

 private:
  Outcome fail(int error);
  void forget_input();

  Fd descriptor_;
  Mode mode_;
  Limits limits_;
  std::string input_;
  std::size_t taken_ = 0;  // of input_
  bool at_end_ = false;
  std::string output_;
  std::int64_t offset_ = 0;  // in the file, behind input_ and before output_
  int error_ = 0;
};

}  // namespace gvm::files
