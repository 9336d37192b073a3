// Writes PNG files (ISO/IEC 15948): eight bits a channel, each byte predicted from the pixel to its
// left, one IDAT chunk. libvips' writer looks for repetitions in noise, where there are none: that
// took as long as three filters.
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string>

#include "base/error_codes.h"
#include "base/size.h"
#include "image/huffman.h"
#include "image/picture.h"
#include "image/pixels.h"

namespace gvm::image {
namespace {

constexpr std::string_view kSignature = "\x89PNG\r\n\x1a\n";
constexpr unsigned char kNone = 0;  // filter types, 9.2
constexpr unsigned char kSub = 1;
constexpr std::size_t kBatch = 256 * kKiB;  // between looks at the deadline
constexpr std::size_t kStrips = 4;
constexpr std::size_t kStripRows = 8;
// Bits a predicted byte. Above, single codes save under a twentieth.
constexpr double kRandomBits = 7.6;
// The search for repetitions takes many times as long as codes for single bytes.
constexpr double kWorthwhile = 0.9;

// Appends a row as the filter has it: its type, then its bytes.
void append_row(std::string& out, std::span<const unsigned char> row, unsigned bands,
                unsigned char filter) {
  const std::size_t begin = out.size();
  out.resize(begin + 1 + row.size());
  auto* to = reinterpret_cast<unsigned char*>(out.data()) + begin;
  *to++ = filter;
  if (filter == kNone)
    std::ranges::copy(row, to);
  else
    predict_from_left(row, bands, {to, row.size()});
}

std::span<const unsigned char> row_of(const Picture& picture, std::size_t y) {
  const std::size_t width = std::size_t{picture.width} * picture.bands;
  return std::span<const unsigned char>(picture.pixels.get(), picture.size())
      .subspan(y * width, width);
}

// Predicted bytes of strips from all over the picture: repetitions are found within a strip.
std::string sample_of(const Picture& picture) {
  std::string sample;
  const std::size_t distance = std::max<std::size_t>(kStripRows, picture.height / kStrips);
  for (std::size_t begin = 0; begin < picture.height; begin += distance) {
    const std::size_t end = std::min<std::size_t>(picture.height, begin + kStripRows);
    for (std::size_t y = begin; y < end; ++y)
      append_row(sample, row_of(picture, y), picture.bands, kSub);
  }
  return sample;
}

// Shannon's entropy.
double bits_a_byte(std::string_view bytes) {
  std::array<std::size_t, 256> counts{};
  for (const char byte : bytes) ++counts[static_cast<unsigned char>(byte)];
  double bits = 0;
  for (const auto count : counts) {
    const double share = static_cast<double>(count) / static_cast<double>(bytes.size());
    if (count > 0) bits -= share * std::log2(share);
  }
  return bits;
}

// Whether a search for repetitions makes the sample much shorter than codes for single bytes do.
bool has_repetitions(std::string_view sample, double bits) {
  std::string out(::compressBound(sample.size()), '\0');
  uLongf size = out.size();
  const auto* from = reinterpret_cast<const Bytef*>(sample.data());
  auto* to = reinterpret_cast<Bytef*>(out.data());
  if (::compress2(to, &size, from, sample.size(), Z_BEST_SPEED) != Z_OK) return true;
  return static_cast<double>(size) < kWorthwhile * bits * static_cast<double>(sample.size()) / 8;
}

enum class Way : std::uint8_t { repetitions, single_bytes, as_it_is };

Way way_for(const Picture& picture, const Limits& limits) {
  const std::string sample = sample_of(picture);
  const double bits = bits_a_byte(sample);
  constexpr std::size_t kOverhead = 64 * kKiB;  // of chunks, rows and stored blocks
  const bool fits = picture.size() + kOverhead <= limits.output_bytes;
  if (bits > kRandomBits && fits) return Way::as_it_is;
  return has_repetitions(sample, bits) ? Way::repetitions : Way::single_bytes;
}

void append_number(std::string& out, std::size_t number) {
  for (const int shift : {24, 16, 8, 0}) out += static_cast<char>(number >> shift & 0xFF);
}

// A chunk is written in place: its data is appended between begin and end.
std::size_t begin_chunk(std::string& out, std::string_view type) {
  append_number(out, 0);
  out += type;
  return out.size();
}

void end_chunk(std::string& out, std::size_t begin) {
  constexpr std::size_t kNumber = 4;
  std::string length;
  append_number(length, out.size() - begin);
  out.replace(begin - 2 * kNumber, kNumber, length);
  const auto* from = reinterpret_cast<const Bytef*>(out.data()) + begin - kNumber;
  append_number(out, ::crc32_z(0, from, out.size() - begin + kNumber));
}

// Compresses to the end of a text.
class Deflater {
 public:
  Deflater(int level, std::string& out) : out_(out) {
    constexpr int kWindowBits = 15;  // 10.1: at most
    constexpr int kMemoryLevel = 9;
    good_ = ::deflateInit2(&stream_, level, Z_DEFLATED, kWindowBits, kMemoryLevel,
                           Z_DEFAULT_STRATEGY) == Z_OK;
  }
  ~Deflater() { ::deflateEnd(&stream_); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  bool good() const { return good_; }

  void add(std::string_view bytes, HuffmanWriter::Block block) {
    const int flush = block == HuffmanWriter::Block::last ? Z_FINISH : Z_NO_FLUSH;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      const std::size_t before = out_.size();
      out_.resize(before + kBatch);
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data()) + before;
      stream_.avail_out = static_cast<uInt>(kBatch);
      (void)::deflate(&stream_, flush);
      out_.resize(before + kBatch - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

 private:
  std::string& out_;
  z_stream stream_{};
  bool good_ = false;
};

// Gives a writer all rows, with a filter, in batches.
template <class Writer>
Result<void> write_rows(const Run& run, const Picture& picture, unsigned char filter,
                        Writer& writer, const std::string& out) {
  std::string rows;
  for (std::size_t y = 0; y < picture.height; ++y) {
    append_row(rows, row_of(picture, y), picture.bands, filter);
    const bool last = y + 1 == picture.height;
    if (rows.size() < kBatch && !last) continue;
    writer.add(rows, last ? HuffmanWriter::Block::last : HuffmanWriter::Block::more);
    rows.clear();
    if (auto more = run.go_on(); !more) return more;
    if (auto fits = run.check_output(out.size()); !fits) return fits;
  }
  return {};
}

Result<void> append_pixels(const Run& run, const Picture& picture, std::string& out) {
  const Way way = way_for(picture, run.limits());
  if (way == Way::single_bytes) {
    HuffmanWriter writer(out);
    return write_rows(run, picture, kSub, writer, out);
  }
  Deflater deflater(way == Way::as_it_is ? 0 : 1, out);
  if (!deflater.good())
    return fail(codes::kInternal, Fatality::fatal, "no memory to compress an image");
  return write_rows(run, picture, way == Way::as_it_is ? kNone : kSub, deflater, out);
}

}  // namespace

Result<std::string> encode_png(const Run& run, const Picture& picture) {
  std::string out(kSignature);
  const auto head = begin_chunk(out, "IHDR");
  append_number(out, picture.width);
  append_number(out, picture.height);
  out += '\x08';                              // bits a channel
  out += picture.bands == 1 ? '\0' : '\x02';  // grey or RGB
  out.append(3, '\0');                        // the only compression, filters, no interlace
  end_chunk(out, head);
  const auto data = begin_chunk(out, "IDAT");
  if (auto written = append_pixels(run, picture, out); !written)
    return fail(std::move(written).error());
  end_chunk(out, data);
  end_chunk(out, begin_chunk(out, "IEND"));
  if (auto fits = run.check_output(out.size()); !fits) return fail(std::move(fits).error());
  return out;
}

}  // namespace gvm::image
