#pragma once
// The error codes of image/. INVALID_IMAGE and IMAGE_TOO_LARGE are those of the wire.
#include <string_view>

namespace gvm::codes {

// libvips is not installed, or cannot be used. Fatal.
inline constexpr std::string_view kImageFiltersUnavailable = "IMAGE_FILTERS_UNAVAILABLE";
// More pictures wait for a thread than allowed. Fatal.
inline constexpr std::string_view kImageFiltersBusy = "IMAGE_FILTERS_BUSY";

}  // namespace gvm::codes
