#pragma once
// The text of a first configuration of the LLM module, for `init`. Pure.
#include <string>
#include <string_view>

namespace gvm::apps {

inline constexpr const char* kFirstBackend = "main";  // its only backend

struct FirstConfig {
  std::string provider;
  std::string host;
  std::string model;
  std::string key_name;  // of an environment variable; empty: no key is needed
  std::string data_dir;
  std::string bind_address;
};

struct UsualOnes {
  std::string host;
  std::string key_name;  // empty: the provider needs no key
};
UsualOnes usual_of(std::string_view provider);

// What cannot be written, as a sentence that names the option and never repeats what may be a key;
// empty: nothing.
std::string fault_of(const FirstConfig& config);

// YAML with comments. `config` has no fault.
std::string text_of(const FirstConfig& config);

}  // namespace gvm::apps
