#include "image/header.h"

#include <optional>
#include <string>

#include "base/error_codes.h"
#include "image/bytes.h"

namespace gvm::image {
namespace {

// Before the picture's data: more chunks or segments than any program writes.
constexpr int kMostParts = 10'000;
constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";

std::unexpected<Error> invalid(std::string_view format, std::string_view what) {
  return fail(codes::kInvalidImage, Fatality::user, std::string(format) + ": " + std::string(what));
}

// PNG, 11.2.1. Colour types: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGB and alpha.
std::optional<Header> read_ihdr(Bytes data) {
  Header header{.format = Format::png};
  header.width = data.big32(0);
  header.height = data.big32(4);
  header.bits = data.at(8);
  const unsigned colour = data.at(9);
  if (colour != 0 && colour != 2 && colour != 3 && colour != 4 && colour != 6) return std::nullopt;
  header.alpha = colour >= 4;
  header.channels = (colour == 0 || colour == 4 ? 1U : 3U) + (header.alpha ? 1U : 0U);
  if (colour == 3) header.bits = 8;
  return header;
}

Result<Header> read_png(Bytes bytes) {
  constexpr std::size_t kChunkFrame = 12;  // length, type, CRC
  constexpr std::size_t kIhdr = 13;
  std::optional<Header> header;
  std::size_t at = kPngSignature.size();
  for (int parts = 0; parts < kMostParts && bytes.has(at, kChunkFrame); ++parts) {
    const std::size_t length = bytes.big32(at);
    const auto type = bytes.text(at + 4, 4);
    if (!bytes.has(at, kChunkFrame + length)) break;
    if (!header) {
      if (type != "IHDR" || length != kIhdr) return invalid("PNG", "it does not begin with IHDR");
      header = read_ihdr(bytes.from(at + 8));
      if (!header) return invalid("PNG", "the colour type is unknown");
    } else if (type == "acTL") {
      header->animated = true;
    } else if (type == "tRNS" && !header->alpha) {
      header->alpha = true;
      header->channels += 1;
    } else if (type == "IDAT") {
      return *header;
    }
    at += kChunkFrame + length;
  }
  if (!header) return invalid("PNG", "the header is cut off");
  return invalid("PNG", "it has no picture data");
}

constexpr unsigned kEndOfImage = 0xD9;
constexpr unsigned kStartOfScan = 0xDA;

bool is_frame(unsigned marker) {
  return marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC;
}

// T.81, B.2.2.
std::optional<Header> read_sof(Bytes segment) {
  if (!segment.has(0, 6)) return std::nullopt;
  Header header{.format = Format::jpeg};
  header.bits = segment.at(0);
  header.height = segment.big16(1);
  header.width = segment.big16(3);
  header.channels = segment.at(5);
  const bool usual = header.channels == 1 || header.channels == 3 || header.channels == 4;
  if (!usual || header.bits != 8) return std::nullopt;
  if (header.channels == 4) header.channels = 3;  // CMYK is decoded to RGB
  return header;
}

// A marker and its segment; `next` is where the following one begins.
struct Segment {
  unsigned marker = 0;
  Bytes data{{}};
  std::size_t next = 0;
};

std::optional<Segment> segment_at(Bytes bytes, std::size_t at) {
  if (!bytes.has(at, 2) || bytes.at(at) != 0xFF) return std::nullopt;
  const unsigned marker = bytes.at(at + 1);
  const bool fill = marker == 0xFF;
  const bool bare = marker == 0x01 || (marker >= 0xD0 && marker <= kEndOfImage);
  if (fill || bare) return Segment{marker, Bytes({}), at + (fill ? 1 : 2)};
  const std::size_t length = bytes.big16(at + 2);
  if (length < 2 || !bytes.has(at + 2, length)) return std::nullopt;
  return Segment{marker, bytes.from(at + 4).first(length - 2), at + 2 + length};
}

Result<Header> read_jpeg(Bytes bytes) {
  std::optional<Header> header;
  std::size_t at = 2;
  for (int parts = 0; parts < kMostParts; ++parts) {
    const auto segment = segment_at(bytes, at);
    if (!segment || segment->marker == kEndOfImage) break;
    if (segment->marker == kStartOfScan) {
      if (!header) return invalid("JPEG", "a scan comes before its frame");
      return *header;
    }
    if (is_frame(segment->marker)) {
      if (header) return invalid("JPEG", "it has more than one frame");
      header = read_sof(segment->data);
      if (!header) return invalid("JPEG", "the frame is of an unknown form");
    }
    at = segment->next;
  }
  return invalid("JPEG", "it has no picture data");
}

// RFC 9649, 2.7 and RFC 6386, 9.1.
bool read_webp_chunk(std::string_view type, Bytes data, Header& header) {
  if (type == "VP8X" && data.has(0, 10)) {
    constexpr unsigned kAnimation = 0x02, kAlpha = 0x10;
    header.animated = (data.at(0) & kAnimation) != 0;
    header.alpha = (data.at(0) & kAlpha) != 0;
    header.width = 1 + data.little24(4);
    header.height = 1 + data.little24(7);
    return true;
  }
  if (type == "VP8L" && data.has(0, 5) && data.at(0) == 0x2F) {
    const std::uint32_t bits = data.little32(1);
    header.width = 1 + (bits & 0x3FFF);
    header.height = 1 + ((bits >> 14) & 0x3FFF);
    header.alpha = ((bits >> 28) & 1) != 0;
    return true;
  }
  if (type == "VP8 " && data.has(0, 10) && data.text(3, 3) == "\x9d\x01\x2a") {
    header.width = data.little16(6) & 0x3FFF;
    header.height = data.little16(8) & 0x3FFF;
    return true;
  }
  return false;
}

Result<Header> read_webp(Bytes bytes) {
  constexpr std::size_t kFirstChunk = 12;
  if (!bytes.has(kFirstChunk, 8)) return invalid("WebP", "the header is cut off");
  Header header{.format = Format::webp};
  const std::size_t length = bytes.little32(kFirstChunk + 4);
  const Bytes data = bytes.from(kFirstChunk + 8).first(length);
  if (!read_webp_chunk(bytes.text(kFirstChunk, 4), data, header))
    return invalid("WebP", "it does not begin with a picture");
  header.channels = header.alpha ? 4 : 3;
  return header;
}

// The entropy-coded data of a scan ends at the next marker; stuffed zeros and restarts are its own.
std::size_t skip_scan(Bytes bytes, std::size_t at) {
  while (true) {
    at = bytes.find(0xFF, at);
    if (!bytes.has(at, 2)) return at;
    const unsigned next = bytes.at(at + 1);
    if (next != 0 && !(next >= 0xD0 && next <= 0xD7) && next != 0xFF) return at;
    at += next == 0xFF ? 1 : 2;
  }
}

Result<Header> read_any(std::string_view bytes) {
  if (bytes.starts_with(kPngSignature)) return read_png(Bytes(bytes));
  if (bytes.starts_with("\xff\xd8\xff")) return read_jpeg(Bytes(bytes));
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP"))
    return read_webp(Bytes(bytes));
  return fail(codes::kInvalidImage, Fatality::user, "the image is neither PNG, JPEG nor WebP");
}

}  // namespace

std::string_view format_name(Format format) {
  switch (format) {
    case Format::png:
      return "png";
    case Format::jpeg:
      return "jpeg";
    case Format::webp:
      return "webp";
  }
  return "png";
}

Result<Header> read_header(std::string_view bytes) {
  auto header = read_any(bytes);
  if (header && (header->width == 0 || header->height == 0))
    return invalid(format_name(header->format), "it has no pixels");
  return header;
}

unsigned jpeg_scans(std::string_view jpeg, unsigned most) {
  const Bytes bytes(jpeg);
  unsigned scans = 0;
  std::size_t at = 2;
  while (scans <= most) {
    const auto segment = segment_at(bytes, at);
    if (!segment || segment->marker == kEndOfImage) break;
    at = segment->next;
    if (segment->marker != kStartOfScan) continue;
    ++scans;
    at = skip_scan(bytes, at);
  }
  return scans;
}

}  // namespace gvm::image
