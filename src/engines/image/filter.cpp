#include "image/filter.h"

#include <fmt/format.h>

#include <optional>

#include "base/error_codes.h"
#include "image/header.h"
#include "image/picture.h"
#include "image/steps.h"

namespace gvm::image {
namespace {

// All that can be refused before anything is decoded.
Result<Header> judged(std::string_view bytes, const Limits& limits) {
  if (bytes.size() > limits.input_bytes) {
    return fail(codes::kImageTooLarge, Fatality::user,
                fmt::format("an image has {} bytes; at most {} are allowed", bytes.size(),
                            limits.input_bytes));
  }
  auto header = read_header(bytes);
  if (!header) return header;
  if (header->animated) return fail(codes::kInvalidImage, Fatality::user, "the image is animated");
  if (header->format == Format::jpeg && jpeg_scans(bytes, limits.scans) > limits.scans) {
    return fail(codes::kImageTooLarge, Fatality::user,
                fmt::format("a JPEG has more than {} scans", limits.scans));
  }
  return header;
}

// The quality of the JPEG to answer; empty for a PNG. The step is done by then.
std::optional<int> take_last_jpeg(std::vector<Step>& steps) {
  std::erase_if(steps,
                [](const Step& step) { return std::holds_alternative<StripMetadata>(step); });
  if (steps.empty()) return std::nullopt;
  const auto* jpeg = std::get_if<Jpeg>(&steps.back());
  if (jpeg == nullptr) return std::nullopt;
  const int quality = jpeg->quality;
  steps.pop_back();
  return quality;
}

}  // namespace

Result<std::string> filter(std::string_view bytes, const Recipe& recipe, const Limits& limits,
                           Deadline deadline, const std::atomic<bool>& stop) {
  const auto header = judged(bytes, limits);
  if (!header) return fail(header.error());
  const auto library = vips_library();
  if (!library) return fail(library.error());
  const Run run(**library, limits, sooner(deadline, Deadline::in(limits.longest)), stop);
  auto steps = recipe.steps;
  const auto quality = take_last_jpeg(steps);
  auto picture = decode(run, bytes, *header);
  std::uint64_t seed = recipe.seed;
  for (const auto& step : steps) {
    if (!picture) return fail(std::move(picture).error());
    if (auto more = run.go_on(); !more) return fail(std::move(more).error());
    picture = apply(run, std::move(*picture), step, seed++);
  }
  if (!picture) return fail(std::move(picture).error());
  if (auto more = run.go_on(); !more) return fail(std::move(more).error());
  return quality ? encode_jpeg(run, *picture, *quality) : encode_png(run, *picture);
}

}  // namespace gvm::image
