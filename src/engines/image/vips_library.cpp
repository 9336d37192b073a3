#include "image/vips_library.h"

#include <dlfcn.h>

#include <string>

#include "image/codes.h"

namespace gvm::image {
namespace {

constexpr const char* kSharedObject = "libvips.so.42";
static_assert(VIPS_MAJOR_VERSION == 8, "the table of functions is for the ABI of libvips 8");

class Loaded {
 public:
  Loaded();
  // libvips keeps idle threads for some seconds; they must not outlive the process's statics.
  ~Loaded() {
    if (problem_.empty()) library_.vips_shutdown();
  }
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;

  Result<const VipsLibrary*> library() const {
    if (problem_.empty()) return &library_;
    return fail(codes::kImageFiltersUnavailable, Fatality::fatal, problem_);
  }

 private:
  std::string open();

  VipsLibrary library_;
  std::string problem_;  // empty: it can be used
};

void drop_log_line(const char*, GLogLevelFlags, const char*, void*) {}

// Returns the name of what is missing.
std::string find_functions(void* handle, VipsLibrary& library) {
#define GVM_VIPS_FIND(name)                                                      \
  library.name = reinterpret_cast<decltype(library.name)>(dlsym(handle, #name)); \
  if (library.name == nullptr) return #name;
  GVM_VIPS_FUNCTIONS(GVM_VIPS_FIND)
#undef GVM_VIPS_FIND
  return {};
}

// libvips can read and write some fifty formats with libraries of all ages, also by name of a file.
void allow_only_what_is_used(const VipsLibrary& vips) {
  vips.vips_operation_block_set("VipsForeign", TRUE);
  for (const char* name : {"VipsForeignLoadPngBuffer", "VipsForeignLoadJpegBuffer",
                           "VipsForeignLoadWebpBuffer", "VipsForeignSaveJpegBuffer"})
    vips.vips_operation_block_set(name, FALSE);
}

Loaded::Loaded() : problem_(open()) {}

// It stays loaded: GLib cannot be unloaded.
std::string Loaded::open() {
  void* handle = dlopen(kSharedObject, RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return std::string(kSharedObject) + " cannot be loaded: install libvips";
  const auto& vips = library_;
  if (const auto missing = find_functions(handle, library_); !missing.empty())
    return std::string(kSharedObject) + " has no " + missing;
  // What a decoder says about a stranger's picture is no line of ours.
  constexpr auto kAll = static_cast<GLogLevelFlags>(G_LOG_LEVEL_MASK | G_LOG_FLAG_RECURSION);
  for (const char* domain : {"VIPS", "GLib", "GLib-GObject"})
    vips.g_log_set_handler(domain, kAll, drop_log_line, nullptr);
  if (vips.vips_init("genvm-modules") != 0) return "libvips does not start";
  vips.vips_concurrency_set(1);  // a picture has one thread; others have theirs
  vips.vips_cache_set_max(0);    // nothing of a picture outlives its call
  allow_only_what_is_used(vips);
  return {};
}

}  // namespace

Result<const VipsLibrary*> vips_library() {
  static const Loaded loaded;
  return loaded.library();
}

}  // namespace gvm::image
