// How many planted secrets and identity numbers are found, and how often ordinary text is taken for
// one. Both corpora are made here: nothing secret stands in a file, and every number is valid or
// not by construction.
#include <gtest/gtest.h>
#include <openssl/evp.h>

#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <random>

#include "base/encoding.h"
#include "guard/checksums.h"
#include "guard/secrets.h"
#include "guard/test_guard.h"
#include "support/paths.h"

namespace gvm::guard {

std::string_view embedded(std::string_view name);

namespace {

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kUpper = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kAlnum =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

class Maker {
 public:
  std::size_t below(std::size_t n) { return random_() % n; }

  std::string of(std::string_view letters, std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += letters[below(letters.size())];
    return out;
  }

  template <class T>
  const T& one_of(const std::vector<T>& list) {
    return list[below(list.size())];
  }

  // The first completion by one character of `last` for which `holds`; tries other beginnings.
  std::string checked(const std::function<std::string()>& begin, std::string_view last,
                      bool (*holds)(std::string_view), std::size_t check_size = 1) {
    while (true) {
      const auto start = begin();
      for (int tries = 0; tries < 200; ++tries) {
        const auto whole = start + of(last, check_size);
        if (holds(whole)) return whole;
      }
    }
  }

  std::string date_6() { return two(below(90) + 10) + two(1 + below(12)) + two(1 + below(28)); }
  std::string two(std::size_t n) { return std::string(n < 10 ? "0" : "") + std::to_string(n); }

  std::string seed_phrase() {
    static const auto kWords = words();
    constexpr std::size_t kSizes[] = {12, 15, 18, 21, 24};
    const auto size = kSizes[below(5)];
    std::vector<std::uint16_t> chosen(size);
    do {
      for (auto& word : chosen) word = static_cast<std::uint16_t>(below(2048));
    } while (!is_seed_phrase(chosen));
    std::string out;
    for (const auto word : chosen) out += (out.empty() ? "" : " ") + kWords[word];
    return out;
  }

  std::string base58check(std::string payload) {
    const auto digest = sha(sha(payload));
    payload += digest.substr(0, 4);
    constexpr std::string_view kBase58 =
        "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
    std::string out;
    std::vector<unsigned> number(payload.begin(), payload.end());
    for (auto& byte : number) byte &= 0xFF;
    while (!number.empty()) {
      unsigned rest = 0;
      std::vector<unsigned> quotient;
      for (const auto byte : number) {
        rest = rest * 256 + byte;
        if (!quotient.empty() || rest / 58 > 0) quotient.push_back(rest / 58);
        rest %= 58;
      }
      out.insert(out.begin(), kBase58[rest]);
      number = quotient;
    }
    return out;
  }

  std::string bytes(std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) out += static_cast<char>(below(256));
    return out;
  }

  std::string iban() {
    static const std::vector<std::pair<std::string, std::size_t>> kForms = {
        {"DE", 18}, {"FR", 23}, {"ES", 20}, {"PL", 24}, {"AT", 16}, {"CH", 17}};
    const auto& [country, size] = one_of(kForms);
    const auto account = of(kDigits, size);
    for (std::size_t check = 2; check < 99; ++check)
      if (passes_mod97(country + two(check) + account)) return country + two(check) + account;
    return iban();
  }

  static std::string grouped(const std::string& text, std::size_t size, char sign) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (i > 0 && i % size == 0) out += sign;
      out += text[i];
    }
    return out;
  }

  static std::string sha(std::string_view text) {
    std::string digest(32, '\0');
    unsigned size = 0;
    EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size,
               EVP_sha256(), nullptr);
    return digest;
  }

 private:
  static std::vector<std::string> words() {
    std::vector<std::string> list;
    std::string word;
    for (const char c : embedded("english")) {
      if (c != '\n' && c != '\r') {
        word += c;
      } else if (!word.empty()) {
        list.push_back(std::exchange(word, ""));
      }
    }
    if (!word.empty()) list.push_back(word);
    return list;
  }

  std::mt19937 random_{20240611};
};

struct Planted {
  std::string name;
  std::function<std::string()> make;
  std::string before;  // what people write before it
};

