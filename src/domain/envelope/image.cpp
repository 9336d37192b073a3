#include "envelope/image.h"

#include <fmt/format.h>

#include "base/error_codes.h"

namespace gvm::envelope {
namespace {

constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";  // PNG, 5.2
constexpr std::string_view kJpegStart = "\xff\xd8\xff";          // start of image, then any marker

std::optional<Error> check_image(std::string_view image) {
  if (image.size() > kMaxImageBytes) {
    return Error(
        codes::kImageTooLarge, Fatality::user,
        fmt::format("an image has {} bytes; at most {} are allowed", image.size(), kMaxImageBytes));
  }
  if (image_format(image)) return std::nullopt;
  return Error(codes::kInvalidImage, Fatality::user, "an image is neither PNG nor JPEG");
}

}  // namespace

std::optional<ImageFormat> image_format(std::string_view bytes) {
  if (bytes.starts_with(kPngSignature)) return ImageFormat::png;
  if (bytes.starts_with(kJpegStart)) return ImageFormat::jpeg;
  return std::nullopt;
}

std::string_view media_type(ImageFormat format) {
  return format == ImageFormat::png ? "image/png" : "image/jpeg";
}

std::optional<Error> check_images(std::span<const Blob> images) {
  if (images.size() > kMaxImages) {
    return Error(
        codes::kTooManyImages, Fatality::user,
        fmt::format("a prompt has {} images; at most {} are allowed", images.size(), kMaxImages));
  }
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (auto error = check_image(images[i].view()))
      return std::move(*error).with("index", Value::integer(i));
  }
  return std::nullopt;
}

}  // namespace gvm::envelope
