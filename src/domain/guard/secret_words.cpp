// Secrets that checksums prove: Bitcoin's private keys, and seed phrases of BIP-39.
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <vector>

#include "base/ascii.h"
#include "guard/secrets.h"

namespace gvm::guard {

std::string_view embedded(std::string_view name);  // made at build time

namespace {

using Digest = std::array<unsigned char, 32>;

Digest sha256(std::string_view bytes) {
  Digest digest{};
  unsigned size = 0;
  EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr);
  return digest;
}

std::string_view bytes_of(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

constexpr std::array<std::int8_t, 256> kBase58 = [] {
  std::array<std::int8_t, 256> table{};
  table.fill(-1);
  constexpr std::string_view kDigits = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  for (std::size_t i = 0; i < kDigits.size(); ++i)
    table[static_cast<unsigned char>(kDigits[i])] = static_cast<std::int8_t>(i);
  return table;
}();

constexpr std::size_t kLongestKey = 120;  // base58 characters

constexpr std::size_t kShortestWord = 3;
constexpr std::size_t kLongestWord = 8;

// A word of ASCII letters in lower case as one number.
std::uint64_t packed(std::string_view word) {
  constexpr std::uint64_t kLower = 0x2020202020202020;
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, word.data(), word.size());
  return bytes | kLower >> 8 * (kLongestWord - word.size());
}

// The list of BIP-39, which is sorted, with the places where words of two first letters begin.
class WordList {
 public:
  WordList() {
    std::string_view rest = embedded("english");
    while (!rest.empty()) {
      const auto end = std::min(rest.find('\n'), rest.size());
      const auto word = trim(rest.substr(0, end), " \r");
      rest.remove_prefix(std::min(end + 1, rest.size()));
      if (word.empty()) continue;
      auto& [first, last] = buckets_[bucket_of(word)];
      if (first == last) first = static_cast<std::uint16_t>(words_.size());
      words_.push_back(packed(word));
      last = static_cast<std::uint16_t>(words_.size());
    }
  }

  // `word`: 3 to 8 ASCII letters, of any case.
  std::optional<std::uint16_t> find(std::string_view word) const {
    const auto [first, last] = buckets_[bucket_of(word)];
    const auto wanted = packed(word);
    for (auto i = first; i < last; ++i)
      if (words_[i] == wanted) return i;
    return std::nullopt;
  }

 private:
  struct Bucket {
    std::uint16_t first = 0;
    std::uint16_t last = 0;  // behind it
  };
  static constexpr std::size_t kLetters = 32;

  static std::size_t bucket_of(std::string_view word) {
    const auto letter = [](char c) { return static_cast<std::size_t>(c) % kLetters; };
    return letter(word[0]) * kLetters + letter(word[1]);
  }

  std::vector<std::uint64_t> words_;
  std::array<Bucket, kLetters * kLetters> buckets_{};
};

const WordList& word_list() {
  static const WordList kWords;
  return kWords;
}

constexpr std::array<std::size_t, 5> kPhraseSizes = {24, 21, 18, 15, 12};
constexpr std::size_t kLeastWords = 12;

// A word of the list and where it stands.
struct Place {
  std::uint16_t word;
  std::uint32_t token;
};

class SecretWords final : public Detector {
 public:
  SecretWords(bool phrases, bool keys) : phrases_(phrases), keys_(keys) {}

  void find(const Reading& reading, const Report& report) const override {
    if (keys_ && !find_keys(reading, report)) return;
    if (phrases_) find_phrases(reading, report);
  }

 private:
  // WIF: 51 or 52 characters; extended private keys of BIP-32: 111.
  static bool find_keys(const Reading& reading, const Report& report) {
    const auto text = reading.clean.text();
    for (const auto& token : reading.tokens()) {
      const auto word = text_of(text, token);
      const bool wif = (word.size() == 51 || word.size() == 52) &&
                       std::string_view("5KLc9").find(word[0]) != std::string_view::npos;
      const bool extended = word.size() == 111 && word.substr(1, 3) == "prv";
      if ((!wif && !extended) || !base58check(word)) continue;
      if (!report({token.begin, token.end}, wif ? "wif_key" : "extended_key", 0)) return false;
    }
    return true;
  }

  // Runs of words of the list; between two of them stand a few signs, or the word's number.
  static void find_phrases(const Reading& reading, const Report& report) {
    constexpr std::size_t kMostGap = 6;
    const auto text = reading.clean.text();
    const auto& list = word_list();
    const auto& tokens = reading.tokens();
    std::size_t checks = kMostChecks;
    std::vector<Place> run;
    std::size_t end = 0;  // of the last token that belongs to the run
    for (std::uint32_t i = 0; i < tokens.size(); ++i) {
      const auto& token = tokens[i];
      const bool near = token.begin - end <= kMostGap;
      if (near && token.digits && token.size() <= 2) {
        end = token.end;
        continue;
      }
      const auto word = index_of(list, text, token);
      if (!near || !word) {
        if (!judge(reading, run, checks, report)) return;
        run.clear();
      }
      if (word) {
        run.push_back({*word, i});
        end = token.end;
      }
    }
    judge(reading, run, checks, report);
  }

