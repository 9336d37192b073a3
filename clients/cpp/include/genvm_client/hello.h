#pragma once
// The first message of a session, in the three generations of GenVM that are in use.
#include <string>
#include <utility>

#include "genvm_client/calldata.h"

namespace genvm {

// a: GenVM 0.1 (2025); b: GenVM 0.2 (2026); c: newest (from August 2026).
enum class Generation { a, b, c };
enum class Role { leader, validator };

// Scripts of the operator get every field.
struct Hello {
  Generation generation;
  Value::Map fields;

  static Hello a(std::string cookie, Value::Map host_data = {}) {
    Value::Map own;
    own.emplace("cookie", Value::string(std::move(cookie)));
    return made(Generation::a, std::move(own), std::move(host_data));
  }
  static Hello b(Integer genvm_id, Value::Map host_data = {}) {
    Value::Map own;
    own.emplace("genvm_id", Value::integer(std::move(genvm_id)));
    return made(Generation::b, std::move(own), std::move(host_data));
  }
  static Hello c(Integer genvm_id, Role role, Value::Map host_data = {},
                 const std::map<std::string, std::string>& gas_data = {},
                 Integer initial_time_units_allocation = 0) {
    Value::Map gas;
    for (const auto& [name, amount] : gas_data) gas.emplace(name, Value::string(amount));
    Value::Map own;
    own.emplace("genvm_id", Value::integer(std::move(genvm_id)));
    own.emplace("role", Value::string(role == Role::leader ? "leader" : "validator"));
    own.emplace("gas_data", Value::map(std::move(gas)));
    own.emplace("initial_time_units_allocation",
                Value::integer(std::move(initial_time_units_allocation)));
    return made(Generation::c, std::move(own), std::move(host_data));
  }

  // As calldata, with the field `token` unless it is empty.
  std::string encoded(const std::string& token) const {
    Value::Map all = fields;
    if (!token.empty()) all["token"] = Value::string(token);
    return calldata::encode(Value::map(std::move(all)));
  }

 private:
  static Hello made(Generation generation, Value::Map own, Value::Map host_data) {
    own.emplace("host_data", Value::map(std::move(host_data)));
    return Hello{generation, std::move(own)};
  }
};

}  // namespace genvm
