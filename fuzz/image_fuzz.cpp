// Whatever the bytes, a picture is filtered or refused with a typed error, within the limits; what
// comes out is a picture that can be read again. The first byte chooses the filters.
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/error_codes.h"
#include "image/filter.h"
#include "image/header.h"

namespace {

using namespace gvm;

void require(bool claim) {
  if (!claim) std::abort();
}

std::vector<image::Step> steps_of(unsigned choice) {
  const image::Step steps[] = {image::Unsharpen{1, 4},    image::Noise{0.05}, image::Jpeg{60},
                               image::Denoise{1},         image::Blur{2},     image::Resize{33, 17},
                               image::Crop{1, 1, 50, 50}, image::Rotate{30}};
  std::vector<image::Step> chosen;
  for (unsigned i = 0; i < 8; ++i)
    if ((choice >> i & 1U) != 0) chosen.push_back(steps[i]);
  return chosen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  image::Limits limits;
  limits.pixels = 1'000'000;  // so that many inputs fit into a second
  const auto header = image::read_header(bytes);
  const std::atomic<bool> stop = false;
  const auto out = image::filter(bytes, {steps_of(data[0]), 1}, limits, Deadline::never(), stop);
  if (!out) {
    require(out.error().code() != codes::kInternal);
    return 0;
  }
  require(header.has_value() && !header->animated);
  require(image::read_header(*out).has_value());
  require(image::filter(*out, {}, limits, Deadline::never(), stop).has_value());
  return 0;
}
