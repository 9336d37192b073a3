#include "support/mock_upstream/latency.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "support/mock_upstream/fields.h"

namespace gvm::mock {
namespace {

constexpr double kMicrosecondsPerMs = 1000;

microseconds scaled(microseconds span, double factor) {
  return microseconds(std::llround(static_cast<double>(span.count()) * factor));
}

// Box and Muller, from two halves of one number.
double normal(std::uint64_t random) {
  constexpr double kHalf = 4294967296.0;
  const double a = (static_cast<double>(random >> 32) + 1) / (kHalf + 1);  // never 0
  const double b = static_cast<double>(random & 0xffffffffU) / kHalf;
  return std::sqrt(-2 * std::log(a)) * std::cos(2 * std::numbers::pi * b);
}

Result<microseconds> ms_of(const Value& value, const std::string& where) {
  double ms = -1;
  if (const auto* real = value.as_real()) ms = *real;
  if (const auto* integer = value.as_integer()) ms = integer->to_double();
  if (ms < 0) return bad_script(where + ": milliseconds are expected");
  return microseconds(std::llround(ms * kMicrosecondsPerMs));
}

Result<Latency> parse_uniform(const Value& value, const std::string& where) {
  const auto* pair = value.as_array();
  if (pair == nullptr || pair->size() != 2) return bad_script(where + ": [low, high] is expected");
  const auto low = ms_of((*pair)[0], where);
  const auto high = ms_of((*pair)[1], where);
  if (!low) return fail(low.error());
  if (!high) return fail(high.error());
  if (*high < *low) return bad_script(where + ": low must not be over high");
  return Latency::uniform(*low, *high);
}

Result<Latency> parse_lognormal(const Value& value, const std::string& where) {
  Latency out = Latency::lognormal(microseconds(0), 0, microseconds::max());
  Fields fields(value, where);
  fields.read_ms("median_ms", out.low);
  fields.read("sigma", out.shape);
  if (fields.has("most_ms")) {
    out.high = microseconds(0);
    fields.read_ms("most_ms", out.high);
  }
  if (auto ok = fields.done(); !ok) return fail(std::move(ok).error());
  return out;
}

Result<Latency> parse_bimodal(const Value& value, const std::string& where) {
  Latency out = Latency::bimodal(microseconds(0), microseconds(0), 0);
  Fields fields(value, where);
  fields.read_ms("usual_ms", out.low);
  fields.read_ms("slow_ms", out.high);
  fields.read("slow_share", out.shape);
  if (out.shape > 1) fields.complain("slow_share", "a share of at most 1");
  if (auto ok = fields.done(); !ok) return fail(std::move(ok).error());
  return out;
}

}  // namespace

// splitmix64's finalizer, over each argument in turn.
std::uint64_t scramble(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
  std::uint64_t out = seed;
  for (const std::uint64_t part : {stream, index}) {
    out += part + 0x9e3779b97f4a7c15U;
    out = (out ^ (out >> 30)) * 0xbf58476d1ce4e5b9U;
    out = (out ^ (out >> 27)) * 0x94d049bb133111ebU;
    out ^= out >> 31;
  }
  return out;
}

double unit_interval(std::uint64_t random) {
  constexpr int kMantissaBits = 53;
  return std::ldexp(static_cast<double>(random >> (64 - kMantissaBits)), -kMantissaBits);
}

microseconds Latency::draw(std::uint64_t random) const {
  switch (kind) {
    case Kind::fixed:
      return low;
    case Kind::uniform:
      return low + scaled(high - low, unit_interval(random));
    case Kind::lognormal: {
      const double factor = std::exp(shape * normal(random));
      const double most = static_cast<double>(high.count());
      return static_cast<double>(low.count()) * factor >= most ? high : scaled(low, factor);
    }
    case Kind::bimodal:
      return unit_interval(random) < shape ? high : low;
  }
  return low;
}

Result<Latency> parse_latency(const Value& value, const std::string& where) {
  const auto* map = value.as_map();
  if (map == nullptr) {
    const auto ms = ms_of(value, where);
    if (!ms) return fail(ms.error());
    return Latency::fixed(*ms);
  }
  if (map->size() == 1) {
    const auto& [name, content] = *map->begin();
    const std::string path = where + "." + std::string(name.view());
    if (name.view() == "uniform") return parse_uniform(content, path);
    if (name.view() == "lognormal") return parse_lognormal(content, path);
    if (name.view() == "bimodal") return parse_bimodal(content, path);
  }
  return bad_script(where + ": milliseconds, uniform, lognormal or bimodal is expected");
}

}  // namespace gvm::mock
