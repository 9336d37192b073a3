// Short texts are looked for by memmem, window by window. For a long one memmem would read all of
// it again in every window, so that is found by a rolling hash (Rabin and Karp), whose base no
// script knows, and then compared.
#include "script/sandbox_search.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <lua.hpp>
#include <new>
#include <optional>
#include <string_view>

#include "base/size.h"
#include "script/random_bits.h"
#include "script/vm.h"

namespace gvm::script {

namespace {

// A window takes up to half a millisecond: memmem takes 8 ns a byte where all but the end matches.
constexpr std::size_t kWindow = 64 * kKiB;
constexpr std::size_t kLongestByWindows = 4 * kKiB;
constexpr std::size_t kHashedAPiece = 128 * kKiB;  // 3 ns a byte

std::string_view text_at(lua_State* L, int index) {
  std::size_t size = 0;
  const char* data = lua_tolstring(L, index, &size);
  return {data, size};
}

int push_span(lua_State* L, std::size_t begin, std::size_t size) {
  lua_pushinteger(L, static_cast<lua_Integer>(begin) + 1);
  lua_pushinteger(L, static_cast<lua_Integer>(begin + size));
  return 2;
}

int push_none(lua_State* L) {
  lua_pushnil(L);
  return 1;
}

// --- Window by window.

std::optional<std::size_t> find_in(std::string_view text, std::string_view wanted) {
  const void* found = memmem(text.data(), text.size(), wanted.data(), wanted.size());
  if (found == nullptr) return std::nullopt;
  return static_cast<const char*>(found) - text.data();
}

int search_windows(lua_State* L, int, lua_KContext start) {
  const std::string_view subject = text_at(L, 1);
  const std::string_view wanted = text_at(L, 2);
  for (auto from = static_cast<std::size_t>(start);; from += kWindow) {
    // A text that begins in the window may end behind it.
    const auto found = find_in(subject.substr(from, kWindow + wanted.size() - 1), wanted);
    if (found) return push_span(L, from + *found, wanted.size());
    if (subject.size() - from <= kWindow) return push_none(L);
    if (Vm::of(L).must_pause(L)) {
      return Vm::pause(L, static_cast<lua_KContext>(from + kWindow), search_windows);
    }
  }
}

// --- By a rolling hash, modulo the prime 2^61 - 1.

constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61U) - 1;

std::uint64_t reduced(std::uint64_t value) {
  return value >= kPrime ? value - kPrime : value;
}

std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide wide = static_cast<Wide>(a) * b;
  const auto low = static_cast<std::uint64_t>(wide) & kPrime;
  return reduced(low + static_cast<std::uint64_t>(wide >> 61U));
}

std::uint64_t secret_base() {
  static const std::uint64_t kBase = random_bits() % (kPrime - 512) + 256;
  return kBase;
}

// Trivially destructible: a userdata, which stays where a pause leaves.
class HashSearch {
 public:
  explicit HashSearch(std::size_t from) : from_(from), base_(secret_base()) {}

  // Takes a piece. Whether it is over: then found() tells.
  bool take(std::string_view subject, std::string_view wanted);
  std::optional<std::size_t> found() const {
    return is_found_ ? std::optional(from_) : std::nullopt;
  }

 private:
  std::uint64_t next(std::uint64_t hash, char byte) const {
    return reduced(product(hash, base_) + static_cast<unsigned char>(byte));
  }
  void read(std::string_view subject, std::string_view wanted);
  bool look(std::string_view subject, std::string_view wanted);

  std::size_t from_;      // where the part of the subject begins whose hash is `here_`
  std::size_t read_ = 0;  // bytes of it, and of the wanted text, that the hashes stand for
  std::uint64_t base_;
  std::uint64_t power_ = 1;  // base ^ read_
  std::uint64_t wanted_ = 0;
  std::uint64_t here_ = 0;
  bool is_found_ = false;
};

void HashSearch::read(std::string_view subject, std::string_view wanted) {
  const std::size_t end = std::min(wanted.size(), read_ + kHashedAPiece);
  for (; read_ < end; ++read_) {
    wanted_ = next(wanted_, wanted[read_]);
    here_ = next(here_, subject[from_ + read_]);
    power_ = product(power_, base_);
  }
}

bool HashSearch::look(std::string_view subject, std::string_view wanted) {
  const std::size_t last = subject.size() - wanted.size();
  for (const std::size_t end = from_ + kHashedAPiece; from_ < end; ++from_) {
    if (here_ == wanted_ && subject.substr(from_, wanted.size()) == wanted) is_found_ = true;
    if (is_found_ || from_ == last) return true;
    const auto gone = static_cast<unsigned char>(subject[from_]);
    here_ = reduced(next(here_, subject[from_ + wanted.size()]) + kPrime - product(power_, gone));
  }
  return false;
}

bool HashSearch::take(std::string_view subject, std::string_view wanted) {
  if (subject.size() - from_ < wanted.size()) return true;
  if (read_ == wanted.size()) return look(subject, wanted);
  read(subject, wanted);
  return false;
}

// The userdata is on top.
int search_by_hash(lua_State* L, int, lua_KContext) {
  auto& search = *static_cast<HashSearch*>(lua_touserdata(L, -1));
  while (!search.take(text_at(L, 1), text_at(L, 2))) {
    if (Vm::of(L).must_pause(L)) return Vm::pause(L, 0, search_by_hash);
  }
  const auto found = search.found();
  return found ? push_span(L, *found, lua_rawlen(L, 2)) : push_none(L);
}

}  // namespace

int find_plain(lua_State* L, std::size_t from) {
  const std::size_t wanted = lua_rawlen(L, 2);
  if (wanted == 0) return push_span(L, from, 0);
  if (wanted <= kLongestByWindows) {
    return search_windows(L, LUA_OK, static_cast<lua_KContext>(from));
  }
  new (lua_newuserdatauv(L, sizeof(HashSearch), 0)) HashSearch(from);
  return search_by_hash(L, LUA_OK, 0);
}

}  // namespace gvm::script
