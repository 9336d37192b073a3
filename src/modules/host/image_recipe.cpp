#include "host/image_recipe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <limits>
#include <optional>
#include <span>

#include "host/arguments.h"
#include "image/limits.h"

namespace gvm::host {
namespace {

using image::Step;

struct Field {
  std::string_view name;
  double lowest;
  double highest;
  std::optional<double> absent = std::nullopt;  // its value when it is not given
};

constexpr std::size_t kMostFields = 4;
constexpr double kNoNumber = std::numeric_limits<double>::quiet_NaN();
using Numbers = std::array<double, kMostFields>;

const Value* find_number(const Value& parameter, std::size_t index, std::string_view name) {
  if (const auto* list = parameter.as_array())
    return index < list->size() ? &(*list)[index] : nullptr;
  if (parameter.as_map() != nullptr) return parameter.find(name);
  return index == 0 ? &parameter : nullptr;
}

// One number, a list of them in the fields' order, or a table by their names.
std::optional<Numbers> numbers_of(const Value& parameter, std::span<const Field> fields) {
  if (const auto* list = parameter.as_array(); list != nullptr && list->size() > fields.size())
    return std::nullopt;
  Numbers numbers{};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field& field = fields[i];
    const Value* value = find_number(parameter, i, field.name);
    const bool given = value != nullptr && !value->is_null();
    if (!given && !field.absent) return std::nullopt;
    numbers[i] = given ? number_of(*value).value_or(kNoNumber) : *field.absent;
    // Also true for NaN.
    if (given && !(numbers[i] >= field.lowest && numbers[i] <= field.highest)) return std::nullopt;
  }
  return numbers;
}

constexpr double kMostSigma = 20;
constexpr double kSide = image::Limits{}.side;
constexpr Field kSigma[] = {{"sigma", 0, kMostSigma}};
constexpr Field kUnsharpen[] = {{"sigma", 0, kMostSigma}, {"threshold", 0, 255, 0}};
constexpr Field kNoise[] = {{"deviation", 0, 255}};
constexpr Field kQuality[] = {{"quality", 0, 100}};
constexpr Field kSize[] = {{"width", 1, kSide}, {"height", 1, kSide, 0}};
constexpr Field kRectangle[] = {
    {"left", 0, kSide}, {"top", 0, kSide}, {"width", 1, kSide}, {"height", 1, kSide}};
constexpr Field kDegrees[] = {{"degrees", -36'000, 36'000}};
constexpr Field kLevels[] = {{"levels", 2, 256}};

std::uint32_t pixels(double number) {
  return static_cast<std::uint32_t>(std::lround(number));
}

struct Filter {
  std::string_view name;
  std::string_view form;  // shown when a parameter does not fit
  std::span<const Field> fields;
  Step (*make)(const Numbers&);
};

constexpr std::string_view kNoiseForm =
    "{GaussianNoise = deviation}, 0 to 1 of the full scale or up to 255 levels";
constexpr std::string_view kJpegForm = "{JPEG = quality}, 0 to 1 or up to 100";

Step unsharpen(const Numbers& n) {
  return image::Unsharpen{n[0], n[1]};
}
Step denoise(const Numbers& n) {
  return image::Denoise{n[0]};
}
Step blur(const Numbers& n) {
  return image::Blur{n[0]};
}
Step noise(const Numbers& n) {
  return image::Noise{n[0] > 1 ? n[0] / 255 : n[0]};
}
Step jpeg(const Numbers& n) {
  const double percent = n[0] > 1 ? n[0] : n[0] * 100;
  return image::Jpeg{std::max(1, static_cast<int>(std::lround(percent)))};
}
Step resize(const Numbers& n) {
  return image::Resize{pixels(n[0]), pixels(n[1])};
}
Step crop(const Numbers& n) {
  return image::Crop{pixels(n[0]), pixels(n[1]), pixels(n[2]), pixels(n[3])};
}
Step rotate(const Numbers& n) {
  return image::Rotate{n[0]};
}
Step quantize(const Numbers& n) {
  return image::Quantize{pixels(n[0])};
}
Step grayscale(const Numbers&) {
  return image::Grayscale{};
}
Step strip(const Numbers&) {
  return image::StripMetadata{};
}

// The field writes some names in two ways; the odd ones are its.
constexpr Filter kFilters[] = {
    {"Unsharpen", "{Unsharpen = {sigma, threshold}}, 0 to 20 pixels, 0 to 255", kUnsharpen,
     unsharpen},
    {"Sharpen", "{Sharpen = sigma}, 0 to 20 pixels", kUnsharpen, unsharpen},
    {"GaussianNoise", kNoiseForm, kNoise, noise},
    {"GuassianNoise", kNoiseForm, kNoise, noise},
    {"Noise", kNoiseForm, kNoise, noise},
    {"JPEG", kJpegForm, kQuality, jpeg},
    {"JpegRecompress", kJpegForm, kQuality, jpeg},
    {"Denoise", "{Denoise = sigma}, 0 to 20 pixels", kSigma, denoise},
    {"Blur", "{Blur = sigma}, 0 to 20 pixels", kSigma, blur},
    {"Resize", "{Resize = {width, height}} or {Resize = longer_side}, 1 to 16384 pixels", kSize,
     resize},
    {"Crop", "{Crop = {left, top, width, height}}, pixels", kRectangle, crop},
    {"Rotate", "{Rotate = degrees}, clockwise", kDegrees, rotate},
    {"Quantize", "{Quantize = levels}, 2 to 256", kLevels, quantize},
    {"Grayscale", "\"Grayscale\"", {}, grayscale},
    {"StripMetadata", "\"StripMetadata\"", {}, strip},
};

constexpr std::string_view kItem =
    "a filter: {Unsharpen = {sigma, threshold}}, {GaussianNoise = s}, {JPEG = q}, {Denoise = s}, "
    "{Blur = s}, {Resize = {w, h}}, {Crop = {x, y, w, h}}, {Rotate = degrees}, {Quantize = n}, "
    "\"Grayscale\" or \"StripMetadata\"";

Result<Step> step_of(std::string_view function, std::size_t index, const Value& item) {
  const std::string where = fmt::format("argument 2 (filters[{}])", index + 1);
  const auto wrong = [&](std::string_view expected, std::string_view found) {
    return fail(bad_argument(function, where, expected, found));
  };
  static const Value kNothing;
  std::string_view name;
  const Value* parameter = &kNothing;
  if (const auto text = item.as_string()) {
    name = *text;
  } else if (const auto* map = item.as_map(); map != nullptr && map->size() == 1) {
    name = map->begin()->first.view();
    parameter = &map->begin()->second;
  } else {
    return wrong(kItem, lua_kind(item));
  }
  const auto* filter = std::ranges::find(kFilters, name, &Filter::name);
  if (filter == std::end(kFilters)) return wrong(kItem, name.substr(0, 64));
  const auto numbers = numbers_of(*parameter, filter->fields);
  if (!numbers) return wrong(filter->form, lua_kind(*parameter));
  return filter->make(*numbers);
}

}  // namespace

Result<std::vector<Step>> read_image_filters(std::string_view function, const Value& list) {
  // An empty Lua table is a map.
  if (const auto* map = list.as_map(); map != nullptr && map->empty()) return std::vector<Step>();
  const auto* items = list.as_array();
  const std::size_t most = image::Limits{}.steps;
  if (items == nullptr || items->size() > most) {
    return fail(bad_argument(function, "argument 2 (filters)",
                             fmt::format("a list of at most {} filters", most),
                             items == nullptr ? lua_kind(list) : "more"));
  }
  std::vector<Step> steps;
  for (const Value& item : *items) {
    auto step = step_of(function, steps.size(), item);
    if (!step) return fail(std::move(step).error());
    steps.push_back(*step);
  }
  return steps;
}

}  // namespace gvm::host
