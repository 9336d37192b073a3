#include "image/picture.h"

#include <fmt/format.h>

#include <utility>

#include "base/error_codes.h"

namespace gvm::image {
namespace {

Error cannot_decode(Format format) {
  return Error(codes::kInvalidImage, Fatality::user,
               fmt::format("the image cannot be decoded as {}", format_name(format)));
}

VipsImage* load(const VipsLibrary& vips, std::string_view bytes, Format format) {
  // The loaders take a pointer that is not const and do not write to it.
  void* data = const_cast<char*>(bytes.data());
  VipsImage* image = nullptr;
  switch (format) {
    case Format::png:
      vips.vips_pngload_buffer(data, bytes.size(), &image, "access", VIPS_ACCESS_SEQUENTIAL,
                               "fail_on", VIPS_FAIL_ON_ERROR, nullptr);
      break;
    case Format::jpeg:
      vips.vips_jpegload_buffer(data, bytes.size(), &image, "access", VIPS_ACCESS_SEQUENTIAL,
                                "fail_on", VIPS_FAIL_ON_ERROR, nullptr);
      break;
    case Format::webp:
      vips.vips_webpload_buffer(data, bytes.size(), &image, "access", VIPS_ACCESS_SEQUENTIAL,
                                "fail_on", VIPS_FAIL_ON_ERROR, nullptr);
      break;
  }
  return image;
}

bool is_as_said(const VipsLibrary& vips, VipsImage* image, const Header& header) {
  return vips.vips_image_get_width(image) == static_cast<int>(header.width) &&
         vips.vips_image_get_height(image) == static_cast<int>(header.height);
}

// Eight bits, grey or RGB, on white. Null when libvips knows no way.
VipsImage* plain(const Run& run, VipsImage* loaded) {
  const auto& vips = run.vips();
  const bool grey = vips.vips_image_get_bands(loaded) < 3;
  VipsImage* coloured = nullptr;
  vips.vips_colourspace(loaded, &coloured,
                        grey ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB, nullptr);
  const auto owned = run.own(coloured);
  if (coloured == nullptr) return nullptr;
  VipsImage* bytes = nullptr;
  vips.vips_cast(coloured, &bytes, VIPS_FORMAT_UCHAR, nullptr);
  if (bytes == nullptr || !vips.vips_image_hasalpha(bytes)) return bytes;
  const auto with_alpha = run.own(bytes);
  constexpr double kWhite[] = {255, 255, 255};
  VipsArrayDouble* white =
      vips.vips_array_double_newv(grey ? 1 : 3, kWhite[0], kWhite[1], kWhite[2]);
  VipsImage* flat = nullptr;
  vips.vips_flatten(bytes, &flat, "background", white, nullptr);
  vips.vips_area_unref(reinterpret_cast<VipsArea*>(white));
  return flat;
}

// EXIF 3.0, 4.6.4: what the orientation asks for is a turn and, for the mirrored ones, a mirror.
Result<Picture> upright(const Run& run, Picture picture, int orientation) {
  static constexpr struct {
    VipsAngle turn;
    bool mirror;
  } kWays[] = {{VIPS_ANGLE_D0, false},  {VIPS_ANGLE_D0, true},   {VIPS_ANGLE_D180, false},
               {VIPS_ANGLE_D180, true}, {VIPS_ANGLE_D90, true},  {VIPS_ANGLE_D90, false},
               {VIPS_ANGLE_D270, true}, {VIPS_ANGLE_D270, false}};
  if (orientation <= 1 || orientation > 8) return picture;
  const auto& way = kWays[orientation - 1];
  const auto in = run.image_of(picture);
  VipsImage* turned = nullptr;
  if (in != nullptr) run.vips().vips_rot(in.get(), &turned, way.turn, nullptr);
  const auto owned = run.own(turned);
  VipsImage* done = nullptr;
  if (turned != nullptr && way.mirror)
    run.vips().vips_flip(turned, &done, VIPS_DIRECTION_HORIZONTAL, nullptr);
  else if (turned != nullptr)
    run.vips().vips_rot(turned, &done, VIPS_ANGLE_D0, nullptr);
  return run.compute(done, cannot_decode(Format::jpeg));
}

Result<std::string> taken(const Run& run, void* bytes, std::size_t size) {
  if (bytes == nullptr)
    return fail(codes::kInternal, Fatality::fatal, "an image cannot be encoded");
  std::string out(static_cast<const char*>(bytes), size);
  (run.vips().g_free)(bytes);
  if (auto fits = run.check_output(size); !fits) return fail(std::move(fits).error());
  return out;
}

}  // namespace

Result<void> Run::go_on() const {
  if (stop_.load()) return fail(codes::kCancelled, Fatality::fatal, "filtering was cancelled");
  if (deadline_.expired())
    return fail(codes::kDeadlineExceeded, Fatality::fatal, "an image took too long to filter");
  return {};
}

Result<void> Run::check_size(std::uint64_t width, std::uint64_t height) const {
  const bool fits =
      width <= limits_.side && height <= limits_.side && width * height <= limits_.pixels;
  if (fits) return {};
  return fail(Error(codes::kImageTooLarge, Fatality::user,
                    fmt::format("an image of {} times {} pixels; at most {} pixels and {} a side "
                                "are allowed",
                                width, height, limits_.pixels, limits_.side))
                  .with("width", Value::integer(Integer::from_u64(width)))
                  .with("height", Value::integer(Integer::from_u64(height))));
}

Result<void> Run::check_output(std::size_t bytes) const {
  if (bytes <= limits_.output_bytes) return {};
  return fail(codes::kImageTooLarge, Fatality::user,
              fmt::format("the filtered image has {} bytes or more; at most {} are allowed", bytes,
                          limits_.output_bytes));
}

ImagePointer Run::image_of(const Picture& picture) const {
  VipsImage* image = vips_.vips_image_new_from_memory(
      picture.pixels.get(), picture.size(), static_cast<int>(picture.width),
      static_cast<int>(picture.height), static_cast<int>(picture.bands), VIPS_FORMAT_UCHAR);
  if (image != nullptr)
    image->Type = picture.bands == 1 ? VIPS_INTERPRETATION_B_W : VIPS_INTERPRETATION_sRGB;
  return own(image);
}

// libvips looks at the mark before every strip.
void Run::on_progress(VipsImage* image, VipsProgress*, void* self) {
  const auto& run = *static_cast<const Run*>(self);
  if (!run.go_on()) run.vips_.vips_image_set_kill(image, TRUE);
}

Result<Picture> Run::compute(VipsImage* lazy, const Error& failure) const {
  const auto owned = own(lazy);
  if (lazy == nullptr) {
    vips_.vips_error_clear();
    return fail(failure);
  }
  const int width = vips_.vips_image_get_width(lazy), height = vips_.vips_image_get_height(lazy);
  if (auto fits = check_size(static_cast<std::uint64_t>(width), static_cast<std::uint64_t>(height));
      !fits)
    return fail(std::move(fits).error());
  vips_.vips_image_set_progress(lazy, TRUE);
  vips_.g_signal_connect_data(lazy, "eval", G_CALLBACK(&Run::on_progress), const_cast<Run*>(this),
                              nullptr, static_cast<GConnectFlags>(0));
  std::size_t size = 0;
  Picture picture{
      static_cast<std::uint32_t>(width),
      static_cast<std::uint32_t>(height),
      static_cast<unsigned>(vips_.vips_image_get_bands(lazy)),
      {static_cast<unsigned char*>(vips_.vips_image_write_to_memory(lazy, &size)), Free{&vips_}}};
  vips_.vips_error_clear();
  if (auto more = go_on(); !more) return fail(std::move(more).error());
  if (picture.pixels == nullptr || size != picture.size()) return fail(failure);
  if (picture.bands != 1 && picture.bands != 3) return fail(failure);
  return picture;
}

Result<Picture> decode(const Run& run, std::string_view bytes, const Header& header) {
  if (auto fits = run.check_size(header.width, header.height); !fits)
    return fail(std::move(fits).error());
  const Error failure = cannot_decode(header.format);
  const auto loaded = run.own(load(run.vips(), bytes, header.format));
  if (loaded == nullptr || !is_as_said(run.vips(), loaded.get(), header)) {
    run.vips().vips_error_clear();
    return fail(failure);
  }
  auto picture = run.compute(plain(run, loaded.get()), failure);
  if (!picture) return picture;
  return upright(run, std::move(*picture), run.vips().vips_image_get_orientation(loaded.get()));
}

Result<std::string> encode_jpeg(const Run& run, const Picture& picture, int quality) {
  const auto image = run.image_of(picture);
  void* bytes = nullptr;
  std::size_t size = 0;
  if (image != nullptr)
    run.vips().vips_jpegsave_buffer(image.get(), &bytes, &size, "Q", quality, "strip", TRUE,
                                    nullptr);
  run.vips().vips_error_clear();
  return taken(run, bytes, size);
}

}  // namespace gvm::image
