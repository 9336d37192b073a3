// Real pictures as image prompts, asked of something that sees: a recogniser of text in the OpenAI
// form. What it reads is the same behind filters that a person would not notice, and gone behind
// those that make a picture unreadable.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "e2e/web.h"
#include "support/http_server.h"
#include "support/paths.h"

namespace gvm::e2e {
namespace {

using test::HttpServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kPython = test::source_dir() + "/build/venv/bin/python";

// "ready http://127.0.0.1:PORT model=NAME"
class PictureReader : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kPython))
      GTEST_SKIP() << "no " << kPython << ": run scripts/model/setup.sh --reader";
    const auto ready = process_.wait_for_line("ready ", 120s);
    if (!ready) GTEST_SKIP() << "the recogniser does not start: " << process_.err();
    url_ = ready->substr(6, ready->find(' ', 6) - 6);
  }
  std::string backend() const {
    return e2e::backend({.host = url_, .models = "{rapidocr: {supports_image: true}}"});
  }
  std::string url() const { return url_; }

 private:
  test::Process process_{
      {kPython, test::source_dir() + "/scripts/model/reader.py", "--port", "0", "--threads", "1"}};
  std::string url_;
};

std::string picture(const std::string& name) {
  std::ifstream file(test::source_dir() + "/tests/data/images/" + name, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The shipped script's way, with filters for every picture before a model sees it.
std::string filtering(const std::string& filters) {
  return R"lua(
local lib = require("lib-genvm")
local llm = require("lib-llm")
function ExecPrompt(ctx, args, remaining_gen)
  for i, image in ipairs(args.images or {}) do
    args.images[i] = lib.rs.filter_image(image, )lua" +
         filters + R"lua()
  end
  local mapped = llm.exec_prompt_transform(args)
  local answer = llm.rs.exec_prompt(ctx, { prompt = mapped.prompt, format = mapped.format })
  return { data = answer.data, consumed_gen = answer.consumed_gen }
end
function ExecPromptTemplate() error("not asked here") end
)lua";
}

std::string reading(GenVm& genvm, const std::string& image) {
  const Reply reply = genvm.ask(prompt("Read the text.", {image}));
  return reply.ok() ? reply.text() : reply.shown;
}

TEST_F(PictureReader, ReadsAReceiptAndAScoreBoard) {
  const Module module({.backends = backend()});
  GenVm genvm(module.port(), hello_a(), 120s);
  EXPECT_THAT(reading(genvm, picture("receipt.png")),
              AllOf(HasSubstr("CORNER CAFE"), HasSubstr("4817"), HasSubstr("14.75")));
  EXPECT_THAT(reading(genvm, picture("score-board.jpg")),
              AllOf(HasSubstr("Rovers 3"), HasSubstr("United 1")));
}

TEST_F(PictureReader, TheExamplesLightFiltersChangeNothingThatIsRead) {
  std::ifstream example(test::source_dir() + "/examples/scripts/picture_filters.lua");
  const std::string script{std::istreambuf_iterator<char>(example), {}};
  const Module module({.backends = backend(),
                       .script = script,
                       .more = "lua_path: \"" + test::source_dir() + "/config/?.lua\"\n"});
  GenVm genvm(module.port(), hello_a(), 120s);
  EXPECT_THAT(reading(genvm, picture("receipt.png")),
              AllOf(HasSubstr("CORNER CAFE"), HasSubstr("4817"), HasSubstr("14.75")));
  EXPECT_THAT(reading(genvm, picture("score-board.jpg")), HasSubstr("Rovers 3"));
}

TEST_F(PictureReader, AFilterThatHidesTheTextHidesItFromTheModel) {
  const Module module({.backends = backend(), .script = filtering("{{Blur = 9}}")});
  GenVm genvm(module.port(), hello_a(), 120s);
  EXPECT_THAT(reading(genvm, picture("receipt.png")), Not(HasSubstr("14.75")));
  const Module cropping({.backends = backend(), .script = filtering("{{Crop = {0, 0, 420, 80}}}")});
  GenVm other(cropping.port(), hello_a(), 120s);
  EXPECT_THAT(reading(other, picture("receipt.png")),
              AllOf(HasSubstr("CORNER CAFE"), Not(HasSubstr("4817"))));
}

TEST_F(PictureReader, ReadsAScreenshotThatOurWebModuleHasMade) {
  HttpServer site([](const HttpServer::Request&) {
    return HttpServer::Reply{.headers = {{"Content-Type", "text/html"}},
                             .body =
                                 "<body style='font: 28px sans-serif'><h1>Weather station</h1>"
                                 "<p id=t></p><script>document.getElementById('t').textContent = "
                                 "'Temperature ' + (3 * 7) + ' degrees';</script>"};
  });
  const Module web(browser_options());
  GenVm browser(web.port(), hello_a(), 120s);
  const Reply page = browser.ask(render(site.url(), "screenshot"));
  ASSERT_TRUE(page.ok()) << page.shown;
  const std::string image(page.data.find("image")->as_bytes().value());
  const Module module({.backends = backend()});
  GenVm genvm(module.port(), hello_a(), 120s);
  EXPECT_THAT(reading(genvm, image), AllOf(HasSubstr("Weather"), HasSubstr("21")));
}

}  // namespace
}  // namespace gvm::e2e
