// The browser and the engine without one read the same text on pages without scripts and style
// sheets, byte for byte.
#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/encoding.h"
#include "base/json.h"
#include "browser/test_drivers.h"
#include "html/page.h"
#include "support/paths.h"

namespace gvm::browser {
namespace {

namespace fs = std::filesystem;

// Only the page itself and the styles of its elements.
constexpr const char* kBare = "default-src 'none'; style-src-attr 'unsafe-inline'";
constexpr const char* kType = "text/html; charset=utf-8";

std::string bytes_of(const fs::path& path) {
  if (path.extension() != ".gz") {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream out;
    out << file.rdbuf();
    return std::move(out).str();
  }
  const std::string command = "gzip -dc '" + path.string() + "'";
  std::string out;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) throw std::runtime_error(command);
  std::array<char, 65536> buffer{};
  while (const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe))
    out.append(buffer.data(), size);
  ::pclose(pipe);
  return out;
}

std::vector<fs::path> pages_in(const fs::path& folder) {
  std::vector<fs::path> pages;
  if (!fs::exists(folder)) return pages;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".html") || name.ends_with(".html.gz")) pages.push_back(entry.path());
  }
  std::ranges::sort(pages);
  return pages;
}

// Where two texts part, with what is around.
std::string first_difference(const std::string& a, const std::string& b) {
  const auto [in_a, in_b] = std::ranges::mismatch(a, b);
  const auto at = static_cast<std::size_t>(in_a - a.begin());
  const std::size_t from = at < 40 ? 0 : at - 40;
  const auto quoted = [&](const std::string& text) {
    return json::write(Value::string(to_valid_utf8(text.substr(from, 100))));
  };
  return fmt::format("at byte {}:\n  browser {}\n  http    {}", at, quoted(a), quoted(b));
}

struct Agreement : testing::Test {
  Agreement() {
    WebDriver at(loop.http, driver.endpoint());
    auto made = loop.run(at.new_session(eager_session_request(), Deadline::in(kPatience)));
    if (!made) throw std::runtime_error(made.error().to_string());
    session.emplace(loop.http, std::move(*made));
  }

  // Of the page by its path: "" when both read the same.
  std::string difference(const fs::path& path) {
    bytes = bytes_of(path);
    return difference();
  }
  std::string difference() {
    RenderRequest request{.url = server.url("/")};
    auto rendered =
        loop.run(render(*session, std::move(request), {}, before, Deadline::in(kPatience)));
    before = PageBefore::some;
    if (!rendered.result) return rendered.result.error().to_string();
    auto text = html::page_text(bytes, kType, server.url("/"));
    if (!text) return text.error().to_string();
    const bool same = text->text == rendered.result->content;
    return same ? "" : first_difference(rendered.result->content, text->text);
  }

  // The same of bytes.
  std::string difference_of(std::string page) {
    bytes = std::move(page);
    return difference();
  }

  // Percent of the pages that both read the same.
  double agreement(const std::vector<fs::path>& pages) {
    std::size_t same = 0;
    for (const auto& path : pages) {
      const std::string difference = this->difference(path);
      if (difference.empty())
        ++same;
      else
        fmt::print("{} differs {}\n", path.filename().string(), difference);
    }
    const double percent = 100.0 * static_cast<double>(same) / static_cast<double>(pages.size());
    fmt::print("{} of {} pages are the same ({:.1f} %)\n", same, pages.size(), percent);
    return percent;
  }

  std::string bytes;
  HttpServer server{[this](const HttpServer::Request&) -> Reply {
    return {.status = 200,
            .headers = {{"content-type", kType}, {"content-security-policy", kBare}},
            .body = bytes};
  }};
  Loop loop;
  DriverProcess driver;
  std::optional<DriverSession> session;
  PageBefore before = PageBefore::none;
};

TEST_F(Agreement, OnTheProjectsOwnPages) {
  const auto pages = pages_in(fs::path(test::source_dir()) / "tests/data/extraction");
  ASSERT_GE(pages.size(), 50U);
  EXPECT_EQ(agreement(pages), 100);
}

TEST_F(Agreement, OnShadowTreesTablesAndStyles) {
  const std::vector<std::string> pages = {
      "<x-a><template shadowrootmode=open><p>SHADOW <slot></slot></p></template>light</x-a>",
      "<x-a><template shadowrootmode=closed><p>SHADOW <slot></slot></p></template>light</x-a>",
      "<x-a><template shadowrootmode=open><slot name=b>no b</slot> <slot name=a></slot><slot>none"
      "</slot></template><b slot=a>A</b><i slot=z>Z</i></x-a>",
      "<div><template shadowrootmode=closed><slot name=a></slot></template>x<b slot=a>A</b></div>",
      "<ul><template shadowrootmode=open>no</template><li>yes</ul>",
      "<table><tr><td rowspan=2>UK<td>London<td>9<tr><td>Leeds<td>4<tr><td colspan=2>Total<td>13"
      "</table>",
      "<table><tr><td>a<td rowspan=0>b<tr><td>c<tr><td>d<tbody><tr><td>e<td>f</table>",
      "<table><tr><td>Goals<td><ul><li>Ann 3<li>Bob 1</ul><td>4<tr><td>x<td>y<br>z<td>w</table>",
      "<table><tfoot><tr><td>sum<td>3<tbody><tr><td>a<td>3<thead><tr><th>what<th>n</table>",
      "<table><tr><td>a<td><table><tr><td>n1<td>n2</table><td>z</table>"};
  for (const std::string& page : pages)
    EXPECT_EQ(difference_of("<!doctype html><body>" + page), "") << page;
  for (const char* style : {"color:transparent",
                            "color:#0000",
                            "opacity:0%",
                            "font:0/0 a",
                            "transform:scale(0)",
                            "position:relative;left:-9999px",
                            "inset:-9999px auto auto -9999px;position:absolute",
                            "color:hsl(0,0%,100%)",
                            "font-size:1%",
                            "content-visibility:hidden",
                            "filter:opacity(0)",
                            "/*c*/display:none",
                            "display:\\6eone",
                            "scale:0",
                            "zoom:.01",
                            "translate:-9999px",
                            "-webkit-text-fill-color:transparent",
                            "color:rgb(0 0 0/.01)",
                            "margin:0 0 0 -9999px",
                            "display:none!important;display:block",
                            "dis/**/play:none",
                            "font:700 1em a"}) {
    EXPECT_EQ(
        difference_of(std::string("<!doctype html><body>a<p style=\"") + style + "\">text</p>b"),
        "")
        << style;
  }
}

// In parts, which run in parallel.
constexpr std::size_t kParts = 6;
struct AgreementOnRealPages : Agreement, testing::WithParamInterface<std::size_t> {};

TEST_P(AgreementOnRealPages, IsAtLeast95Percent) {
  const auto pages = pages_in(fs::path(test::source_dir()) / "../shared/data/extraction/html");
  if (pages.empty()) GTEST_SKIP() << "../shared/data/extraction is not there";
  std::vector<fs::path> part;
  for (std::size_t i = GetParam(); i < pages.size(); i += kParts) part.push_back(pages[i]);
  EXPECT_GE(agreement(part), 95);
}
INSTANTIATE_TEST_SUITE_P(Parts, AgreementOnRealPages, testing::Range(std::size_t{0}, kParts));

}  // namespace
}  // namespace gvm::browser
