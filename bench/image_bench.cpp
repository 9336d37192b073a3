// Image filters on a photograph of two megapixels, as JPEG and as PNG, one core: from encoded bytes
// to encoded bytes.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cmath>
#include <string>
#include <vector>

#include "image/filter.h"

namespace {

using namespace gvm;
using image::Step;

std::string filtered(const std::string& bytes, std::vector<Step> steps) {
  const std::atomic<bool> stop = false;
  auto out = image::filter(bytes, {std::move(steps), 1}, {}, Deadline::never(), stop);
  return out ? std::move(*out) : std::string();
}

// A PNG of one white pixel (RFC 2083), grown and filled with noise that a camera would have.
std::string photograph(const Step& last) {
  const std::string pixel(
      "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde"
      "\0\0\0\x0cIDATx\x9c"
      "c\xf8\xff\xff?\0\5\xfe\2\xfe\r\xef"
      "F\xb8"
      "\0\0\0\0IEND\xae"
      "B`\x82",
      69);
  return filtered(pixel, {image::Resize{1632, 1224}, image::Noise{0.1}, image::Blur{2},
                          image::Noise{0.01}, last});
}

void run(benchmark::State& state, const Step& form, const std::vector<Step>& steps) {
  const std::string picture = photograph(form);
  if (picture.empty()) state.SkipWithError("no picture: is libvips installed?");
  for (auto _ : state) benchmark::DoNotOptimize(filtered(picture, steps));
}

const Step kJpeg = image::Jpeg{90};
const Step kPng = image::Blur{0};
const std::vector<Step> kSharpNoiseJpeg = {image::Unsharpen{1, 3}, image::Noise{0.02},
                                           image::Jpeg{75}};
const std::vector<Step> kJpegDenoisePng = {image::Unsharpen{1, 3}, image::Jpeg{75},
                                           image::Denoise{1}};

void FilterJpegToJpeg(benchmark::State& state) {
  run(state, kJpeg, kSharpNoiseJpeg);
}
void FilterPngToJpeg(benchmark::State& state) {
  run(state, kPng, kSharpNoiseJpeg);
}
void FilterJpegToPng(benchmark::State& state) {
  run(state, kJpeg, kJpegDenoisePng);
}
void FilterPngToPng(benchmark::State& state) {
  run(state, kPng, kJpegDenoisePng);
}
BENCHMARK(FilterJpegToJpeg)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK(FilterPngToJpeg)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK(FilterJpegToPng)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);
BENCHMARK(FilterPngToPng)->MeasureProcessCPUTime()->Unit(benchmark::kMillisecond);

}  // namespace
