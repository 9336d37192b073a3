#pragma once
// A hash that differs between catalogues with different effects. Included by price_catalog.cpp
// only.
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
