#pragma once
// What tells two catalogues apart. Included by catalog.cpp only.
#include <string>
#include <vector>

#include "pricing/price_catalog.h"

namespace gvm::pricing {

class CatalogHash {
 public:
  void add(const Entry& entry);
  std::string hex();  // 16 digits

 private:
  std::vector<std::string> lines_;
};

}  // namespace gvm::pricing
