# jsoncons (Boost licence), the headers of a JSON Schema validator, read from a Python package that ships them: no
# distribution packages one that knows draft 2020-12. The copy in the build folder is changed in the places below and
# nowhere else: regular expressions are RE2's, whose time is linear, in place of std::regex's, whose recursion has no
# bound, and work is counted (src/foundation/json_schema/work.h). A place that is not found stops the configuration.
gvm_pinned(jsoncons pybind11-jsoncons pybind11-jsoncons-0.1.2.tar.gz
  f75b03940ff53935464b08d2500933fced5de43eaf587fde4e5257bf942a2437 */src/include/* */LICENSE)
set(GVM_JSONCONS ${jsoncons}/bounded)

# gvm_jsoncons_change(FILE FROM TO): every FROM in a header of the validator becomes TO.
function(gvm_jsoncons_change file from to)
  set(path ${GVM_JSONCONS}/jsoncons_ext/jsonschema/${file})
  file(READ ${path} text)
  string(REPLACE "${from}" "${to}" changed "${text}")
  if(changed STREQUAL text)
    message(FATAL_ERROR "jsoncons: ${file} does not hold: ${from}")
  endif()
  file(WRITE ${path} "${changed}")
endfunction()

# The folder's name holds what is changed: another change never meets files changed before.
file(SHA256 ${CMAKE_CURRENT_LIST_FILE} gvm_jsoncons_changes)
set(gvm_jsoncons_stamp ${GVM_JSONCONS}/.changed-${gvm_jsoncons_changes})
if(NOT EXISTS ${gvm_jsoncons_stamp})
  file(REMOVE_RECURSE ${GVM_JSONCONS})
  file(COPY ${jsoncons}/pybind11-jsoncons-0.1.2/src/include/ DESTINATION ${GVM_JSONCONS})
  foreach(file common/keyword_validator.hpp common/keyword_validator_factory.hpp common/format.hpp)
    gvm_jsoncons_change(${file} "std::regex" "gvm::json_schema::Regex")
  endforeach()
  gvm_jsoncons_change(common/keyword_validator.hpp "gvm::json_schema::Regex_search(" "gvm::json_schema::matches(")
  gvm_jsoncons_change(common/validator.hpp "return do_validate(context, instance"
                      "const gvm::json_schema::Level level; return do_validate(context, instance")
  gvm_jsoncons_change(common/validator.hpp "errors.push_back(msg);"
                      "gvm::json_schema::spend(msg.message().size() / 64); errors.push_back(msg);")
  gvm_jsoncons_change(common/validator.hpp "for (auto&& name : results.evaluated_properties)"
                      "gvm::json_schema::spend(results.evaluated_properties.size() / 8);
            for (auto&& name : results.evaluated_properties)")
  gvm_jsoncons_change(common/validator.hpp "bool found = false;"
                      "gvm::json_schema::spend(ranges_.size() / 16); bool found = false;")
  gvm_jsoncons_change(common/keyword_validator.hpp "static bool array_has_unique_items(const Json& a) 
        {" "static bool array_has_unique_items(const Json& a) 
        {
            gvm::json_schema::spend(a.size() * a.size() / 64);")
  file(TOUCH ${gvm_jsoncons_stamp})
endif()

add_library(gvm_jsoncons INTERFACE)
target_include_directories(gvm_jsoncons SYSTEM INTERFACE ${GVM_JSONCONS})
