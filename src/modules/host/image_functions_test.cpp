// lib.rs.filter_image and lib.rs.image_info, as scripts call them.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fstream>
#include <iterator>

#include "base/error_codes.h"
#include "base/json.h"
#include "host/test_host_run.h"
#include "support/paths.h"

namespace gvm::host {
namespace {

std::string picture(const std::string& name) {
  std::ifstream file(test::source_dir() + "/tests/data/images/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Result<Value> with_picture(const std::string& name, const std::string& lua) {
  return run_lua("local image = argument\n" + lua, Value::bytes(picture(name)));
}

std::string shown(const std::string& name, const std::string& lua) {
  const auto result = with_picture(name, lua);
  return result ? json::write(*result) : std::string(result.error().code());
}

TEST(ImageFunctions, InfoSaysWhatTheHeaderSays) {
  EXPECT_EQ(shown("score-board.jpg",
                  "local i = rs.image_info(image) "
                  "return {i.format, i.width, i.height, i.channels, i.alpha}"),
            R"(["jpeg",640,280,3,false])");
  EXPECT_EQ(shown("animated.webp", "return rs.image_info(image).animated"), "true");
  EXPECT_EQ(error_of("rs.image_info('GIF89a')"), codes::kInvalidImage);
  EXPECT_EQ(error_of("rs.image_info()"), codes::kScriptBadArgument);
}

TEST(ImageFunctions, TheListOfTheFieldWorksAsItIs) {
  EXPECT_EQ(shown("receipt.png",
                  "local out = rs.filter_image(image, {{Unsharpen = {2, 10}}, {GuassianNoise = "
                  "0.02}, {JPEG = 0.75}, {Denoise = 0.5}})\n"
                  "local i = rs.image_info(out) return {i.format, i.width, i.height}"),
            R"(["png",420,560])");
}

TEST(ImageFunctions, EverySpellingAndEveryFormOfAParameterIsTaken) {
  const char* lists[] = {
      "{}",
      "{{Unsharpen = 2}}",
      "{{Unsharpen = {sigma = 2, threshold = 10}}}",
      "{{Sharpen = 1.5}}",
      "{{GaussianNoise = 0.1}, {GuassianNoise = 12}, {Noise = 0}}",
      "{{JpegRecompress = 0.5}, {JPEG = 80}, {JPEG = 0}}",
      "{{Denoise = 0}, {Blur = 3}}",
      "{{Resize = {100, 50}}, {Resize = 200}, {Resize = {width = 30, height = 20}}}",
      "{{Crop = {0, 0, 10, 10}}, {Crop = {left = 1, top = 1, width = 5, height = 5}}}",
      "{{Rotate = 90}, {Rotate = -12.5}, {Quantize = 8}}",
      "{'Grayscale', {Grayscale = true}, 'StripMetadata'}",
  };
  for (const char* list : lists) {
    EXPECT_EQ(shown("small.png", std::string("return #rs.filter_image(image, ") + list + ") > 50"),
              "true")
        << list;
  }
}

TEST(ImageFunctions, WrongFiltersAreNamedWithTheirForm) {
  const char* lists[] = {
      "nil",
      "'JPEG'",
      "{'JPEG'}",
      "{{Sepia = 1}}",
      "{{JPEG = 0.5, Blur = 1}}",
      "{{JPEG = 101}}",
      "{{JPEG = 'high'}}",
      "{{Blur = -1}}",
      "{{Blur = 0/0}}",
      "{{Blur = {1, 2}}}",
      "{{Unsharpen = {}}}",
      "{{Resize = 0}}",
      "{{Resize = {100, 100, 100}}}",
      "{{Crop = {1, 2, 3}}}",
      "{{Quantize = 1}}",
      "{{{}}}",
  };
  for (const char* list : lists)
    EXPECT_EQ(shown("small.png", std::string("rs.filter_image(image, ") + list + ")"),
              codes::kScriptBadArgument)
        << list;
  EXPECT_EQ(shown("small.png",
                  "local many = {} for i = 1, 17 do many[i] = {Blur = 1} end "
                  "rs.filter_image(image, many)"),
            codes::kScriptBadArgument);
  EXPECT_EQ(shown("small.png", "rs.filter_image(image, {}, {seed = 'x'})"),
            codes::kScriptBadArgument);
  const auto error = with_picture("small.png", "rs.filter_image(image, {{Crop = 3}})");
  ASSERT_FALSE(error);
  EXPECT_NE(error.error().to_string().find("{Crop = {left, top, width, height}}"),
            std::string::npos);
}

TEST(ImageFunctions, ContractsPicturesAreErrorsTheyMayCatch) {
  const auto error = with_picture("animated.png", "rs.filter_image(image, {{JPEG = 0.5}})");
  ASSERT_FALSE(error);
  EXPECT_EQ(error.error().code(), codes::kInvalidImage);
  EXPECT_FALSE(error.error().fatal());
  EXPECT_EQ(error_of("rs.filter_image('no picture', {})"), codes::kInvalidImage);
  EXPECT_EQ(error_of("rs.filter_image(string.rep('x', 16 * 1024 * 1024 + 1), {})"),
            codes::kImageTooLarge);
}

// Counts up from `first`: each call of it gives other bytes.
RandomSource counting(unsigned char first) {
  return [next = first](std::span<unsigned char> out) mutable { std::ranges::fill(out, next++); };
}

Result<Value> noisy(unsigned char first, const std::string& options = "nil") {
  HostRunOptions run_options = HostRun::body(
      "local function noise() return rs.filter_image(argument, {{GaussianNoise = 0.1}}, " +
      options + ") end\nreturn {noise(), noise()}");
  run_options.random = counting(first);
  HostRun run(std::move(run_options));
  return run.main(Value::bytes(picture("small.png")));
}

TEST(ImageFunctions, NoiseIsAnotherInEveryCallUnlessItsSeedIsGiven) {
  const auto one = noisy(1), again = noisy(1), other = noisy(100);
  ASSERT_TRUE(one && again && other);
  EXPECT_EQ(*one, *again) << "of the same randomness the same noise";
  EXPECT_FALSE(*one == *other);
  EXPECT_FALSE((*one->as_array())[0] == (*one->as_array())[1]) << "each call has its own";
  const auto fixed = noisy(1, "{seed = 42}"), same = noisy(100, "{seed = 42}");
  ASSERT_TRUE(fixed && same);
  EXPECT_EQ(*fixed, *same);
  EXPECT_EQ((*fixed->as_array())[0], (*fixed->as_array())[1]);
}

TEST(ImageFunctions, TheLaneGoesOnWhileAPictureIsFiltered) {
  HostRun run(
      HostRun::body("for i = 1, 4 do rs.filter_image(argument, {{Resize = 1200}, {Blur = 8}}) end "
                    "return 'done'"));
  std::size_t turns = 0;
  bool over = false;
  auto tick = [&]() -> boost::asio::awaitable<void> {
    boost::asio::steady_timer timer(run.io);
    while (!over) {
      timer.expires_after(std::chrono::milliseconds(1));
      const auto wait = boost::asio::as_tuple(boost::asio::use_awaitable);
      co_await timer.async_wait(wait);
      ++turns;
    }
  };
  boost::asio::co_spawn(run.io, tick(), boost::asio::detached);
  const auto result = run.main(Value::bytes(picture("small.png")));
  over = true;
  ASSERT_TRUE(result) << result.error().to_string();
  EXPECT_GT(turns, 10U);
  run.io.restart();
  run.io.run();
}

TEST(ImageFunctions, ADeadlineEndsAFilterAndTheSessionLives) {
  HostRun run(HostRun::body(
      "local steps = {{Resize = 4000}} for i = 2, 16 do steps[i] = {Blur = 20} end\n"
      "if argument then return #rs.filter_image(argument, steps) end return 'alive'"));
  std::vector<script::Argument> arguments;
  arguments.push_back({Value::bytes(picture("small.png"))});
  const auto late =
      run.call("Main", std::move(arguments), Deadline::in(std::chrono::milliseconds(50)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), codes::kDeadlineExceeded);
  const auto alive = run.call("Main");
  ASSERT_TRUE(alive) << alive.error().to_string();
}

TEST(ImageFunctions, AtTheTopLevelItSaysThatItCannotWait) {
  HostRunOptions options;
  options.script =
      "local lib = require('lib-genvm')\nlib.rs.filter_image('x', {})\nfunction Main() end\n";
  const HostRun run(std::move(options));
  ASSERT_TRUE(run.load_error);
}

}  // namespace
}  // namespace gvm::host
