#include "net/body_decoder.h"

#include <brotli/decode.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

#include "base/ascii.h"
#include "base/size.h"

namespace gvm::net {
namespace {

constexpr std::size_t kPiece = 16 * kKiB;  // decoded at once

std::optional<Coding> offered(std::string_view name) {
  if (name == "gzip" || name == "x-gzip") return Coding::gzip;
  if (name == "deflate") return Coding::deflate;
  if (name == "br") return Coding::brotli;
  return std::nullopt;
}

// Registered at IANA, or in use: a body in one of these is of no use to who asked.
bool is_other_coding(std::string_view name) {
  static constexpr std::array<std::string_view, 11> kNames = {
      "aes128gcm", "bzip2", "compress", "dcb",        "dcz",         "exi",
      "lzma",      "xz",    "zstd",     "x-compress", "pack200-gzip"};
  return std::ranges::find(kNames, name) != kNames.end();
}

}  // namespace

std::optional<Coding> coding_of(const std::vector<std::string_view>& values) {
  Coding found = Coding::none;
  for (std::string_view list : values) {
    while (!list.empty()) {
      const auto comma = std::min(list.find(','), list.size());
      const std::string name = lowered(trim(list.substr(0, comma)));
      list.remove_prefix(std::min(comma + 1, list.size()));
      if (is_other_coding(name)) return std::nullopt;
      const auto coding = offered(name);
      if (!coding) continue;
      if (found != Coding::none) return std::nullopt;
      found = *coding;
    }
  }
  return found;
}

class BodyDecoder::Stream {
 public:
  virtual ~Stream() = default;
  // Decodes what is left of `input` into at most `room` bytes at `out`, and says how many.
  virtual Step next(std::string_view& input, char* out, std::size_t room, std::size_t& wrote) = 0;
  virtual bool complete() const = 0;

  std::string_view rest;
};

// gzip and deflate. What frames the data is known after two bytes, which are kept until then; so is
// what may be the beginning of a further member of gzip.
class BodyDecoder::Zlib final : public Stream {
 public:
  explicit Zlib(Coding coding) : gzip_(coding == Coding::gzip) {}
  ~Zlib() override {
    if (state_ == State::data) inflateEnd(&stream_);
  }

  Step next(std::string_view& input, char* out, std::size_t room, std::size_t& wrote) override {
    if (state_ == State::ignoring) {
      input = {};
      return Step::wants_input;
    }
    if (state_ == State::data) {
      if (input.empty() && !full_) return Step::wants_input;
      return feed(input, out, room, wrote);
    }
    while (head_.size() < kHead && !input.empty()) {
      head_ += input.front();
      input.remove_prefix(1);
    }
    if (head_.size() < kHead) return Step::wants_input;
    if (members_ > 0 && head_ != "\x1f\x8b") {
      state_ = State::ignoring;
      return Step::wrote;
    }
    begin_member();
    std::string_view head = head_;
    return feed(head, out, room, wrote);
  }
  // What follows a member is no other one as long as its first byte is all there is of it.
  bool complete() const override {
    return state_ == State::ignoring || (state_ == State::head && (members_ > 0 || head_.empty()));
  }

 private:
  enum class State { head, data, ignoring };
  static constexpr std::size_t kHead = 2;

  void begin_member() {
    constexpr int kWindow = 15;
    constexpr int kGzip = 16;
    const int window = gzip_ ? kWindow + kGzip : has_frame() ? kWindow : -kWindow;
    if (inflateInit2(&stream_, window) != Z_OK) throw std::bad_alloc();
    state_ = State::data;
  }

  // RFC 1950, 2.2: method 8, and both bytes together a multiple of 31.
  bool has_frame() const {
    const auto first = static_cast<unsigned char>(head_[0]);
    const auto second = static_cast<unsigned char>(head_[1]);
    return (first & 0x0F) == Z_DEFLATED && (first * 256U + second) % 31 == 0;
  }

  Step feed(std::string_view& from, char* out, std::size_t room, std::size_t& wrote) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(from.data()));
    stream_.avail_in = static_cast<uInt>(from.size());
    stream_.next_out = reinterpret_cast<Bytef*>(out);
    stream_.avail_out = static_cast<uInt>(room);
    const int code = inflate(&stream_, Z_NO_FLUSH);
    from.remove_prefix(from.size() - stream_.avail_in);
    wrote = room - stream_.avail_out;
    full_ = stream_.avail_out == 0;
    if (code == Z_STREAM_END) end_member();
    return code == Z_STREAM_END || code == Z_OK || code == Z_BUF_ERROR ? Step::wrote : Step::broken;
  }

  void end_member() {
    inflateEnd(&stream_);
    stream_ = z_stream();
    ++members_;
    head_.clear();
    full_ = false;
    state_ = gzip_ ? State::head : State::ignoring;
  }

  bool gzip_;
  State state_ = State::head;
  int members_ = 0;
  std::string head_;   // the first bytes of a member
  bool full_ = false;  // there may be more to come without further input
  z_stream stream_{};
};

class BodyDecoder::Brotli final : public Stream {
 public:
  Brotli() : state_(BrotliDecoderCreateInstance(nullptr, nullptr, nullptr)) {
    if (state_ == nullptr) throw std::bad_alloc();
  }
  ~Brotli() override { BrotliDecoderDestroyInstance(state_); }

  Step next(std::string_view& input, char* out, std::size_t room, std::size_t& wrote) override {
    if (done_) input = {};
    if (input.empty() && !more_output_) return Step::wants_input;
    began_ = true;
    const auto* from = reinterpret_cast<const std::uint8_t*>(input.data());
    auto* to = reinterpret_cast<std::uint8_t*>(out);
    std::size_t left = input.size();
    std::size_t free = room;
    const auto result = BrotliDecoderDecompressStream(state_, &left, &from, &free, &to, nullptr);
    wrote = room - free;
    input.remove_prefix(input.size() - left);
    more_output_ = result == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
    done_ = result == BROTLI_DECODER_RESULT_SUCCESS;
    if (result == BROTLI_DECODER_RESULT_ERROR) return Step::broken;
    return more_output_ ? Step::wrote : Step::wants_input;
  }
  bool complete() const override { return done_ || !began_; }

 private:
  BrotliDecoderState* state_;
  bool began_ = false;
  bool done_ = false;
  bool more_output_ = false;
};

BodyDecoder::BodyDecoder(Coding coding) {
  if (coding == Coding::brotli)
    stream_ = std::make_unique<Brotli>();
  else
    stream_ = std::make_unique<Zlib>(coding);
}

BodyDecoder::~BodyDecoder() = default;
BodyDecoder::BodyDecoder(BodyDecoder&&) noexcept = default;
BodyDecoder& BodyDecoder::operator=(BodyDecoder&&) noexcept = default;

void BodyDecoder::start(std::string_view data) {
  stream_->rest = data;
}

BodyDecoder::Step BodyDecoder::next(std::string& out) {
  std::array<char, kPiece> piece;
  std::size_t wrote = 0;
  const Step step = stream_->next(stream_->rest, piece.data(), piece.size(), wrote);
  out.append(piece.data(), wrote);
  return step;
}

bool BodyDecoder::complete() const {
  return stream_->complete();
}

}  // namespace gvm::net
