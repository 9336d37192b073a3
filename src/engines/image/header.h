#pragma once
// What the header of a picture says about it. Pure; decodes nothing.
#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace gvm::image {

enum class Format { png, jpeg, webp };
std::string_view format_name(Format format);  // "png"

struct Header {
  Format format = Format::png;
  std::uint32_t width = 0;  // pixels, as stored: before an orientation of EXIF
  std::uint32_t height = 0;
  unsigned channels = 0;  // of the decoded picture: 1 grey, 2 grey and alpha, 3, 4
  unsigned bits = 8;      // of a channel
  bool alpha = false;
  bool animated = false;  // more than one picture in the file (APNG, animated WebP)
};

// Looks at no more than 10,000 parts of the file: quick enough for a lane.
// INVALID_IMAGE: neither PNG, JPEG nor WebP, or a header that is none. User errors, not fatal.
Result<Header> read_header(std::string_view bytes);

// The scans of a JPEG, of a progressive one many: each is a pass over all its pixels. Reads every
// byte; counts to `most` + 1.
unsigned jpeg_scans(std::string_view jpeg, unsigned most);

}  // namespace gvm::image
