#include <sys/random.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>

#include "host/arguments.h"
#include "host/functions.h"

namespace gvm::host {

namespace {

Result<Value> random_bytes(const RandomSource& random, std::size_t most, Args& args) {
  const auto count =
      Arguments("lib.rs.random_bytes", args).integer(0, "n", 0, static_cast<std::int64_t>(most));
  if (!count) return fail(count.error());
  std::string bytes(static_cast<std::size_t>(*count), '\0');
  random({reinterpret_cast<unsigned char*>(bytes.data()), bytes.size()});
  return Value::bytes(std::move(bytes));
}

Result<Value> random_float(const RandomSource& random) {
  constexpr unsigned kMantissaBits = 53;
  unsigned char bytes[sizeof(std::uint64_t)];
  random(bytes);
  std::uint64_t bits = 0;
  std::memcpy(&bits, bytes, sizeof bits);
  const double steps = static_cast<double>(std::uint64_t{1} << kMantissaBits);
  return Value::real(static_cast<double>(bits >> (64 - kMantissaBits)) / steps);
}

}  // namespace

RandomSource system_random() {
  return [](std::span<unsigned char> out) {
    while (!out.empty()) {
      const ssize_t got = getrandom(out.data(), out.size(), 0);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw std::system_error(errno, std::generic_category(), "getrandom");
      out = out.subspan(static_cast<std::size_t>(got));
    }
  };
}

void add_random_functions(script::HostTable& table, const Limits& limits,
                          const RandomSource& random) {
  const std::size_t most = limits.random_bytes;
  table.functions.push_back(
      {kCommonLibrary, "random_bytes", "fun(n: integer): string",
       "`n` random bytes from the operating system, at most 65536 a call.",
       [random, most](script::Session&, Args& args) { return random_bytes(random, most, args); }});
  table.functions.push_back({kCommonLibrary, "random_float", "fun(): number",
                             "A random number from 0 to below 1, of 53 random bits.",
                             [random](script::Session&, Args&) { return random_float(random); }});
}

}  // namespace gvm::host