std::vector<Planted> planted_secrets(Maker& m) {
  return {
      {"openai", [&m] { return "sk-proj-" + m.of(kUrl, 74) + "T3BlbkFJ" + m.of(kUrl, 74); }, ""},
      {"openai old", [&m] { return "sk-" + m.of(kAlnum, 20) + "T3BlbkFJ" + m.of(kAlnum, 20); }, ""},
      {"anthropic", [&m] { return "sk-ant-api03-" + m.of(kUrl, 93) + "AA"; }, ""},
      {"openrouter", [&m] { return "sk-or-v1-" + m.of(kHex, 64); }, ""},
      {"groq", [&m] { return "gsk_" + m.of(kAlnum, 52); }, ""},
      {"xai", [&m] { return "xai-" + m.of(kAlnum, 80); }, ""},
      {"huggingface", [&m] { return "hf_" + m.of(kAlnum.substr(0, 52), 34); }, ""},
      {"google", [&m] { return "AIza" + m.of(kUrl, 35); }, ""},
      {"aws id", [&m] { return "AKIA" + m.of("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16); }, ""},
      {"aws secret", [&m] { return m.of(kAlnum, 40); }, "aws_secret_access_key = "},
      {"github", [&m] { return "ghp_" + m.of(kAlnum, 36); }, ""},
      {"github fine", [&m] { return "github_pat_" + m.of(kAlnum, 22) + "_" + m.of(kAlnum, 59); },
       ""},
      {"gitlab", [&m] { return "glpat-" + m.of(kUrl, 20); }, ""},
      {"npm", [&m] { return "npm_" + m.of(kAlnum, 36); }, ""},
      {"slack",
       [&m] {
         return "xoxb-" + m.of(kDigits, 12) + "-" + m.of(kDigits, 12) + "-" + m.of(kAlnum, 24);
       },
       ""},
      {"stripe", [&m] { return "sk_live_" + m.of(kAlnum, 24); }, ""},
      {"sendgrid", [&m] { return "SG." + m.of(kUrl, 22) + "." + m.of(kUrl, 43); }, ""},
      {"telegram", [&m] { return "7" + m.of(kDigits, 9) + ":AA" + m.of(kUrl, 33); }, ""},
      {"azure", [&m] { return m.of(kAlnum, 86) + "=="; }, "AccountName=x;AccountKey="},
      {"pem",
       [&m] {
         return "-----BEGIN EC PRIVATE "
                "KEY-----\n" +
                base64_encode(m.bytes(90)) + "\n-----END EC PRIVATE KEY-----";
       },
       ""},
      {"raw key", [&m] { return "0x" + m.of(kHex, 64); }, "private key: "},
      {"wif", [&m] { return m.base58check("\x80" + m.bytes(32)); }, ""},
      {"wif short", [&m] { return m.base58check("\x80" + m.bytes(32) + "\x01"); }, ""},
      {"xprv", [&m] { return m.base58check(std::string("\x04\x88\xAD\xE4", 4) + m.bytes(74)); },
       ""},
      {"jwt",
       [&m] {
         const auto part = [](std::string text) {
           while (text.ends_with('=')) text.pop_back();
           return text;
         };
         return part(base64_encode(R"({"alg":"RS256","typ":"JWT"})")) + "." +
                part(base64_encode("{\"sub\":\"" + m.of(kDigits, 12) + "\"}")) + "." +
                m.of(kUrl, 86);
       },
       ""},
      {"seed phrase", [&m] { return m.seed_phrase(); }, ""},
      {"url password", [&m] { return m.of(kAlnum, 14); }, "postgresql://service:"},
      {"bearer", [&m] { return m.of(kAlnum, 40); }, "Authorization: Bearer "},
      {"assignment", [&m] { return m.of(kAlnum, 24); }, "API_KEY=\""},
  };
}

std::vector<Planted> planted_numbers(Maker& m) {
  return {
      {"visa",
       [&m] { return m.checked([&m] { return "4" + m.of(kDigits, 14); }, kDigits, passes_luhn); },
       "card "},
      {"mastercard",
       [&m] {
         return m.checked([&m] { return "5" + m.of("12345", 1) + m.of(kDigits, 13); }, kDigits,
                          passes_luhn);
       },
       ""},
      {"amex",
       [&m] { return m.checked([&m] { return "37" + m.of(kDigits, 12); }, kDigits, passes_luhn); },
       ""},
      {"card in groups",
       [&m] {
         return Maker::grouped(
             m.checked([&m] { return "4" + m.of(kDigits, 14); }, kDigits, passes_luhn), 4,
             m.below(2) == 0 ? ' ' : '-');
       },
       ""},
      {"iban", [&m] { return m.iban(); }, ""},
      {"iban in groups", [&m] { return Maker::grouped(m.iban(), 4, ' '); }, ""},
      {"dni", [&m] { return m.checked([&m] { return m.of(kDigits, 8); }, kUpper, is_dni); }, ""},
      {"nie",
       [&m] {
         return m.checked([&m] { return m.of("XYZ", 1) + m.of(kDigits, 7); }, kUpper, is_dni);
       },
       ""},
      {"codice fiscale",
       [&m] {
         return m.checked(
             [&m] {
               return m.of(kUpper, 6) + m.of(kDigits, 2) + m.of("ABCDEHLMPRST", 1) +
                      m.of(kDigits, 2) + m.of(kUpper, 1) + m.of(kDigits, 3);
             },
             kUpper, is_codice_fiscale);
       },
       ""},
      {"resident id",
       [&m] {
         return m.checked([&m] { return "11010519" + m.date_6() + m.of(kDigits, 3); },
                          "0123456789X", is_chinese_id);
       },
       ""},
      {"cpf",
       [&m] {
         const auto id = m.checked([&m] { return m.of(kDigits, 9); }, kDigits, is_cpf, 2);
         return id.substr(0, 3) + "." + id.substr(3, 3) + "." + id.substr(6, 3) + "-" +
                id.substr(9);
       },
       ""},
      {"cpf named",
       [&m] { return m.checked([&m] { return m.of(kDigits, 9); }, kDigits, is_cpf, 2); }, "CPF: "},
      {"pesel",
       [&m] {
         return m.checked([&m] { return m.date_6() + m.of(kDigits, 4); }, kDigits, is_pesel);
       },
       "PESEL "},
      {"bsn", [&m] { return m.checked([&m] { return m.of(kDigits, 8); }, kDigits, is_bsn); },
       "BSN "},
      {"nhs", [&m] { return m.checked([&m] { return m.of(kDigits, 9); }, kDigits, is_nhs); },
       "NHS number "},
      {"personnummer",
       [&m] {
         return m.checked([&m] { return m.date_6() + m.of(kDigits, 3); }, kDigits, is_personnummer);
       },
       "personnummer "},
      {"aadhaar",
       [&m] {
         return Maker::grouped(
             m.checked([&m] { return "5" + m.of(kDigits, 10); }, kDigits, passes_verhoeff), 4, ' ');
       },
       "Aadhaar: "},
  };
}

// Each planted text stands in a sentence; the rule must find it, and no more than it.
std::size_t missed(RuleKind kind, const std::vector<Planted>& planted, int rounds,
                   std::size_t& all) {
  const auto set = set_of({rule("r", kind, Action::mask)});
  std::map<std::string, int> by_name;
  std::size_t count = 0;
  for (int i = 0; i < rounds; ++i) {
    for (const auto& [name, make, before] : planted) {
      const auto value = make();
      const std::string behind = name == "url password" ? "@db.internal:5432/x"
                                 : name == "assignment" ? "\""
                                                        : "";
      const auto text =
          "Note of today.\n" + before + value + behind + " is what was sent, they say.";
      Placeholders session("");
      const auto verdict = set->inspect({.text = text, .placeholders = &session});
      const bool gone = verdict && verdict->text.find(value) == std::string::npos &&
                        verdict->text.find("is what was sent") != std::string::npos;
      ++all;
      count += gone ? 0 : 1;
      if (!gone && by_name[name]++ == 0) std::cout << "missed " << name << ": " << text << "\n";
    }
  }
  for (const auto& [name, n] : by_name)
    std::cout << name << ": " << n << " of " << rounds << " missed\n";
  return count;
}

TEST(Corpus, OfPlantedSecretsIsFound) {
  Maker maker;
  std::size_t all = 0;
  const auto lost = missed(RuleKind::secrets, planted_secrets(maker), 60, all);
  std::cout << all - lost << " of " << all << " secrets found\n";
  EXPECT_LE(lost * 100, all);
}

TEST(Corpus, OfPlantedIdentityNumbersIsFound) {
  Maker maker;
  std::size_t all = 0;
  const auto lost = missed(RuleKind::personal, planted_numbers(maker), 100, all);
  std::cout << all - lost << " of " << all << " numbers found\n";
  EXPECT_LE(lost * 100, all);
}

// Lines of ordinary texts, with places for numbers: {hex64}.
std::string filled(Maker& m, std::string_view line) {
  std::string out;
  while (!line.empty()) {
    const auto open = std::min(line.find("{{"), line.size());
    out += line.substr(0, open);
    line.remove_prefix(open);
    if (line.empty()) break;
    const auto close = line.find("}}");
    const auto name = line.substr(2, close - 2);
    line.remove_prefix(close + 2);
    if (name == "hex64")
      out += m.of(kHex, 64);
    else if (name == "hex40")
      out += m.of(kHex, 40);
    else if (name == "hex8")
      out += m.of(kHex, 8);
    else if (name == "wei")
      out += std::to_string(1 + m.below(9'000'000)) + m.of(kDigits, 12);
    else if (name == "ether")
      out += std::to_string(m.below(100)) + "." + m.of(kDigits, 18);
    else if (name == "block")
      out += std::to_string(10'000'000 + m.below(15'000'000));
    else if (name == "seconds")
      out += std::to_string(1'600'000'000 + m.below(200'000'000));
    else if (name == "millis")
      out += std::to_string(1'600'000'000 + m.below(200'000'000)) + m.of(kDigits, 3);
    else if (name == "nanos")
      out += std::to_string(1'600'000'000 + m.below(200'000'000)) + m.of(kDigits, 9);
    else if (name == "iso")
      out += "20" + m.two(10 + m.below(20)) + "-" + m.two(1 + m.below(12)) + "-" +
             m.two(1 + m.below(28)) + "T" + m.two(m.below(24)) + ":" + m.two(m.below(60)) + ":" +
             m.two(m.below(60)) + "." + m.of(kDigits, 3 * (1 + m.below(3))) + "Z";
    else if (name == "date")
      out += "20" + m.two(10 + m.below(20)) + "-" + m.two(1 + m.below(12)) + "-" +
             m.two(1 + m.below(28));
    else if (name == "time")
      out += m.two(m.below(24)) + ":" + m.two(m.below(60)) + ":" + m.two(m.below(60));
    else if (name == "uuid")
      out += m.of(kHex, 8) + "-" + m.of(kHex, 4) + "-4" + m.of(kHex, 3) + "-a" + m.of(kHex, 3) +
             "-" + m.of(kHex, 12);
    else if (name == "price")
      out += std::to_string(m.below(90'000)) + "." + m.of(kDigits, 2);
    else if (name == "int")
      out += std::to_string(m.below(1'000'000'000));
    else if (name == "small")
      out += std::to_string(m.below(1000));
    else if (name == "version")
      out += std::to_string(m.below(20)) + "." + std::to_string(m.below(40)) + "." +
             std::to_string(m.below(90));
    else if (name == "base58")
      out += "1" + m.of("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", 33);
    else if (name == "base64")
      out += base64_encode(m.bytes(24 + m.below(40)));
    else if (name == "cid")
      out += "Qm" + m.of("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", 44);
    else
      ADD_FAILURE() << "no filling " << name;
  }
  return out;
}

std::vector<std::string> ordinary_lines() {
  std::ifstream file(test::source_dir() + "/tests/data/guard/ordinary.txt");
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);)
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  return lines;
}

TEST(Corpus, OfOrdinaryTextIsLeftAlone) {
  const auto lines = ordinary_lines();
  ASSERT_GT(lines.size(), 150U);
  const auto set = set_of({rule("personal", RuleKind::personal, Action::warn),
                           rule("secrets", RuleKind::secrets, Action::warn),
                           rule("injection", RuleKind::injection, Action::warn),
                           rule("refusal", RuleKind::refusal, Action::warn)});
  Maker maker;
  std::size_t fired = 0;
  std::size_t all = 0;
  for (int round = 0; round < 60; ++round) {
    for (const auto& line : lines) {
      const auto text = filled(maker, line);
      const auto verdict = set->inspect({.text = text});
      ASSERT_TRUE(verdict);
      ++all;
      if (verdict->findings.empty()) continue;
      if (++fired <= 20)
        std::cout << verdict->findings[0].rule->name << " " << verdict->findings[0].label << ": "
                  << text << "\n";
    }
  }
  std::cout << fired << " of " << all << " ordinary texts fired\n";
  EXPECT_LT(fired * 200, all);
}

}  // namespace
}  // namespace gvm::guard
