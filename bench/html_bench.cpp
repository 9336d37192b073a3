// Extraction on article-like pages of realistic sizes, compared with lexbor alone on the same
// bytes: parsing, and destroying the tree. The ratio is that of pages per second.
#include <benchmark/benchmark.h>
#include <lexbor/html/html.h>

#include <string>

#include "html/links.h"
#include "html/page.h"
#include "html/selector.h"

namespace {

using namespace gvm;

const char* const kWords[] = {"validator", "agreement", "the",    "of",      "network", "and",
                              "contract",  "answer",    "page",   "a",       "round",   "to",
                              "evidence",  "which",     "ledger", "honest",  "naïve",   "für",
                              "is",        "state",     "market", "quarter", "in",      "report"};

// Deterministic: a linear congruential generator, the same on every machine.
class Words {
 public:
  unsigned below(unsigned n) {
    state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return static_cast<unsigned>(state_ >> 33U) % n;
  }
  std::string sentence() {
    std::string out;
    for (unsigned i = 0, n = 8 + below(16); i < n; ++i) {
      out += i == 0 ? "" : below(9) == 0 ? ", " : " ";
      const char* word = kWords[below(24)];
      const unsigned dressed = below(40);
      if (dressed == 0) {
        out +=
            "<a href=\"/topic/" + std::to_string(below(1000)) + "?x=1&amp;y=2\">" + word + "</a>";
      } else if (dressed == 1) {
        out += "<em class=\"e hl\">" + std::string(word) + "</em>";
      } else {
        out += word;
      }
    }
    return out + ". ";
  }

 private:
  std::uint64_t state_ = 1;
};

void add_navigation(std::string& out, const char* tag) {
  out += std::string("<") + tag + " class=\"site-nav\"><ul>";
  for (int i = 0; i < 40; ++i) {
    out += "<li class=\"item i" + std::to_string(i) + "\"><a href=\"/section/" + std::to_string(i) +
           "\" data-track='{\"id\":" + std::to_string(i) + "}'><span>Section</span></a></li>\n";
  }
  out += std::string("</ul></") + tag + ">\n";
}

void add_block(std::string& out, Words& words) {
  const unsigned kind = words.below(12);
  if (kind == 0) out += "<h2 id=\"h\">" + words.sentence() + "</h2>\n";
  if (kind == 1) {
    out += "<figure class=\"wide\"><img src=\"/i/" + std::to_string(words.below(99)) +
           ".jpg\" alt=\"A picture\" width=640 height=480><figcaption>" + words.sentence() +
           "</figcaption></figure>\n";
  }
  if (kind == 2) {
    out += "<table class=\"data\"><tr><th>Name<th>Value</tr>";
    for (int i = 0; i < 8; ++i) out += "<tr><td>row</td><td>" + std::to_string(i) + "</td></tr>";
    out += "</table>\n";
  }
  out += "<p class=\"paragraph body-text\">";
  for (int i = 0; i < 4; ++i) out += words.sentence();
  out += "</p>\n";
  if (kind == 3) out += "<script>window.slots.push({id: 1, if: a<b && c>d});</script>\n";
}

std::string article(std::size_t bytes) {
  Words words;
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Report</title>"
      "<meta name=\"description\" content=\"What it is\"><style>p{margin:0}</style></head><body>\n";
  add_navigation(out, "nav");
  out += "<main><article class=\"post\"><h1>Report</h1>\n";
  while (out.size() + 6000 < bytes) add_block(out, words);
  out += "</article></main>\n";
  add_navigation(out, "footer");
  return out + "</body></html>\n";
}

const std::string& page_of(const benchmark::State& state) {
  static const std::string kPages[] = {article(50'000), article(300'000), article(2'000'000)};
  return state.range(0) == 50 ? kPages[0] : state.range(0) == 300 ? kPages[1] : kPages[2];
}

void report(benchmark::State& state, const std::string& page) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * page.size()));
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}

void BaselineLexbor(benchmark::State& state) {
  const std::string& page = page_of(state);
  for (auto _ : state) {
    lxb_html_document_t* document = lxb_html_document_create();
    lxb_html_document_parse(document, reinterpret_cast<const lxb_char_t*>(page.data()),
                            page.size());
    benchmark::DoNotOptimize(document);
    lxb_html_document_destroy(document);
  }
  report(state, page);
}

void Parse(benchmark::State& state) {
  const std::string& page = page_of(state);
  for (auto _ : state) benchmark::DoNotOptimize(html::parse_page(page, "utf-8", nullptr));
  report(state, page);
}

// The answer of Render without a browser.
void PageText(benchmark::State& state) {
  const std::string& page = page_of(state);
  for (auto _ : state) {
    benchmark::DoNotOptimize(html::page_text(page, "text/html; charset=utf-8", "https://a.b/"));
  }
  report(state, page);
}

std::shared_ptr<const html::Document> document_of(const std::string& page) {
  const auto url = url::parse("https://example.com/");
  return html::parse_page(page, "utf-8", &*url)->document;
}

void Text(benchmark::State& state) {
  const auto document = document_of(page_of(state));
  for (auto _ : state) benchmark::DoNotOptimize(html::body_text(*document));
  report(state, page_of(state));
}

void MainMarkdown(benchmark::State& state) {
  const auto document = document_of(page_of(state));
  for (auto _ : state) benchmark::DoNotOptimize(html::main_markdown(*document));
  report(state, page_of(state));
}

void Links(benchmark::State& state) {
  const auto document = document_of(page_of(state));
  for (auto _ : state) benchmark::DoNotOptimize(html::links(*document, document->root()));
  report(state, page_of(state));
}

void Select(benchmark::State& state) {
  const auto document = document_of(page_of(state));
  for (auto _ : state) {
    const auto selector = html::Selector::compile("article > p.body-text a[href^='/topic']");
    benchmark::DoNotOptimize(html::select(*document, document->root(), *selector));
  }
  report(state, page_of(state));
}

BENCHMARK(BaselineLexbor)->Arg(50)->Arg(300)->Arg(2000);
BENCHMARK(Parse)->Arg(50)->Arg(300)->Arg(2000);
BENCHMARK(PageText)->Arg(50)->Arg(300)->Arg(2000);
BENCHMARK(Text)->Arg(50)->Arg(300)->Arg(2000);
BENCHMARK(MainMarkdown)->Arg(50)->Arg(300)->Arg(2000);
BENCHMARK(Links)->Arg(50)->Arg(300)->Arg(2000);
BENCHMARK(Select)->Arg(50)->Arg(300)->Arg(2000);

}  // namespace
