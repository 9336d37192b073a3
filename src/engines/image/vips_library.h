#pragma once
// libvips, loaded when the first picture comes: its 100 shared libraries cost a process 40 ms at
// its start and 30 MB, which a module whose scripts filter no picture does not pay. Only the
// decoders and encoders that we need are allowed. Internal to image/.
#include <vips/vips.h>

#include "base/error.h"

namespace gvm::image {

struct VipsLibrary {
#define GVM_VIPS_FUNCTIONS(X)   \
  X(vips_init)                  \
  X(vips_shutdown)              \
  X(vips_concurrency_set)       \
  X(vips_cache_set_max)         \
  X(vips_operation_block_set)   \
  X(vips_error_clear)           \
  X(vips_pngload_buffer)        \
  X(vips_jpegload_buffer)       \
  X(vips_webpload_buffer)       \
  X(vips_jpegsave_buffer)       \
  X(vips_colourspace)           \
  X(vips_cast)                  \
  X(vips_flatten)               \
  X(vips_gaussblur)             \
  X(vips_resize)                \
  X(vips_rot)                   \
  X(vips_flip)                  \
  X(vips_rotate)                \
  X(vips_array_double_newv)     \
  X(vips_area_unref)            \
  X(vips_image_new_from_memory) \
  X(vips_image_write_to_memory) \
  X(vips_image_set_progress)    \
  X(vips_image_set_kill)        \
  X(vips_image_hasalpha)        \
  X(vips_image_get_width)       \
  X(vips_image_get_height)      \
  X(vips_image_get_orientation) \
  X(vips_image_get_bands)       \
  X(g_object_unref)             \
  X(g_free)                     \
  X(g_try_malloc)               \
  X(g_signal_connect_data)      \
  X(g_log_set_handler)
#define GVM_VIPS_MEMBER(name) decltype(&::name) name = nullptr;
  GVM_VIPS_FUNCTIONS(GVM_VIPS_MEMBER)
#undef GVM_VIPS_MEMBER
};

// Loads it at the first call, which takes some 50 ms and must not be on a lane. Thread safe.
// IMAGE_FILTERS_UNAVAILABLE when it is not installed; then every call says so. When the process
// ends no thread may be in it any more.
Result<const VipsLibrary*> vips_library();

}  // namespace gvm::image
