#include "image/steps.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error_codes.h"
#include "image/noise.h"
#include "image/pixels.h"

namespace gvm::image {
namespace {

// A filter that libvips refuses although picture and numbers were checked.
Error refused(const char* name) {
  return Error(codes::kInternal, Fatality::fatal, fmt::format("the image filter {} failed", name));
}

class Filters {
 public:
  Filters(const Run& run, Picture picture, std::uint64_t seed)
      : run_(run), vips_(run.vips()), picture_(std::move(picture)), seed_(seed) {}

  Result<Picture> operator()(const Blur& step) { return blurred(step.sigma, "Blur"); }

  Result<Picture> operator()(const Unsharpen& step) {
    auto mean = blurred(step.sigma, "Unsharpen");
    if (!mean) return mean;
    if (mean->size() != picture_.size()) return fail(refused("Unsharpen"));
    sharpen(picture_.view(), mean->view(), static_cast<int>(step.threshold));
    return mean;
  }

  Result<Picture> operator()(const Denoise& step) {
    constexpr int kFaint = 24;  // levels: a tenth of the scale
    auto mean = blurred(step.sigma, "Denoise");
    if (!mean) return mean;
    if (mean->size() != picture_.size()) return fail(refused("Denoise"));
    smooth(picture_.view(), mean->view(), kFaint);
    return mean;
  }

  Result<Picture> operator()(const Noise& step) {
    constexpr double kFullScale = 255;
    add_noise(picture_.view(), step.deviation * kFullScale, seed_);
    return std::move(picture_);
  }

  Result<Picture> operator()(const Jpeg& step) {
    auto bytes = encode_jpeg(run_, picture_, step.quality);
    if (!bytes) return fail(std::move(bytes).error());
    const Header header{.format = Format::jpeg, .width = picture_.width, .height = picture_.height};
    return decode(run_, *bytes, header);
  }

  Result<Picture> operator()(const Resize& step) {
    double across = step.width, down = step.height;
    if (step.height == 0) {
      const double scale = across / std::max(picture_.width, picture_.height);
      across = std::max(1.0, std::round(picture_.width * scale));
      down = std::max(1.0, std::round(picture_.height * scale));
    }
    const auto fits =
        run_.check_size(static_cast<std::uint64_t>(across), static_cast<std::uint64_t>(down));
    if (!fits) return fail(fits.error());
    return by_vips("Resize", [&](VipsImage* in, VipsImage** out) {
      vips_.vips_resize(in, out, across / picture_.width, "vscale", down / picture_.height,
                        nullptr);
    });
  }

  Result<Picture> operator()(const Crop& step) {
    const auto left = std::min(step.left, picture_.width);
    const auto top = std::min(step.top, picture_.height);
    const auto width = std::min(step.width, picture_.width - left);
    const auto height = std::min(step.height, picture_.height - top);
    if (width == 0 || height == 0) {
      return fail(codes::kScriptBadArgument, Fatality::fatal,
                  fmt::format("Crop leaves nothing of an image of {} times {} pixels",
                              picture_.width, picture_.height));
    }
    const std::size_t row = std::size_t{picture_.width} * picture_.bands;
    const std::size_t kept = std::size_t{width} * picture_.bands;
    unsigned char* out = picture_.pixels.get();  // never before what is still to be read
    const unsigned char* in = out + top * row + std::size_t{left} * picture_.bands;
    for (std::uint32_t y = 0; y < height; ++y) std::copy_n(in + y * row, kept, out + y * kept);
    picture_.width = width;
    picture_.height = height;
    return std::move(picture_);
  }

  Result<Picture> operator()(const Rotate& step) {
    const double degrees = std::fmod(std::fmod(step.degrees, 360) + 360, 360);
    constexpr std::array kRight = {VIPS_ANGLE_D0, VIPS_ANGLE_D90, VIPS_ANGLE_D180, VIPS_ANGLE_D270};
    const auto quarter = static_cast<std::size_t>(degrees / 90);
    if (degrees == static_cast<double>(quarter) * 90) {
      return by_vips("Rotate", [&](VipsImage* in, VipsImage** out) {
        vips_.vips_rot(in, out, kRight.at(quarter % 4), nullptr);
      });
    }
    return by_vips("Rotate", [&](VipsImage* in, VipsImage** out) {
      VipsArrayDouble* white = vips_.vips_array_double_newv(1, 255.0);
      vips_.vips_rotate(in, out, degrees, "background", white, nullptr);
      vips_.vips_area_unref(reinterpret_cast<VipsArea*>(white));
    });
  }

  Result<Picture> operator()(const Quantize& step) {
    std::array<unsigned char, 256> table{};
    const double steps = step.levels - 1;
    for (std::size_t i = 0; i < table.size(); ++i) {
      const double level = std::round(static_cast<double>(i) * steps / 255) * 255 / steps;
      table[i] = static_cast<unsigned char>(std::lround(level));
    }
    for (auto& byte : picture_.view()) byte = table[byte];
    return std::move(picture_);
  }

  Result<Picture> operator()(const Grayscale&) {
    if (picture_.bands == 1) return std::move(picture_);
    unsigned char* out = picture_.pixels.get();
    const unsigned char* in = out;
    // ITU-R BT.601 luma, in 256ths.
    for (std::size_t left = picture_.size() / 3; left > 0; --left, in += 3)
      *out++ = static_cast<unsigned char>((77U * in[0] + 150U * in[1] + 29U * in[2] + 128U) >> 8U);
    picture_.bands = 1;
    return std::move(picture_);
  }

  Result<Picture> operator()(const StripMetadata&) { return std::move(picture_); }

 private:
  template <class Operation>
  Result<Picture> by_vips(const char* name, Operation operation) const {
    const auto in = run_.image_of(picture_);
    VipsImage* out = nullptr;
    if (in != nullptr) operation(in.get(), &out);
    return run_.compute(out, refused(name));
  }

  Result<Picture> blurred(double sigma, const char* name) const {
    if (sigma <= NarrowBlur::kWidest) return narrowly_blurred(sigma, name);
    // To some two and a half deviations; libvips' own choice, 0.2, blurs visibly less than said.
    constexpr double kLeastWeight = 0.05;
    return by_vips(name, [&](VipsImage* in, VipsImage** out) {
      vips_.vips_gaussblur(in, out, sigma, "min_ampl", kLeastWeight, nullptr);
    });
  }

  Result<Picture> narrowly_blurred(double sigma, const char* name) const {
    constexpr std::uint32_t kRowsBetweenLooks = 64;
    Picture out{picture_.width, picture_.height, picture_.bands, run_.pixels(picture_.size())};
    if (out.pixels == nullptr) return fail(refused(name));
    NarrowBlur blur(sigma);
    const std::size_t width = std::size_t{out.width} * out.bands;
    for (std::uint32_t y = 0; y < out.height; ++y) {
      blur.row(picture_, y, out.view().subspan(y * width, width));
      if (y % kRowsBetweenLooks != 0) continue;
      if (auto more = run_.go_on(); !more) return fail(std::move(more).error());
    }
    return out;
  }

  const Run& run_;
  const VipsLibrary& vips_;
  Picture picture_;
  std::uint64_t seed_;
};

}  // namespace

Result<Picture> apply(const Run& run, Picture picture, const Step& step, std::uint64_t seed) {
  return std::visit(Filters(run, std::move(picture), seed), step);
}

}  // namespace gvm::image
