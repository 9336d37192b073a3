#pragma once
// A decoded picture in memory: grey or RGB, 8 bits a channel, rows without padding. Internal to
// image/.
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/deadline.h"
#include "base/error.h"
#include "image/header.h"
#include "image/limits.h"
#include "image/vips_library.h"

namespace gvm::image {

struct Free {
  const VipsLibrary* vips;
  void operator()(unsigned char* pixels) const { (vips->g_free)(pixels); }
  void operator()(VipsImage* image) const { vips->g_object_unref(image); }
};
using ImagePointer = std::unique_ptr<VipsImage, Free>;

struct Picture {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  unsigned bands = 3;  // 1 or 3
  std::unique_ptr<unsigned char, Free> pixels;

  std::size_t size() const { return std::size_t{width} * height * bands; }
  std::span<unsigned char> view() const { return {pixels.get(), size()}; }
};

// One call on its thread: libvips, the limits, and what may end it early.
class Run {
 public:
  Run(const VipsLibrary& library, const Limits& limits, Deadline deadline,
      const std::atomic<bool>& stop)
      : vips_(library), limits_(limits), deadline_(deadline), stop_(stop) {}

  const VipsLibrary& vips() const { return vips_; }
  const Limits& limits() const { return limits_; }

  // CANCELLED or DEADLINE_EXCEEDED when it is time to end.
  Result<void> go_on() const;
  // IMAGE_TOO_LARGE when a picture of that size is over a limit.
  Result<void> check_size(std::uint64_t width, std::uint64_t height) const;

  // IMAGE_TOO_LARGE when an encoded picture has more bytes than allowed.
  Result<void> check_output(std::size_t bytes) const;

  // Memory of so many bytes; null when there is none.
  std::unique_ptr<unsigned char, Free> pixels(std::size_t bytes) const {
    return {static_cast<unsigned char*>((vips_.g_try_malloc)(bytes)), Free{&vips_}};
  }
  // A picture as libvips sees it: a view, which the picture must outlive.
  ImagePointer image_of(const Picture& picture) const;
  // Takes over what an operation of libvips made.
  ImagePointer own(VipsImage* image) const { return {image, Free{&vips_}}; }
  // Computes the pixels of what an operation answered; null stands for a failed one. `failure` is
  // the error when libvips cannot.
  Result<Picture> compute(VipsImage* lazy, const Error& failure) const;

 private:
  static void on_progress(VipsImage* image, VipsProgress* progress, void* self);

  const VipsLibrary& vips_;
  const Limits& limits_;
  Deadline deadline_;
  const std::atomic<bool>& stop_;
};

// The bytes' pixels, upright, transparency on white. `header` is theirs. INVALID_IMAGE also for a
// picture that is not as its header says.
Result<Picture> decode(const Run& run, std::string_view bytes, const Header& header);
// IMAGE_TOO_LARGE when it has more bytes than allowed. A picture of noise is not compressed, as far
// as it fits (png_writer.cpp).
Result<std::string> encode_png(const Run& run, const Picture& picture);
Result<std::string> encode_jpeg(const Run& run, const Picture& picture, int quality);

}  // namespace gvm::image
