#pragma once
// The three generations of GenVM in use (wire.md, "Hello"). The hello decides the generation of a
// session; where their forms differ, the generation decides.

namespace gvm::envelope {

enum class Generation {
  a,  // GenVM 0.1, 2025
  b,  // GenVM 0.2, 2026
  c,  // since August 2026
};

// Contracts of C parse the JSON text of a JSON prompt themselves; those of A and B get a map.
constexpr bool wants_json_text(Generation generation) {
  return generation == Generation::c;
}

// Scripts of C get the remaining fuel as a Rat; those of A and B as an integer where it fits.
constexpr bool wants_fuel_as_rat(Generation generation) {
  return generation == Generation::c;
}

// Hosts of C read a FatalError as JSON; those of A and B read the debug form with regular
// expressions.
constexpr bool wants_errors_as_json(Generation generation) {
  return generation == Generation::c;
}

}  // namespace gvm::envelope
