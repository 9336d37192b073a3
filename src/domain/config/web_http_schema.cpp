// The rows of `http` that the web module alone has.
#include "config/schema.h"

namespace gvm::config {

namespace {

constexpr double kHourMs = 3'600'000;
constexpr Origin kOurs = Origin::ours;

const Section& retry_section() {
  using C = WebRetryConfig;
  static const Section section =
      SectionBuilder<C>(
          "retry",
          "Repeating requests that failed, when that is safe: nothing of it was sent, or "
          "the method may be repeated and no answer began. `Retry-After` is obeyed "
          "within the request's time.")
          .leaf(&C::attempts, {.name = "attempts",
                               .doc = "Of one request, the first included; 1: none is repeated",
                               .origin = kOurs,
                               .range = {1, 10}})
          .leaf(&C::backoff, {.name = "backoff",
                              .doc = "Wait before the second; doubles from then on, with jitter",
                              .origin = kOurs,
                              .range = {0, kHourMs}})
          .leaf(&C::max_backoff, {.name = "max_backoff",
                                  .doc = "Longest wait between two",
                                  .origin = kOurs,
                                  .range = {0, kHourMs}})
          .leaf(&C::on_statuses, {.name = "on_statuses",
                                  .doc = "Statuses after which GET, HEAD and OPTIONS are repeated",
                                  .origin = kOurs,
                                  .range = {400, 599}})
          .build();
  return section;
}

void add_sizes(SectionBuilder<WebHttpConfig>& table) {
  using C = WebHttpConfig;
  table
      .leaf(&C::max_body, {.name = "max_body",
                           .doc = "Largest body of an answer, after decompression",
                           .origin = kOurs,
                           .format = Format::bytes,
                           .range = {0, 1.0 * kGiB}})
      .leaf(&C::max_headers, {.name = "max_headers",
                              .doc = "Headers of an answer, all together",
                              .origin = kOurs,
                              .format = Format::bytes,
                              .range = {1.0 * kKiB, 16.0 * kMiB}})
      .leaf(&C::max_header_count, {.name = "max_header_count",
                                   .doc = "Headers of an answer, how many",
                                   .origin = kOurs,
                                   .range = {1, 100'000},
                                   .unit = "headers"})
      .leaf(&C::max_decompression_ratio,
            {.name = "max_decompression_ratio",
             .doc = "How many times larger than received a body may become; 0: no limit",
             .origin = kOurs,
             .range = {0, 1'000'000}})
      .leaf(&C::decompression_floor, {.name = "decompression_floor",
                                      .doc = "Up to this size the ratio does not matter",
                                      .origin = kOurs,
                                      .format = Format::bytes,
                                      .range = {0, 1.0 * kGiB}});
}

}  // namespace

const Section& web_http_section() {
  using C = WebHttpConfig;
  static const Section section = [] {
    SectionBuilder<C> table("http", "Further keys of `http`, which the web module alone has.");
    add_sizes(table);
    return table
        .leaf(&C::min_speed,
              {.name = "min_speed",
               .doc = "An answer slower than this over a whole window is given up, in "
                      "bytes a second; 0: no limit",
               .origin = kOurs,
               .format = Format::bytes,
               .range = {0, 1.0 * kGiB}})
        .leaf(&C::min_speed_window, {.name = "min_speed_window",
                                     .doc = "The time over which the speed is measured",
                                     .origin = kOurs,
                                     .range = {1, kHourMs}})
        .leaf(&C::max_redirects, {.name = "max_redirects",
                                  .doc = "Redirects followed for one request; each is judged anew",
                                  .origin = kOurs,
                                  .range = {0, 50}})
        .leaf(&C::http2,
              {.name = "http2", .doc = "Whether HTTP/2 is offered over TLS", .origin = kOurs})
        .section(&C::retry, retry_section(),
                 {.name = "retry", .doc = "Repeating failed requests", .origin = kOurs})
        .build();
  }();
  return section;
}

}  // namespace gvm::config
