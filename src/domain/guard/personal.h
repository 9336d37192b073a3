#pragma once
// Personal data: what identifies a person, by form and, where there are any, by check digits.
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/size.h"
#include "guard/detector.h"

namespace gvm::guard {

enum class PersonalKind : std::uint8_t {
  email,
  phone,        // international with '+', North American, or digits behind a word such as "phone"
  card,         // 13 to 19 digits of a known issuer, Luhn
  iban,         // length of the country, mod 97
  ip,           // public IPv4 and IPv6 addresses
  national_id,  // by checksum; the short ones only near a word such as "CPF"
};
std::optional<PersonalKind> personal_kind_named(std::string_view name);  // "email", ...

// No kinds: all of them.
std::unique_ptr<Detector> make_personal(std::vector<PersonalKind> kinds);

// Whether there is any, of all kinds. Text that is no UTF-8, or over kMostPersonalBytes, counts as
// if there were: nobody has looked.
inline constexpr std::size_t kMostPersonalBytes = 4 * kMiB;
bool holds_personal_data(std::string_view text);

// The parts, each over the clean reading. False when `report` takes no more.
bool find_emails(const Reading& reading, const Report& report);
bool find_phones(const Reading& reading, const Report& report);
bool find_cards(const Reading& reading, const Report& report);
bool find_ibans(const Reading& reading, const Report& report);
bool find_addresses(const Reading& reading, const Report& report);
bool find_national_ids(const Reading& reading, const Report& report);

}  // namespace gvm::guard
