#pragma once
// The one way metrics are written: Prometheus' text exposition format, version 0.0.4. Who counts
// something keeps its counters as it likes and writes them here when they are asked for.
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace gvm::metrics {

enum class Type : std::uint8_t { counter, gauge, histogram };

struct Label {
  std::string_view name;   // letters, digits and '_'
  std::string_view value;  // any text; it is escaped
};

// The samples of one scrape, family by family. Used by one thread.
class Exposition {
 public:
  // Samples of one name; used before the next family begins.
  class Family {
   public:
    template <std::integral T>
    Family& sample(T value, std::initializer_list<Label> labels = {}) {
      if constexpr (std::is_signed_v<T>) return add(static_cast<std::int64_t>(value), labels);
      return add(static_cast<std::uint64_t>(value), labels);
    }
    Family& sample(double value, std::initializer_list<Label> labels = {});

   private:
    friend class Exposition;
    Family(std::string& out, std::string_view name) : out_(out), name_(name) {}
    Family& add(std::int64_t value, std::initializer_list<Label> labels);
    Family& add(std::uint64_t value, std::initializer_list<Label> labels);
    void begin(std::string_view suffix, std::initializer_list<Label> labels);

    std::string& out_;
    std::string_view name_;
  };

  // Begins a family. Each name comes once in a scrape: letters, digits and '_', by convention
  // ending in "_total" for a counter. `help` is one sentence; both live as long as the family is
  // used.
  Family family(std::string_view name, Type type, std::string_view help);

  // `counts[i]`: how many values were at most `bounds[i]` and above the bound before; one more than
  // there are bounds, the last one for the values above all of them. `sum`: of all values.
  void histogram(std::string_view name, std::string_view help, std::span<const double> bounds,
                 std::span<const std::uint64_t> counts, double sum);

  const std::string& text() const { return out_; }

 private:
  std::string out_;
};

}  // namespace gvm::metrics