  static std::optional<std::uint16_t> index_of(const WordList& list, std::string_view text,
                                               const Token& token) {
    if (!token.letters || token.size() < kShortestWord || token.size() > kLongestWord)
      return std::nullopt;
    return list.find(text_of(text, token));
  }

  static bool judge(const Reading& reading, const std::vector<Place>& run, std::size_t& checks,
                    const Report& report) {
    if (run.size() < kLeastWords) return true;
    std::vector<std::uint16_t> words;
    for (const auto& place : run) words.push_back(place.word);
    for (std::size_t first = 0; first + kLeastWords <= run.size();) {
      const auto size = phrase_at(std::span(words).subspan(first), checks);
      if (size == 0) {
        ++first;
        continue;
      }
      // Of a short run all of it: one in sixteen windows of other words has a right checksum.
      const bool whole = run.size() <= kShortRun;
      const auto last = whole ? run.size() - 1 : first + size - 1;
      const Span span{reading.tokens()[run[whole ? 0 : first].token].begin,
                      reading.tokens()[run[last].token].end};
      if (!report(span, "seed_phrase", 0)) return false;
      first = last + 1;
    }
    return true;
  }

  // Words of the longest phrase here; 0: none. When too much has been checked, every twelve words
  // of the list count as one.
  static std::size_t phrase_at(std::span<const std::uint16_t> words, std::size_t& checks) {
    for (const auto size : kPhraseSizes) {
      if (size > words.size()) continue;
      if (checks == 0) return kLeastWords;
      --checks;
      if (is_seed_phrase(words.first(size))) return size;
    }
    return 0;
  }

  static constexpr std::size_t kShortRun = 48;        // words
  static constexpr std::size_t kMostChecks = 20'000;  // about 0.5 us each

  bool phrases_;
  bool keys_;
};

}  // namespace

std::optional<std::string> base58check(std::string_view text) {
  constexpr std::size_t kCheck = 4;
  if (text.empty() || text.size() > kLongestKey) return std::nullopt;
  std::vector<unsigned char> number;  // base 256, the lowest digit first
  for (const char c : text) {
    int carry = kBase58[static_cast<unsigned char>(c)];
    if (carry < 0) return std::nullopt;
    for (auto& byte : number) {
      carry += byte * 58;
      byte = static_cast<unsigned char>(carry & 0xFF);
      carry >>= 8;
    }
    if (carry > 0) number.push_back(static_cast<unsigned char>(carry));
  }
  const auto zeros = std::min(text.find_first_not_of('1'), text.size());
  std::string bytes(zeros, '\0');
  bytes.append(number.rbegin(), number.rend());
  if (bytes.size() <= kCheck) return std::nullopt;
  auto payload = bytes.substr(0, bytes.size() - kCheck);
  const auto digest = sha256(bytes_of(sha256(payload)));
  if (bytes_of(digest).substr(0, kCheck) != std::string_view(bytes).substr(payload.size()))
    return std::nullopt;
  return payload;
}

// BIP-39: words of 11 bits each; of 33 parts of the bits 32 are entropy, one is the first bits of
// its SHA-256.
bool is_seed_phrase(std::span<const std::uint16_t> words) {
  if (std::ranges::find(kPhraseSizes, words.size()) == kPhraseSizes.end()) return false;
  const auto check_bits = words.size() * 11 / 33;
  std::string entropy;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const auto word : words) {
    bits = bits << 11 | word;
    count += 11;
    while (count >= 8 && entropy.size() < check_bits * 4) {
      count -= 8;
      entropy += static_cast<char>(bits >> count);
    }
  }
  const auto expected = static_cast<unsigned>(sha256(entropy)[0]) >> (8 - check_bits);
  return (bits & ((1U << check_bits) - 1)) == expected;
}

std::unique_ptr<Detector> make_secret_words(const std::vector<SecretKind>& kinds) {
  const auto wanted = [&kinds](SecretKind kind) {
    return kinds.empty() || std::ranges::find(kinds, kind) != kinds.end();
  };
  const bool phrases = wanted(SecretKind::seed_phrase);
  const bool keys = wanted(SecretKind::private_key);
  if (!phrases && !keys) return nullptr;
  return std::make_unique<SecretWords>(phrases, keys);
}

}  // namespace gvm::guard
