// Filters as a caller sees them: encoded bytes in, encoded bytes out.
#include "image/filter.h"

#include <dlfcn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <thread>

#include "base/error_codes.h"
#include "image/picture.h"
#include "image/test_images.h"

namespace gvm::image {
namespace {

constexpr const char* kPictures[] = {
    "small.png",     "grey.png",   "palette.png",   "grey16.png", "alpha.png",
    "commented.png", "small.jpg",  "grey.jpg",      "cmyk.jpg",   "progressive.jpg",
    "turned.jpg",    "lossy.webp", "lossless.webp", "alpha.webp"};

// The pixels of a picture, by the decoder under test.
struct Seen {
  explicit Seen(const Result<std::string>& bytes) {
    if (!bytes) {
      ADD_FAILURE() << bytes.error().to_string();
      return;
    }
    const auto library = vips_library();
    const Limits limits;
    const std::atomic<bool> stop = false;
    const Run run(**library, limits, Deadline::never(), stop);
    auto decoded = decode(run, *bytes, *read_header(*bytes));
    ASSERT_OK(decoded);
    width = decoded->width;
    height = decoded->height;
    bands = decoded->bands;
    const auto view = decoded->view();
    pixels.assign(view.begin(), view.end());
  }
  void ASSERT_OK(const Result<Picture>& picture) {
    ASSERT_TRUE(picture.has_value()) << picture.error().to_string();
  }
  int at(std::uint32_t y, std::uint32_t x, unsigned channel = 0) const {
    return pixels.at((std::size_t{y} * width + x) * bands + channel);
  }
  std::uint32_t width = 0, height = 0;
  unsigned bands = 0;
  std::vector<int> pixels;
};

std::string code_of(const Result<std::string>& result) {
  return result ? "" : std::string(result.error().code());
}

int ramp(std::uint32_t, std::uint32_t x, unsigned channel) {
  return static_cast<int>(x * 4 + channel);
}

const std::string kRamp = png(60, 20, ramp);

TEST(ImageFilter, EveryFormBecomesAPng) {
  for (const char* name : kPictures) {
    const auto out = filtered(picture_file(name), {StripMetadata{}});
    ASSERT_TRUE(out) << name << ": " << out.error().to_string();
    const auto header = read_header(*out);
    ASSERT_TRUE(header) << name;
    EXPECT_EQ(header->format, Format::png) << name;
    EXPECT_FALSE(header->alpha) << name << ": transparency lies on white";
    EXPECT_EQ(header->bits, 8U) << name;
  }
}

// Every way of writing one: by repetitions, byte by byte, and as it is.
TEST(ImageFilter, APngHasItsPixelsHoweverNoisyTheyAre) {
  constexpr std::uint32_t kWidth = 331, kHeight = 200;
  for (const unsigned channels : {1U, 3U}) {
    for (const int spread : {1, 4, 20, 60, 256}) {
      std::minstd_rand random(7);
      std::vector<int> levels;
      const auto picture = png(
          kWidth, kHeight,
          [&](std::uint32_t, std::uint32_t, unsigned) {
            levels.push_back(static_cast<int>(random() >> 8) % spread);
            return levels.back();
          },
          channels);
      const auto out = filtered(picture, {StripMetadata{}});
      const Seen seen(out);
      EXPECT_EQ(seen.bands, channels);
      EXPECT_EQ(seen.pixels, levels) << spread;
      const std::size_t raw = std::size_t{kWidth} * kHeight * channels;
      EXPECT_LT(out->size(), raw + 2'000) << spread << ": noise grows by what a file needs";
      if (spread <= 20) {
        EXPECT_LT(out->size(), raw * 4 / 5) << spread << ": else it shrinks";
      }
    }
  }
}

TEST(ImageFilter, NoiseThatDoesNotFitAsItIsIsCompressed) {
  std::minstd_rand random(7);
  const auto picture = png(400, 400, [&](std::uint32_t, std::uint32_t, unsigned) {
    return static_cast<int>(random() >> 8) % 126;
  });
  const std::atomic<bool> stop = false;
  Limits limits;
  const std::size_t raw = 400 * 400 * 3;
  limits.output_bytes = raw;  // as it is it would need some bytes more
  const auto out = filter(picture, {{}, 1}, limits, Deadline::never(), stop);
  ASSERT_TRUE(out) << out.error().to_string();
  EXPECT_LE(out->size(), raw);
  limits.output_bytes = raw / 2;
  EXPECT_EQ(code_of(filter(picture, {{}, 1}, limits, Deadline::never(), stop)),
            codes::kImageTooLarge);
}

TEST(ImageFilter, WithoutFiltersThePixelsStay) {
  const Seen seen(filtered(kRamp, {}));
  for (std::uint32_t x = 0; x < 60; ++x)
    for (unsigned c = 0; c < 3; ++c) EXPECT_EQ(seen.at(7, x, c), ramp(7, x, c));
}

TEST(ImageFilter, KeepsNoMetadata) {
  EXPECT_NE(picture_file("commented.png").find("secret"), std::string::npos);
  EXPECT_NE(picture_file("turned.jpg").find("secret"), std::string::npos);
  for (const char* name : {"commented.png", "turned.jpg"}) {
    const std::string bytes = picture_file(name);
    for (const auto& steps : {std::vector<Step>{}, {Jpeg{80}}, {Jpeg{80}, StripMetadata{}}}) {
      const auto out = filtered(bytes, steps);
      ASSERT_TRUE(out);
      EXPECT_EQ(out->find("secret"), std::string::npos) << name;
    }
  }
}

TEST(ImageFilter, CarriesOutTheOrientation) {
  const Seen seen(filtered(picture_file("turned.jpg"), {}));
  EXPECT_EQ(seen.width, 32U);
  EXPECT_EQ(seen.height, 48U);
}

TEST(ImageFilter, TransparencyIsWhite) {
  const Seen seen(filtered(picture_file("alpha.png"), {}));
  EXPECT_GT(seen.at(0, 0), 240) << "the first row is transparent";
}

TEST(ImageFilter, AJpegIsAnsweredWhenItIsTheLastStep) {
  EXPECT_EQ(read_header(*filtered(kRamp, {Jpeg{80}}))->format, Format::jpeg);
  EXPECT_EQ(read_header(*filtered(kRamp, {Jpeg{80}, StripMetadata{}}))->format, Format::jpeg);
  EXPECT_EQ(read_header(*filtered(kRamp, {Jpeg{80}, Grayscale{}}))->format, Format::png);
  EXPECT_LT(filtered(picture_file("receipt.png"), {Jpeg{5}})->size(),
            filtered(picture_file("receipt.png"), {Jpeg{90}})->size());
}

TEST(ImageFilter, BlurSmoothsAndUnsharpenDoesTheContrary) {
  const auto edge = [](std::uint32_t, std::uint32_t x, unsigned) { return x < 10 ? 60 : 180; };
  const std::string bytes = png(20, 20, edge);
  const Seen blurred(filtered(bytes, {Blur{2}}));
  EXPECT_GT(blurred.at(10, 9), 90);
  EXPECT_LT(blurred.at(10, 10), 150);
  const Seen sharp(filtered(bytes, {Unsharpen{2, 5}}));
  EXPECT_LT(sharp.at(10, 9), 40);
  EXPECT_GT(sharp.at(10, 10), 200);
  EXPECT_EQ(sharp.at(10, 0), 60) << "what is flat stays";
  const Seen held(filtered(bytes, {Unsharpen{2, 200}}));
  EXPECT_EQ(held.at(10, 9), 60) << "below the threshold nothing changes";
}

TEST(ImageFilter, DenoiseTakesFaintNoiseAndLeavesEdges) {
  const auto noisy = [](std::uint32_t y, std::uint32_t x, unsigned) {
    return (x < 15 ? 60 : 200) + ((x + y) % 2 == 0 ? 6 : -6);
  };
  const Seen seen(filtered(png(30, 30, noisy), {Denoise{1.5}}));
  EXPECT_NEAR(seen.at(15, 5), 60, 2);
  EXPECT_NEAR(seen.at(15, 25), 200, 2);
  EXPECT_LT(seen.at(15, 14), 80);
  EXPECT_GT(seen.at(15, 15), 180);
}

TEST(ImageFilter, NoiseHasItsDeviationAndItsSeed) {
  const std::string grey = png(200, 200, [](auto, auto, auto) { return 128; });
  const auto once = filtered(grey, {Noise{0.05}}, 7);
  EXPECT_EQ(*once, *filtered(grey, {Noise{0.05}}, 7));
  EXPECT_NE(*once, *filtered(grey, {Noise{0.05}}, 8));
  const Seen seen(once);
  double sum = 0, squares = 0;
  for (const int level : seen.pixels) {
    sum += level - 128;
    squares += (level - 128) * (level - 128);
  }
  const auto count = static_cast<double>(seen.pixels.size());
  EXPECT_NEAR(sum / count, 0, 0.2);
  EXPECT_NEAR(std::sqrt(squares / count), 0.05 * 255, 0.3);
  EXPECT_EQ(Seen(filtered(grey, {Noise{0}})).at(5, 5), 128);
}

// The same on every machine: these are the levels of seed 1 and deviation 10/255.
TEST(ImageFilter, NoiseOfASeedIsKnown) {
  const Seen seen(
      filtered(png(4, 1, [](auto, auto, auto) { return 128; }), {Noise{10.0 / 255}}, 1));
  const std::vector<int> expected = {127, 135, 112, 128, 154, 132, 144, 122, 119, 145, 129, 145};
  EXPECT_EQ(seen.pixels, expected);
}

TEST(ImageFilter, GeometryIsExact) {
  EXPECT_EQ(Seen(filtered(kRamp, {Resize{31, 17}})).width, 31U);
  EXPECT_EQ(Seen(filtered(kRamp, {Resize{31, 17}})).height, 17U);
  EXPECT_EQ(Seen(filtered(kRamp, {Resize{30, 0}})).height, 10U) << "the shape stays";
  EXPECT_EQ(Seen(filtered(kRamp, {Resize{120, 0}})).height, 40U);
  EXPECT_EQ(Seen(filtered(kRamp, {Resize{1, 1}})).pixels.size(), 3U);
  const Seen part(filtered(kRamp, {Crop{10, 5, 20, 100}}));
  EXPECT_EQ(part.width, 20U);
  EXPECT_EQ(part.height, 15U);
  EXPECT_EQ(part.at(3, 2, 1), ramp(8, 12, 1));
  const Seen turned(filtered(kRamp, {Rotate{-270}}));
  EXPECT_EQ(turned.width, 20U);
  EXPECT_EQ(turned.at(0, 5), ramp(0, 0, 0));
  EXPECT_EQ(turned.at(59, 5), ramp(0, 59, 0));
  const Seen slanted(filtered(kRamp, {Rotate{45}}));
  EXPECT_GT(slanted.height, 50U);
  EXPECT_EQ(slanted.at(0, 0), 255);
}

TEST(ImageFilter, QuantizeLeavesSoManyLevelsAndGrayscaleOneChannel) {
  const Seen two(filtered(kRamp, {Quantize{2}}));
  EXPECT_TRUE(std::ranges::all_of(two.pixels, [](int p) { return p == 0 || p == 255; }));
  EXPECT_EQ(Seen(filtered(kRamp, {Quantize{256}})).at(1, 9), ramp(1, 9, 0));
  const Seen grey(filtered(kRamp, {Grayscale{}, Blur{1}, Noise{0.01}, Jpeg{90}, Resize{10, 10}}));
  EXPECT_EQ(grey.bands, 1U);
}

TEST(ImageFilter, BrokenOnesAreRefusedWhateverIsBroken) {
  for (const char* name : {"small.png", "receipt.png", "small.jpg", "progressive.jpg", "lossy.webp",
                           "lossless.webp", "alpha.webp"}) {
    const std::string whole = picture_file(name);
    EXPECT_EQ(code_of(filtered(whole.substr(0, whole.size() / 2), {})), codes::kInvalidImage)
        << name;
  }
  std::string flipped = picture_file("receipt.png");
  flipped[flipped.size() / 2] = static_cast<char>(flipped[flipped.size() / 2] ^ 0x55);
  EXPECT_EQ(code_of(filtered(flipped, {})), codes::kInvalidImage);
  for (const char* name : {"animated.png", "animated.webp", "one.gif"})
    EXPECT_EQ(code_of(filtered(picture_file(name), {})), codes::kInvalidImage) << name;
}

std::string with_size(std::uint32_t width, std::uint32_t height) {
  const std::string honest = png(8, 8, ramp);
  return png_begin(width, height) + honest.substr(png_begin(8, 8).size());
}

TEST(ImageFilter, OnesThatLieAboutTheirSizeAreRefused) {
  EXPECT_EQ(code_of(filtered(with_size(9, 8), {})), codes::kInvalidImage);
  EXPECT_EQ(code_of(filtered(with_size(8, 4'000), {})), codes::kInvalidImage) << "rows missing";
  EXPECT_EQ(code_of(filtered(with_size(60'000, 60'000), {})), codes::kImageTooLarge);
  EXPECT_EQ(code_of(filtered(with_size(0x7FFFFFFF, 0x7FFFFFFF), {})), codes::kImageTooLarge);
  EXPECT_EQ(code_of(filtered(with_size(20'000, 1), {})), codes::kImageTooLarge) << "one side";
  std::string webp = picture_file("alpha.webp");  // VP8X: 24 bits of width less one, from byte 24
  webp[24] = 10;
  EXPECT_EQ(code_of(filtered(webp, {})), codes::kInvalidImage);
}

TEST(ImageFilter, ADecompressionBombIsRefusedByItsHeader) {
  const std::string bomb = png(4'096, 4'097, [](auto, auto, auto) { return 0; }, 1);
  EXPECT_LT(bomb.size(), 100U * kKiB);
  EXPECT_EQ(code_of(filtered(bomb, {})), codes::kImageTooLarge);
  std::string scans = picture_file("progressive.jpg");
  const std::size_t scan = scans.rfind("\xff\xda");
  const std::string last = scans.substr(scan, scans.size() - 2 - scan);
  for (int i = 0; i < 200; ++i) scans.insert(scan, last);
  EXPECT_EQ(code_of(filtered(scans, {})), codes::kImageTooLarge);
}

TEST(ImageFilter, NothingGrowsOverALimitOnTheWay) {
  const auto enlarged = filtered(kRamp, {Resize{16'000, 16'000}});
  EXPECT_EQ(code_of(enlarged), codes::kImageTooLarge);
  Limits limits;
  limits.output_bytes = 100;
  EXPECT_EQ(code_of(filtered(kRamp, {Noise{0.2}}, 1, limits)), codes::kImageTooLarge);
  limits = {};
  limits.input_bytes = 100;
  EXPECT_EQ(code_of(filtered(kRamp, {}, 1, limits)), codes::kImageTooLarge);
  EXPECT_EQ(code_of(filtered(kRamp, {Crop{60, 0, 5, 5}})), codes::kScriptBadArgument);
}

TEST(ImageFilter, EndsAtItsDeadlineAndWhenStopped) {
  const std::string big = png(3'000, 2'000, [](auto y, auto x, auto) { return int(x ^ y) & 255; });
  EXPECT_EQ(code_of(filtered(big, {Blur{20}}, 1, {}, Deadline::in(Clock::duration(0)))),
            codes::kDeadlineExceeded);
  std::atomic<bool> stop = false;
  std::jthread later([&stop] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    stop = true;
  });
  const Recipe recipe{std::vector<Step>(16, Blur{20}), 1};
  const auto before = Clock::now();
  EXPECT_EQ(code_of(filter(big, recipe, {}, Deadline::never(), stop)), codes::kCancelled);
  EXPECT_LT(Clock::now() - before, std::chrono::seconds(20)) << "16 blurs take longer";
}

TEST(ImageFilter, ManyThreadsFilterAtOnce) {
  const std::string bytes = picture_file("receipt.png");
  const std::vector<Step> steps = {Unsharpen{1, 2}, Noise{0.02}, Jpeg{80}, Resize{200, 0}};
  const auto expected = filtered(bytes, steps);
  std::atomic<int> same = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int n = 0; n < 5; ++n) same += *filtered(bytes, steps) == *expected ? 1 : 0;
      });
  }
  EXPECT_EQ(same, 20);
}

TEST(ImageFilter, OnlyTheDecodersAndEncodersThatAreNeededCanRun) {
  ASSERT_TRUE(vips_library());
  void* handle = dlopen("libvips.so.42", RTLD_NOW | RTLD_NOLOAD);
  ASSERT_NE(handle, nullptr);
  using Load = int (*)(void*, std::size_t, VipsImage**, ...);
  const std::string gif = picture_file("one.gif"), png_bytes = picture_file("small.png");
  VipsImage* image = nullptr;
  void* data = const_cast<char*>(gif.data());
  for (const char* name : {"vips_gifload_buffer", "vips_svgload_buffer", "vips_pdfload_buffer"}) {
    const auto load = reinterpret_cast<Load>(dlsym(handle, name));
    ASSERT_NE(load, nullptr) << name;
    EXPECT_NE(load(data, gif.size(), &image, nullptr), 0) << name;
  }
  using LoadFile = int (*)(const char*, VipsImage**, ...);
  const auto from_file = reinterpret_cast<LoadFile>(dlsym(handle, "vips_pngload"));
  const std::string path = test::source_dir() + "/tests/data/images/small.png";
  EXPECT_NE(from_file(path.c_str(), &image, nullptr), 0) << "no file is read";
}

}  // namespace
}  // namespace gvm::image
