#pragma once
// Content codings of an answer (RFC 9110, 8.4): gzip, also of several members, deflate with and
// without zlib's frame, and brotli. Decoded here rather than by libcurl, which fails at the names
// that servers invent and takes an end within the compressed data for a good one.
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gvm::net {

enum class Coding { none, gzip, deflate, brotli };

// What Accept-Encoding offers. zstd is left out: its window lets a server claim 128 MiB for each
// answer.
inline constexpr std::string_view kOfferedCodings = "gzip, deflate, br";

// The coding that the values of Content-Encoding name. Names of no coding (`UTF-8`, `none`, an
// empty one) count as none; empty for a coding that was not offered, and for stacked ones: these
// multiply what a small answer can cost.
std::optional<Coding> coding_of(const std::vector<std::string_view>& values);

class BodyDecoder {
 public:
  enum class Outcome { more, full, broken };

  explicit BodyDecoder(Coding coding);
  ~BodyDecoder();
  BodyDecoder(BodyDecoder&&) noexcept;
  BodyDecoder& operator=(BodyDecoder&&) noexcept;

  // Appends to `out` what `data` decodes to, piece by piece; after each, `goes_on(out)` may end it
  // with `full`. Bytes after the end of the compressed data are ignored, as browsers do.
  template <class F>
  Outcome decode(std::string_view data, std::string& out, F&& goes_on) {
    start(data);
    while (true) {
      const Step step = next(out);
      if (step == Step::broken) return Outcome::broken;
      if (!goes_on(out)) return Outcome::full;
      if (step == Step::wants_input) return Outcome::more;
    }
  }
  // Whether the compressed data ended where it says; true when there was none.
  bool complete() const;

 private:
  enum class Step { wants_input, wrote, broken };
  void start(std::string_view data);
  Step next(std::string& out);

  class Stream;
  class Zlib;
  class Brotli;
  std::unique_ptr<Stream> stream_;
};

}  // namespace gvm::net
