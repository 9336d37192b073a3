#pragma once
// Check digits of cards, accounts and identity numbers. `digits` are ASCII digits unless said
// otherwise; a wrong length is false.
#include <string_view>

namespace gvm::guard {

bool passes_luhn(std::string_view digits);      // ISO/IEC 7812-1, annex B
bool passes_mod97(std::string_view iban);       // ISO 13616: letters in upper case and digits
bool passes_verhoeff(std::string_view digits);  // Aadhaar
bool passes_mod11_10(std::string_view digits);  // ISO/IEC 7064 MOD 11,10: German tax number
bool passes_mod11_2(std::string_view id);       // ISO/IEC 7064 MOD 11-2: Chinese identity number

bool is_cpf(std::string_view digits);           // Brazil, 11 digits
bool is_pesel(std::string_view digits);         // Poland, 11 digits, with a date
bool is_bsn(std::string_view digits);           // Netherlands, 9 digits
bool is_steuer_id(std::string_view digits);     // Germany, 11 digits
bool is_nir(std::string_view digits);           // France, 15 digits
bool is_nhs(std::string_view digits);           // England, 10 digits
bool is_personnummer(std::string_view digits);  // Sweden, 10 digits, with a date
bool is_dni(std::string_view id);               // Spain, DNI and NIE: 9 characters, upper case
bool is_codice_fiscale(std::string_view id);    // Italy, 16 characters, upper case
bool is_chinese_id(std::string_view id);        // 18 characters, with a date
bool is_ssn(std::string_view digits);           // United States, 9 digits: no check digit

}  // namespace gvm::guard
