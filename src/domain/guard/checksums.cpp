#include "guard/checksums.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <initializer_list>

namespace gvm::guard {
namespace {

constexpr int digit(char c) {
  return c - '0';
}

bool all_digits(std::string_view text, std::size_t size) {
  return text.size() == size &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

int number(std::string_view digits) {
  int value = 0;
  for (const char c : digits) value = value * 10 + digit(c);
  return value;
}

bool is_day(int month, int day) {
  constexpr std::array<int, 13> kDays = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month >= 1 && month <= 12 && day >= 1 && day <= kDays[static_cast<std::size_t>(month)];
}

int weighted(std::string_view digits, std::initializer_list<int> weights) {
  int sum = 0;
  std::size_t i = 0;
  for (const int weight : weights) sum += weight * digit(digits[i++]);
  return sum;
}

}  // namespace

bool passes_luhn(std::string_view digits) {
  int sum = 0;
  bool doubled = false;
  for (auto at = digits.rbegin(); at != digits.rend(); ++at) {
    const int value = digit(*at) * (doubled ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
    doubled = !doubled;
  }
  return !digits.empty() && sum % 10 == 0;
}

bool passes_mod97(std::string_view iban) {
  constexpr std::size_t kMoved = 4;
  if (iban.size() <= kMoved) return false;
  int rest = 0;
  const auto take = [&rest](char c) {
    const bool letter = c >= 'A';
    const int value = letter ? c - 'A' + 10 : digit(c);
    rest = (rest * (letter ? 100 : 10) + value) % 97;
  };
  std::ranges::for_each(iban.substr(kMoved), take);
  std::ranges::for_each(iban.substr(0, kMoved), take);
  return rest == 1;
}

// The dihedral group D5.
bool passes_verhoeff(std::string_view digits) {
  constexpr std::array<int, 10> kPermutation = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
  const auto product = [](int a, int b) {
    if (a < 5) return b < 5 ? (a + b) % 5 : 5 + (a + b - 5) % 5;
    return b < 5 ? 5 + (a - 5 - b + 5) % 5 : (a - b + 5) % 5;
  };
  int check = 0;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    int value = digit(digits[digits.size() - 1 - i]);
    for (std::size_t n = 0; n < i % 8; ++n) value = kPermutation[static_cast<std::size_t>(value)];
    check = product(check, value);
  }
  return !digits.empty() && check == 0;
}

bool passes_mod11_10(std::string_view digits) {
  if (digits.size() < 2) return false;
  int product = 10;
  for (const char c : digits.substr(0, digits.size() - 1)) {
    const int sum = (digit(c) + product) % 10;
    product = (sum == 0 ? 10 : sum) * 2 % 11;
  }
  return (11 - product) % 10 == digit(digits.back());
}

bool passes_mod11_2(std::string_view id) {
  int rest = 0;
  for (const char c : id) {
    const int value = c == 'X' || c == 'x' ? 10 : digit(c);
    rest = (rest * 2 + value) % 11;
  }
  // The check character itself has weight 1: the last doubling came before it was added.
  return !id.empty() && rest == 1;
}

bool is_cpf(std::string_view digits) {
  if (!all_digits(digits, 11) || digits.find_first_not_of(digits[0]) == std::string_view::npos)
    return false;
  const auto check = [](int sum) { return sum * 10 % 11 % 10; };
  return check(weighted(digits, {10, 9, 8, 7, 6, 5, 4, 3, 2})) == digit(digits[9]) &&
         check(weighted(digits, {11, 10, 9, 8, 7, 6, 5, 4, 3, 2})) == digit(digits[10]);
}

bool is_pesel(std::string_view digits) {
  if (!all_digits(digits, 11)) return false;
  const int month = number(digits.substr(2, 2)) % 20;  // the century is added in twenties
  return is_day(month, number(digits.substr(4, 2))) &&
         weighted(digits, {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1}) % 10 == 0;
}

bool is_bsn(std::string_view digits) {
  if (!all_digits(digits, 9) || digits == "000000000") return false;
  return weighted(digits, {9, 8, 7, 6, 5, 4, 3, 2, -1}) % 11 == 0;
}

// One digit of the first ten occurs twice or three times, at most; not all differ.
bool is_steuer_id(std::string_view digits) {
  if (!all_digits(digits, 11) || digits[0] == '0') return false;
  std::array<int, 10> counts{};
  for (const char c : digits.substr(0, 10)) ++counts[static_cast<std::size_t>(digit(c))];
  const auto repeated = std::ranges::count_if(counts, [](int n) { return n > 1; });
  return repeated == 1 && std::ranges::max(counts) <= 3 && passes_mod11_10(digits);
}

bool is_nir(std::string_view digits) {
  if (!all_digits(digits, 15) || (digits[0] != '1' && digits[0] != '2')) return false;
  const int month = number(digits.substr(3, 2));
  if (month < 1 || (month > 12 && month < 20)) return false;
  std::int64_t value = 0;
  for (const char c : digits.substr(0, 13)) value = value * 10 + digit(c);
  return 97 - value % 97 == number(digits.substr(13));
}

bool is_nhs(std::string_view digits) {
  if (!all_digits(digits, 10)) return false;
  const int check = 11 - weighted(digits, {10, 9, 8, 7, 6, 5, 4, 3, 2}) % 11;
  return check != 10 && check % 11 == digit(digits[9]);
}

bool is_personnummer(std::string_view digits) {
  return all_digits(digits, 10) &&
         is_day(number(digits.substr(2, 2)), number(digits.substr(4, 2))) && passes_luhn(digits);
}

bool is_dni(std::string_view id) {
  constexpr std::string_view kLetters = "TRWAGMYFPDXBNJZSQVHLCKE";
  if (id.size() != 9) return false;
  const auto foreign = std::string_view("XYZ").find(id[0]);
  const bool nie = foreign != std::string_view::npos;
  if (!all_digits(id.substr(nie ? 1 : 0, nie ? 7 : 8), nie ? 7 : 8)) return false;
  const int high = nie ? static_cast<int>(foreign) * 10'000'000 : 0;
  const int value = high + number(id.substr(nie ? 1 : 0, nie ? 7 : 8));
  return kLetters[static_cast<std::size_t>(value % 23)] == id[8];
}

bool is_codice_fiscale(std::string_view id) {
  constexpr std::string_view kForm = "LLLLLLDDLDDLDDDL";
  constexpr std::array<int, 26> kOdd = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                        20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
  constexpr std::string_view kMonths = "ABCDEHLMPRST";
  if (id.size() != kForm.size()) return false;
  int sum = 0;
  for (std::size_t i = 0; i < id.size(); ++i) {
    const bool is_letter = id[i] >= 'A' && id[i] <= 'Z';
    const bool is_number = id[i] >= '0' && id[i] <= '9';
    if (kForm[i] == 'L' ? !is_letter : !is_number) return false;
    const int value = is_letter ? id[i] - 'A' : digit(id[i]);
    if (i < 15) sum += i % 2 == 0 ? kOdd[static_cast<std::size_t>(value)] : value;
  }
  return kMonths.find(id[8]) != std::string_view::npos && sum % 26 == id[15] - 'A';
}

bool is_chinese_id(std::string_view id) {
  if (id.size() != 18 || !all_digits(id.substr(0, 17), 17)) return false;
  const char last = id[17];
  if (last != 'X' && last != 'x' && (last < '0' || last > '9')) return false;
  const int year = number(id.substr(6, 4));
  return id[0] != '0' && year >= 1900 && year < 2100 &&
         is_day(number(id.substr(10, 2)), number(id.substr(12, 2))) && passes_mod11_2(id);
}

bool is_ssn(std::string_view digits) {
  if (!all_digits(digits, 9)) return false;
  const int area = number(digits.substr(0, 3));
  return area != 0 && area != 666 && area < 900 && number(digits.substr(3, 2)) != 0 &&
         number(digits.substr(5)) != 0;
}

}  // namespace gvm::guard
