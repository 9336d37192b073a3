#include "host/functions.h"

#include "host/extract_functions.h"
#include "host/html_functions.h"
#include "host/image_functions.h"
#include "host/io_functions.h"
#include "host/re2_functions.h"
#include "host/sqlite_functions.h"

namespace gvm::host {

script::HostTable common_table(const CommonOptions& options) {
  script::HostTable table;
  add_http_functions(table, options.limits.request);
  add_codec_functions(table);
  add_url_functions(table);
  add_hash_functions(table);
  add_text_functions(table);
  add_time_functions(table, options.limits);
  add_random_functions(table, options.limits, options.random);
  add_log_functions(table, options.limits);
  add_re2_functions(table);
  add_html_functions(table);
  add_image_functions(table, options.random);
  add_extract_functions(table);
  add_sqlite_functions(table, options.data_dir);
  if (options.files) add_io_functions(table, *options.files);
  table.constants.push_back(
      {kCommonLibrary, "data_dir", "string",
       "The folder scripts keep their data in (`data_dir` of the configuration).",
       Value::string(options.data_dir)});
  table.constants.push_back(
      {kCommonLibrary, "null", "lightuserdata",
       "JSON's null where nil has no place: an item of a list, or a field to be written.",
       Value::null()});
  return table;
}

}  // namespace gvm::host
