#include "support/gzip.h"

#include <boost/beast/zlib/deflate_stream.hpp>
#include <boost/crc.hpp>
#include <cstdint>
#include <stdexcept>

namespace gvm::test {
namespace {

std::string little_endian(std::uint32_t value) {
  std::string out;
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<char>(value >> shift));
  return out;
}

std::string deflate(std::string_view plain) {
  namespace zlib = boost::beast::zlib;
  zlib::deflate_stream stream;
  std::string out(stream.upper_bound(plain.size()), '\0');
  zlib::z_params z;
  z.next_in = plain.data();
  z.avail_in = plain.size();
  z.next_out = out.data();
  z.avail_out = out.size();
  boost::system::error_code ec;
  stream.write(z, zlib::Flush::finish, ec);
  if (ec != zlib::error::end_of_stream) throw std::runtime_error("deflate: " + ec.message());
  out.resize(z.total_out);
  return out;
}

}  // namespace

std::string gzip(std::string_view plain) {
  // RFC 1952, 2.3: magic, deflate, no flags, no time, no extra flags, Unix.
  const std::string header("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10);
  boost::crc_32_type crc;
  crc.process_bytes(plain.data(), plain.size());
  return header + deflate(plain) + little_endian(crc.checksum()) +
         little_endian(static_cast<std::uint32_t>(plain.size()));
}

}  // namespace gvm::test
