#pragma once
// The images of a prompt: known by their first bytes, bounded in number and size (wire.md,
// "Requests").
#include <optional>
#include <span>
#include <string_view>

#include "base/error.h"
#include "base/size.h"
#include "base/value.h"

namespace gvm::envelope {

inline constexpr std::size_t kMaxImages = 2;             // of one prompt
inline constexpr std::size_t kMaxImageBytes = 5 * kMiB;  // of each

enum class ImageFormat { png, jpeg };

std::optional<ImageFormat> image_format(std::string_view bytes);
std::string_view media_type(ImageFormat format);  // "image/png"

// TOO_MANY_IMAGES, IMAGE_TOO_LARGE, INVALID_IMAGE: errors of the contract's, not fatal. ctx.index
// is the image's.
std::optional<Error> check_images(std::span<const Blob> images);

}  // namespace gvm::envelope
