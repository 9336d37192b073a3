#include "html/metadata.h"

#include "base/json.h"
#include "html/test_documents.h"

namespace gvm::html {

namespace {

std::string field(const Value& metadata, std::string_view name) {
  const Value* value = metadata.find(name);
  if (value == nullptr) return "(absent)";
  return value->as_string() ? std::string(*value->as_string()) : json::write(*value);
}

TEST(Metadata, OfAnArticle) {
  const auto document = parsed(
      R"(<html lang="en-GB"><title>Page | Site</title><link rel="Canonical" href="/c">
      <meta name=Description content=" What  it is "><meta name=keywords content="a, b,,c">
      <meta property="og:title" content="Graph title"><meta property="og:image" content="i.png">
      <meta property="og:site_name" content="Site"><meta property="og:title" content="second">
      <meta name="twitter:card" content="summary">
      <meta property="article:published_time" content="2024-05-06T07:08:09Z">
      <script type="application/ld+json">{"@graph": [{"@type": "Person"},
        {"dateModified": "2024-06-01", "author": [{"name": "Ann"}]}]}</script>
      <script type="application/ld+json">{broken</script>)",
      "https://example.com/dir/page");
  const Value found = metadata(*document);
  EXPECT_EQ(field(found, "title"), "Page | Site");
  EXPECT_EQ(field(found, "description"), "What it is");
  EXPECT_EQ(field(found, "language"), "en-GB");
  EXPECT_EQ(field(found, "canonical"), "https://example.com/c");
  EXPECT_EQ(field(found, "image"), "https://example.com/dir/i.png");
  EXPECT_EQ(field(found, "site_name"), "Site");
  EXPECT_EQ(field(found, "author"), "Ann");
  EXPECT_EQ(field(found, "published"), "2024-05-06T07:08:09Z");
  EXPECT_EQ(field(found, "modified"), "2024-06-01");
  EXPECT_EQ(field(found, "keywords"), R"(["a","b","c"])");
  EXPECT_EQ(field(*found.find("open_graph"), "title"), "Graph title");
  EXPECT_EQ(field(*found.find("twitter"), "card"), "summary");
  EXPECT_EQ(found.find("json_ld")->as_array()->size(), 1U);
}

TEST(Metadata, OfAnEmptyPage) {
  const Value found = metadata(*parsed(""));
  EXPECT_EQ(json::write(found),
            R"({"json_ld":[],"keywords":[],"meta":{},"open_graph":{},"twitter":{}})");
}

TEST(Metadata, DatesFromElements) {
  const Value found =
      metadata(*parsed("<time datetime=2020-01-01>x</time><time itemprop="
                       "datePublished datetime=2021-02-03>y</time>"));
  EXPECT_EQ(field(found, "published"), "2021-02-03");
  EXPECT_EQ(field(metadata(*parsed("<time datetime=2020-01-01>x</time>")), "published"),
            "2020-01-01");
}

TEST(Title, FallsBackToTheGraphAndTheHeading) {
  EXPECT_EQ(title(*parsed("<title> </title><h1>A <i>b</i></h1>")), "A b");
  EXPECT_EQ(title(*parsed("<meta property=og:title content=G><h1>A</h1>")), "G");
  EXPECT_EQ(title(*parsed("<p>x")), "");
}

TEST(Metadata, NumbersOfNamesAreBounded) {
  std::string html;
  for (int i = 0; i < 3000; ++i) html += "<meta name=n" + std::to_string(i) + " content=x>";
  EXPECT_EQ(metadata(*parsed(html)).find("meta")->as_map()->size(), 512U);
}

}  // namespace

}  // namespace gvm::html
