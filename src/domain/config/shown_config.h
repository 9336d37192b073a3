#pragma once
// A configuration for people to look at: every key of the file as it was written, and what the
// others are by default. Pure.
#include <string>

#include "config/document.h"
#include "config/schema.h"

namespace gvm::config {

// YAML, with defaults marked by a comment. "(not shown)" stands for keys that hold secrets, for
// keys the schema does not know, and for free-form maps, which may hold anything; the user
// information and the query of a URL are left out. `root`: the document that `section` was read
// from; null: everything is as by default.
std::string shown_config(const Section& section, const Node* root);

}  // namespace gvm::config
