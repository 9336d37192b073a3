// What headers say, of files of real programs and of hostile ones.
#include "image/header.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "image/test_images.h"

namespace gvm::image {
namespace {

std::string shown(const std::string& bytes) {
  const auto header = read_header(bytes);
  if (!header) return std::string(header.error().code());
  return fmt::format("{} {}x{} {}x{}{}{}", format_name(header->format), header->width,
                     header->height, header->channels, header->bits, header->alpha ? " alpha" : "",
                     header->animated ? " animated" : "");
}

TEST(ImageHeader, ReadsEveryFormOfTheThreeFormats) {
  const std::pair<const char*, const char*> rows[] = {
      {"small.png", "png 48x32 3x8"},
      {"grey.png", "png 48x32 1x8"},
      {"palette.png", "png 48x32 3x8"},
      {"grey16.png", "png 20x10 1x16"},
      {"alpha.png", "png 48x32 4x8 alpha"},
      {"animated.png", "png 48x32 3x8 animated"},
      {"small.jpg", "jpeg 48x32 3x8"},
      {"grey.jpg", "jpeg 48x32 1x8"},
      {"cmyk.jpg", "jpeg 48x32 3x8"},
      {"progressive.jpg", "jpeg 48x32 3x8"},
      {"turned.jpg", "jpeg 48x32 3x8"},
      {"lossy.webp", "webp 48x32 3x8"},
      {"lossless.webp", "webp 48x32 3x8"},
      {"alpha.webp", "webp 48x32 4x8 alpha"},
      {"animated.webp", "webp 48x32 3x8 animated"},
      {"one.gif", "INVALID_IMAGE"},
  };
  for (const auto& [file, expected] : rows) EXPECT_EQ(shown(picture_file(file)), expected) << file;
}

TEST(ImageHeader, EveryCutThroughAFileIsAnErrorOrTheSameHeader) {
  for (const char* file : {"alpha.png", "progressive.jpg", "turned.jpg", "lossy.webp", "alpha.webp",
                           "animated.webp"}) {
    const std::string whole = picture_file(file);
    const std::string expected = shown(whole);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const std::string found = shown(whole.substr(0, size));
      EXPECT_TRUE(found == expected || found == "INVALID_IMAGE") << file << " " << size << found;
    }
  }
}

TEST(ImageHeader, RefusesWhatIsNoPicture) {
  const std::string no_data = png_begin(4, 4) + png_chunk("IEND", "");
  const std::pair<const char*, std::string> rows[] = {
      {"nothing", ""},
      {"text", "hello, world"},
      {"a signature alone", "\x89PNG\r\n\x1a\n"},
      {"no picture data", no_data},
      {"no pixels", png_begin(0, 7) + png_chunk("IDAT", "x")},
      {"an unknown colour type", png_begin(4, 4, 8, 5) + png_chunk("IDAT", "x")},
      {"a chunk before the header",
       "\x89PNG\r\n\x1a\n" + png_chunk("IDAT", "x") + png_begin(4, 4).substr(8)},
      {"a chunk longer than the file", png_begin(4, 4) + big32(0xFFFFFFFFU) + "IDATx"},
      {"a JPEG of nothing", "\xff\xd8\xff\xd9"},
      {"a scan without a frame", std::string("\xff\xd8\xff\xda\0\x02", 6)},
      {"a frame of 12 bits", std::string("\xff\xd8\xff\xc0\0\x0b\x0c\0\x08\0\x08\x01\1\x11\0", 15)},
      {"a WebP of sound", std::string("RIFF\0\0\0\0WEBPALPH\x04\0\0\0aaaa", 24)},
  };
  for (const auto& [what, bytes] : rows) EXPECT_EQ(shown(bytes), "INVALID_IMAGE") << what;
}

TEST(ImageHeader, GivesUpAfterTenThousandParts) {
  std::string chunks = png_begin(4, 4), segments = "\xff\xd8\xff";
  for (int i = 0; i < 20'000; ++i) chunks += png_chunk("tEXt", "");
  EXPECT_EQ(shown(chunks + png_chunk("IDAT", "x")), "INVALID_IMAGE");
  segments += std::string(1'000'000, '\xff');
  EXPECT_EQ(shown(segments), "INVALID_IMAGE");
}

TEST(ImageHeader, CountsScansAndNotWhatLooksLikeOne) {
  EXPECT_EQ(jpeg_scans(picture_file("small.jpg"), 100), 1U);
  EXPECT_GT(jpeg_scans(picture_file("progressive.jpg"), 100), 5U);
  EXPECT_EQ(jpeg_scans(picture_file("progressive.jpg"), 3), 4U) << "no further than asked";
  const std::string stuffed("\xff\xd8\xff\xda\0\x02 \xff\0\xda \xff\xd0 \xff\xff\xd9", 17);
  EXPECT_EQ(jpeg_scans(stuffed, 100), 1U);
}

}  // namespace
}  // namespace gvm::image
