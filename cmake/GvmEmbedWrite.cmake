# Run by gvm_embed: writes OUTPUT from FILES ('|'-separated).
string(REPLACE "|" ";" files "${FILES}")
set(table "")
foreach(file IN LISTS files)
  get_filename_component(name ${file} NAME_WLE)
  file(READ ${file} text)
  string(APPEND table "  if (name == \"${name}\") return R\"GVM_EMBED(${text})GVM_EMBED\";\n")
endforeach()
file(WRITE ${OUTPUT} "#include <string_view>

namespace ${NAMESPACE} {

std::string_view embedded(std::string_view name);
std::string_view embedded(std::string_view name) {
${table}  return {};
}

}  // namespace ${NAMESPACE}
")
