#include "host/image_functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/error_codes.h"
#include "host/arguments.h"
#include "host/image_recipe.h"
#include "host/worker_call.h"
#include "image/codes.h"
#include "image/filter.h"
#include "image/header.h"

namespace gvm::host {
namespace {

namespace asio = boost::asio;

constexpr std::string_view kFilterImage = "lib.rs.filter_image";
constexpr std::string_view kImageInfo = "lib.rs.image_info";
constexpr std::size_t kThreads = 2;
constexpr std::size_t kMostHeldBytes =
    128 * kMiB;  // of pictures that wait for a thread or have one

// Shared by all sessions of a program.
struct ImageService {
  RandomSource random;
  std::shared_ptr<asio::thread_pool> threads = std::make_shared<asio::thread_pool>(kThreads);
  std::shared_ptr<std::atomic<std::size_t>> held_bytes =
      std::make_shared<std::atomic<std::size_t>>(0);
};

// A picture's bytes while its call waits and runs, counted.
class Held {
 public:
  Held(std::string_view bytes, std::shared_ptr<std::atomic<std::size_t>> total)
      : bytes_(bytes), total_(std::move(total)) {
    *total_ += bytes_.size();
  }
  ~Held() { *total_ -= bytes_.size(); }
  Held(const Held&) = delete;
  Held& operator=(const Held&) = delete;

  std::string_view view() const { return bytes_; }
  bool fits() const { return *total_ <= kMostHeldBytes; }

 private:
  std::string bytes_;
  std::shared_ptr<std::atomic<std::size_t>> total_;
};

asio::awaitable<Result<Value>> refuse(Error error) {
  co_return fail(std::move(error));
}

std::uint64_t drawn_seed(const RandomSource& random) {
  unsigned char bytes[sizeof(std::uint64_t)];
  random(bytes);
  std::uint64_t number = 0;
  std::memcpy(&number, bytes, sizeof number);
  return number;
}

// `seed` of the options; empty when there is none.
Result<std::optional<std::uint64_t>> seed_of(Arguments& arguments) {
  const Value& options = arguments.any(2);
  if (options.is_null()) return std::nullopt;
  const Value* seed = options.as_map() == nullptr ? nullptr : options.find("seed");
  if (seed == nullptr && options.as_map() != nullptr) return std::nullopt;
  const auto* integer = seed == nullptr ? nullptr : seed->as_integer();
  const auto number = integer == nullptr ? std::nullopt : integer->to_i64();
  if (!number) return fail(arguments.wrong(2, "options", "{seed = integer}"));
  return static_cast<std::uint64_t>(*number);
}

Result<image::Recipe> recipe_of(Arguments& arguments, const RandomSource& random) {
  auto steps = read_image_filters(kFilterImage, arguments.any(1));
  if (!steps) return fail(std::move(steps).error());
  const auto seed = seed_of(arguments);
  if (!seed) return fail(seed.error());
  return image::Recipe{std::move(*steps), *seed ? **seed : drawn_seed(random)};
}

asio::awaitable<Result<Value>> filter_image(const ImageService& service, script::Session& session,
                                            Args& args) {
  Arguments arguments(kFilterImage, args);
  const auto bytes = arguments.bytes(0, "image");
  if (!bytes) return refuse(bytes.error());
  auto recipe = recipe_of(arguments, service.random);
  if (!recipe) return refuse(std::move(recipe).error());
  const image::Limits limits;
  if (bytes->size() > limits.input_bytes) {
    return refuse(Error(codes::kImageTooLarge, Fatality::user,
                        fmt::format("an image has {} bytes; at most {} are allowed", bytes->size(),
                                    limits.input_bytes)));
  }
  auto held = std::make_shared<const Held>(*bytes, service.held_bytes);
  if (!held->fits()) {
    return refuse(
        Error(codes::kImageFiltersBusy, Fatality::fatal, "too many images wait to be filtered"));
  }
  auto work = [held = std::move(held), recipe = std::move(*recipe), limits,
               deadline = session.deadline()](const std::atomic<bool>& stop) -> Result<Value> {
    auto filtered = image::filter(held->view(), recipe, limits, deadline, stop);
    if (!filtered) return fail(std::move(filtered).error());
    return Value::bytes(std::move(*filtered));
  };
  return on_worker(*service.threads, std::move(work));
}

Result<Value> image_info(script::Session&, Args& args) {
  const auto bytes = Arguments(kImageInfo, args).bytes(0, "image");
  if (!bytes) return fail(bytes.error());
  const auto header = image::read_header(*bytes);
  if (!header) return fail(header.error());
  const auto number = [](std::uint64_t n) { return Value::integer(Integer::from_u64(n)); };
  return Value::fields("format", Value::string(std::string(image::format_name(header->format))),
                       "width", number(header->width), "height", number(header->height), "channels",
                       number(header->channels), "bits", number(header->bits), "alpha",
                       Value::boolean(header->alpha), "animated", Value::boolean(header->animated),
                       "bytes", number(bytes->size()));
}

}  // namespace

void add_image_functions(script::HostTable& table, const RandomSource& random) {
  const auto service = std::make_shared<ImageService>(random);
  table.functions.push_back(
      {kCommonLibrary, "filter_image",
       "fun(image: string, filters: table[], options: {seed: integer|nil}|nil): string",
       "A PNG, JPEG or WebP through filters in their order: `{Unsharpen = {sigma, threshold}}`, "
       "`{GaussianNoise = deviation}`, `{JPEG = quality}`, `{Denoise = sigma}`, `{Blur = sigma}`, "
       "`{Resize = {width, height}}` or `{Resize = longer_side}`, "
       "`{Crop = {left, top, width, height}}`, `{Rotate = degrees}`, `{Quantize = levels}`, "
       "`\"Grayscale\"`, `\"StripMetadata\"`; sigma in pixels, deviation and quality from 0 to 1. "
       "Answers a PNG, or a JPEG when that is the last filter, without metadata; transparency is "
       "laid on white. Noise is another in every call, or that of `seed`. At most 16 MiB and "
       "16777216 "
       "pixels; suspends this session only. Errors (not fatal): INVALID_IMAGE, also for a broken "
       "or animated one, IMAGE_TOO_LARGE.",
       script::HostFunction::Async([service](script::Session& session, Args args) {
         return filter_image(*service, session, args);
       })});
  table.functions.push_back(
      {kCommonLibrary, "image_info",
       "fun(image: string): {format: \"png\"|\"jpeg\"|\"webp\", width: integer, height: integer, "
       "channels: integer, bits: integer, alpha: boolean, animated: boolean, bytes: integer}",
       "What the header of an image says; nothing is decoded. Errors (not fatal): INVALID_IMAGE.",
       image_info});
}

const script::HostFunction::Async& filter_image_of(const script::HostTable& table) {
  const auto row = std::ranges::find_if(table.functions, [](const auto& each) {
    return each.library == kCommonLibrary && each.name == "filter_image";
  });
  return std::get<script::HostFunction::Async>(row->implementation);
}

}  // namespace gvm::host
