#pragma once
// What the metrics were during the last hour, for the status page.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace gvm::serve {

// Thread safe. At most kPoints values of kSeries series: under 1.5 MB.
class History {
 public:
  static constexpr std::chrono::seconds kInterval{10};
  static constexpr std::size_t kPoints = 360;
  static constexpr std::size_t kSeries = 400;

  // `metrics`: one scrape in Prometheus' text format 0.0.4. A series is the sum of all samples of
  // one name that agree in the labels outcome, kind, le and limit, so that many backends do not
  // make many series. Series beyond kSeries are left out.
  void take(std::string_view metrics, std::chrono::system_clock::time_point now);

  // {"interval_seconds", "times": [Unix seconds...], "series": {"name{outcome=\"answered\"}":
  // [...]}}; null where there was no value.
  std::string json() const;

 private:
  // Values up to the newest point; the older ones are missing where it is shorter than times_.
  using Series = std::deque<double>;

  mutable std::mutex mutex_;
  std::deque<std::int64_t> times_;
  std::map<std::string, Series, std::less<>> series_;
};

}  // namespace gvm::serve
