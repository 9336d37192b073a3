#pragma once
// What a script finds when it runs: the globals of its sandbox, the libraries and the functions of
// the host. Looked at in a session whose top level has run, or in one without a script when the
// script does not load.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "script/name_uses.h"
#include "script/script.h"

namespace gvm::script {

enum class Presence {
  there,
  missing,  // from a table that is complete: the globals, a library, the host's functions
  unknown,  // from any other one, which may be filled later
};

class KnownNames {
 public:
  // Loads the script as a module's start does, but asks for no entry points.
  explicit KnownNames(ProgramOptions options);
  ~KnownNames();
  KnownNames(const KnownNames&) = delete;
  KnownNames& operator=(const KnownNames&) = delete;

  // Why the script does not load.
  const std::optional<Error>& load_error() const { return load_error_; }
  bool has_function(const std::string& global) const;
  Presence find(const NamePath& path);
  // Names beside `path`, for proposals: those of its table.
  std::vector<std::string> beside(const NamePath& path);
  // What require() says of a module that an entry point asks for; empty: it is there.
  std::string cannot_require(const std::string& module);
  // The file of a module of the operator's own: on lua_path, or beside the script.
  std::optional<std::string> own_file(const std::string& module) const;
  // The modules that were loaded, whatever name the script made for require().
  std::vector<std::string> loaded_modules();

 private:
  class Inside;
  std::optional<Error> load_error_;
  std::unique_ptr<Inside> inside_;  // null: the libraries do not load
};

}  // namespace gvm::script
