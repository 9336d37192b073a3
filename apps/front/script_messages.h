#pragma once
// What a GenVM of generation C sends and gets, from and for the tables of a test file.
#include <string_view>

#include "base/error.h"
#include "base/value.h"

namespace gvm::apps {

// {role, host_data} of a test file, with what they leave out.
Value test_hello(const Value& given);
// `kind`: prompt, template, request or render. SCRIPT_TEST_BAD for another one.
Result<Value> test_request(std::string_view kind, Value payload);
// Of an answer its fields; of an error {code, causes, fatal, ctx}.
Result<Value> test_reply(const Value& reply);

}  // namespace gvm::apps
