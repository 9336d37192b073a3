// Documents that are made to be expensive: each ends soon, in a typed error or a result.
#include <ctime>

#include "html/links.h"
#include "html/metadata.h"
#include "html/page.h"
#include "html/serialize.h"
#include "html/tables.h"
#include "html/test_documents.h"

namespace gvm::html {

namespace {

// CPU time, so that a busy machine does not fail it. A second in a release build; the sanitizers
// cost about twenty times.
#if defined(GVM_SANITIZED) || !defined(__OPTIMIZE__)
constexpr double kSoonSeconds = 20;
#else
constexpr double kSoonSeconds = 1;
#endif

double cpu_seconds() {
  return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

// The documents are large, and every test of this program is a process of its own: each makes its
// own only.
struct Case {
  const char* name;
  std::string (*html)();
  const char* limit;  // what refuses it; "" when it is answered, "*" when either will do
};

std::string numbered(std::string_view before, std::string_view after, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) {
    out += before;
    out += std::to_string(i);
    out += after;
  }
  return out;
}

std::vector<Case> cases() {
  return {
      {"NestedDivs", [] { return repeated("<div>", 80'000); }, "depth"},
      {"NestedSpans", [] { return repeated("<span>", 80'000) + "x"; }, "depth"},
      {"NestedUnknown", [] { return repeated("<x-y>", 80'000); }, "depth"},
      {"NestedInAComment", [] { return "<!--" + repeated("<div>", 80'000) + "-->x"; }, ""},
      {"NestedInAScript", [] { return "<script>" + repeated("<div>", 80'000) + "</script>x"; }, ""},
      {"NestedInSvgStyle", [] { return "<svg><style>" + repeated("<g>", 80'000); }, "depth"},
      {"NestedTables", [] { return repeated("<table><tr><td>", 20'000); }, "depth"},
      {"NestedFosteredTables", [] { return repeated("<table><div>", 50'000); }, "*"},
      {"NestedTemplates", [] { return repeated("<template>", 80'000); }, "depth"},
      {"NestedLists", [] { return repeated("<ul><li>", 80'000); }, "depth"},
      {"NestedSelects", [] { return repeated("<select><optgroup><option>", 80'000); }, "*"},
      {"NestedSvg", [] { return repeated("<svg><g>", 80'000); }, "depth"},
      {"NestedMath", [] { return repeated("<math><mi><svg><foreignObject>", 20'000); }, "depth"},
      {"AMillionAttributes", [] { return "<p " + numbered("a", "=1 ", 1'000'000) + ">"; },
       "attributes"},
      {"AMillionAttributesOfAnEndTag",
       [] { return "</p " + numbered("a", "=1 ", 1'000'000) + ">"; }, "attributes"},
      {"AMillionEqualAttributes", [] { return "<p " + repeated("a=1 ", 1'000'000) + ">x"; }, ""},
      {"EqualAttributesBehindALongName",
       [] { return "<p " + std::string(1'000'000, 'x') + " " + repeated("b ", 1'000'000) + ">"; },
       "*"},
      {"ManyBodiesWithAttributes", [] { return "<body>" + numbered("<body a", ">", 200'000); },
       "attributes"},
      {"BodiesAndElements", [] { return "<body>" + numbered("<body a", "><i></i>", 200'000); },
       "attributes"},
      {"ManyHtmlWithAttributes", [] { return "<p>" + numbered("<html a", "=1>", 200'000); },
       "attributes"},
      {"UnclosedFormatting", [] { return numbered("<b a=", "><p>", 50'000); }, "*"},
      {"UnclosedLinks", [] { return repeated("<a href=x><div>", 50'000); }, "depth"},
      {"UnclosedFonts", [] { return numbered("<p><font size=", ">x", 50'000); }, "*"},
      {"FormattingInCells", [] { return "<table>" + numbered("<tr><td><b a=", ">x", 50'000); },
       "*"},
      {"FormattingReopened", [] { return numbered("<div><i a=", ">x</div>", 50'000); }, "*"},
      {"Adoption", [] { return repeated("<b><i><u>", 100) + repeated("<p>x</b></i></u>", 50'000); },
       "*"},
      {"AdoptionOfLinks", [] { return repeated("<a><p>", 100'000); }, "*"},
      {"DeepTextRuns", [] { return repeated("<b>", 400) + std::string(8'000'000, 'x'); }, "*"},
      {"DeepFormattedTextRuns",
       [] { return numbered("<b a=", ">", 400) + repeated("x ", 4'000'000); }, "*"},
      {"StrayEndTags", [] { return repeated("<div>", 400) + repeated("</x>", 1'500'000); }, "*"},
      {"StrayParagraphEnds", [] { return repeated("</p>", 2'000'000); }, "*"},
      {"TenMiBOfLess", [] { return std::string(10 * kMiB, '<'); }, "*"},
      {"TenMiBOfText", [] { return std::string(10 * kMiB, 'x'); }, ""},
      {"TenMiBOfSpaces", [] { return std::string(10 * kMiB, ' '); }, "*"},
      {"TenMiBOfNul", [] { return std::string(10 * kMiB, '\0'); }, "*"},
      {"TenMiBOfAmpersands", [] { return std::string(10 * kMiB, '&'); }, "*"},
      {"EntityStorm",
       [] { return repeated("&lt;&CounterClockwiseContourIntegral;&#x41;&notit;", 150'000); }, "*"},
      {"OpenTag", [] { return "<" + std::string(8'000'000, 'a'); }, "*"},
      {"OpenAttribute", [] { return "<a b='" + std::string(8'000'000, 'a'); }, "*"},
      {"OpenComment", [] { return "<!--" + repeated("--!", 3'000'000); }, "*"},
      {"Comments", [] { return repeated("<!---->", 1'000'000); }, "*"},
      {"Paragraphs", [] { return repeated("<p>", 1'000'000); }, "nodes"},
      {"Doctypes", [] { return repeated("<!doctype html>", 500'000); }, "*"},
      {"Framesets", [] { return repeated("<frameset><frame>", 100'000); }, "*"},
      {"Cells", [] { return "<table><tr>" + repeated("<td>", 300'000); }, "*"},
      {"FosteredText", [] { return "<table>" + repeated("x<tr>", 300'000); }, "*"},
      {"FosteredCharacters",
       [] {
         return "<table>" + std::string(1'000'000, 'x') + std::string(1'000'000, 'x') +
                std::string(1'000'000, 'x');
       },
       "*"},
      {"Options", [] { return "<select>" + repeated("<option>x", 200'000); }, ""},
      {"Plaintext", [] { return "<plaintext>" + repeated("<div>", 500'000); }, ""},
      {"Forms", [] { return repeated("<form><input>", 200'000); }, "*"},
      {"Buttons", [] { return repeated("<button>", 200'000); }, "*"},
      {"Headings", [] { return repeated("<h1>", 200'000); }, "*"},
      {"Rubies", [] { return repeated("<ruby><rt>", 80'000); }, "depth"},
      {"Marquees", [] { return repeated("<marquee><b>", 80'000); }, "depth"},
      {"Nobrs", [] { return repeated("<nobr>x", 200'000); }, "*"},
  };
}

class Hostile : public testing::TestWithParam<Case> {};

TEST_P(Hostile, EndsSoonInAnErrorOrAnAnswer) {
  const Case& row = GetParam();
  const std::string html = row.html();
  const double start = cpu_seconds();
  const auto page = parse_page(html, {}, nullptr);
  std::string answer = "parsed";
  if (page) {
    const Document& document = *page->document;
    (void)body_text(document);
    (void)main_text(document);
    (void)main_markdown(document);
    (void)links(document, document.root());
    (void)tables(document, document.root());
    (void)metadata(document);
    (void)to_html(document, document.root());
    EXPECT_TRUE(std::string_view(row.limit) == "" || std::string_view(row.limit) == "*");
  } else {
    answer = page.error().to_string();
    EXPECT_EQ(page.error().code(), "DOCUMENT_TOO_COMPLEX");
    EXPECT_FALSE(page.error().fatal());
    const std::string limit(*page.error().ctx().find("limit")->as_string());
    if (std::string_view(row.limit) != "*") {
      EXPECT_EQ(limit, row.limit);
    }
  }
  const double spent = cpu_seconds() - start;
  EXPECT_LT(spent, kSoonSeconds);
  printf("%-32s %8.1f MB %6.0f ms  %s\n", row.name, static_cast<double>(html.size()) / 1e6,
         spent * 1000, answer.c_str());
}

INSTANTIATE_TEST_SUITE_P(Documents, Hostile, testing::ValuesIn(cases()),
                         [](const auto& row) { return row.param.name; });

TEST(Limits, OfTheInputAreTyped) {
  Limits limits;
  limits.input_bytes = 10;
  const auto page = parse_page("<p>more than ten", {}, nullptr, limits);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code(), "TOO_LARGE");
}

TEST(Limits, DepthIsExact) {
  Limits limits;
  limits.depth = 100;
  // html and body are two of them; the node after tells.
  EXPECT_TRUE(Document::parse(repeated("<div>", 90) + "x", nullptr, limits));
  EXPECT_FALSE(Document::parse(repeated("<div>", 110) + "x", nullptr, limits));
}

TEST(Limits, AStopEndsTheParse) {
  const std::atomic<bool> stop = true;
  const auto document = Document::parse("<p>x", nullptr, {}, &stop);
  ASSERT_FALSE(document);
  EXPECT_EQ(document.error().code(), "CANCELLED");
}

TEST(Limits, SelectionsAreBounded) {
  Limits limits;
  limits.steps = 1000;
  const auto document = Document::parse(repeated("<p class=a>", 2000), nullptr, limits).value();
  const auto found = select(*document, document->root(), *Selector::compile("p:has(b) .c, .a"));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), "DOCUMENT_TOO_COMPLEX");
}

}  // namespace

}  // namespace gvm::html
