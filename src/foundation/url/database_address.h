#pragma once
// The address of a PostgreSQL database, in either form that libpq accepts:
//   postgresql://user:password@host:port,host2/database?key=value
//   host=... user=... password='...'
// It is parsed here and not by libpq, because messages of libpq repeat parts of an address that it
// misunderstands: of "u:p@ss@host" it takes "ss@host" for the host.
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/secret.h"

namespace gvm::url {

struct DatabaseAddress {
  struct Parameter {
    std::string keyword;  // as libpq names it: "host", "user", "dbname", "sslmode"
    Secret value;         // decoded
  };
  std::vector<Parameter> parameters;
  // All passwords, both decoded and as written: the redactor must know them.
  std::vector<Secret> secrets;
};

// In the URL form a password may contain '@', ':' and '#' as they are: the last '@' before the
// first
// '/' or '?' ends it. Other characters are percent-encoded. INVALID_CONFIG; the sentence repeats
// nothing of the text.
Result<DatabaseAddress> parse_database_address(std::string_view text);

}  // namespace gvm::url
