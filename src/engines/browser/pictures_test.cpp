// Pictures of pages that move: one page gives one picture, whenever it is taken. With
// GVM_PICTURE_RENDERS in the environment so many are taken of each (10 by default); with
// GVM_PICTURE_FOLDER the first of each is written there, to be looked at.
#include <fstream>
#include <set>

#include "browser/test_own_pool.h"
#include "support/paths.h"

namespace gvm::browser {
namespace {

using testing::StartsWith;

// An endless animation of two pictures of one pixel, red and blue, 50 ms each (GIF89a).
std::string blinking_gif() {
  using namespace std::string_literals;
  const auto frame = [](int colour) {
    // LZW with codes of three bits: clear, the colour, end.
    const int bits = 4 | colour << 3 | 5 << 6;
    return "\x21\xF9\x04\x04\x05\x00\x00\x00\x2C\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02"s +
           static_cast<char>(bits & 0xFF) + static_cast<char>(bits >> 8) + "\x00"s;
  };
  return "GIF89a\x01\x00\x01\x00\x81\x00\x00"s +
         "\x00\x00\x00\xFF\x00\x00\x00\x00\xFF\x00\xFF\x00"s +
         "\x21\xFF\x0BNETSCAPE2.0\x03\x01\x00\x00\x00"s + frame(1) + frame(2) + "\x3B";
}

struct Moving {
  const char* name;
  const char* body;
};
void PrintTo(const Moving& moving, std::ostream* out) {
  *out << moving.name;
}

constexpr Moving kMoving[] = {
    {"css",
     "<style>@keyframes spin{to{transform:rotate(1turn)}}@keyframes in{from{opacity:0}}"
     "div{width:90px;height:40px;background:linear-gradient(90deg,red,blue);"
     "animation:spin 1s infinite linear}p{animation:in 5s}</style><div></div><p>faded in"},
    {"transition",
     "<style>div{width:10px;height:40px;background:red;transition:width 9s}.x{width:400px}</style>"
     "<div id=d></div><script>onload=()=>{d.offsetWidth;d.className='x'}</script>"},
    {"shadow",
     "<div><template shadowrootmode=open><style>@keyframes m{to{margin-left:300px}}"
     "b{display:block;width:50px;height:50px;background:green;animation:m 1s infinite alternate}"
     "</style><b></b></template></div>"},
    {"smil",
     "<svg width=300 height=100><rect width=50 height=50 fill=red><animate attributeName=x "
     "from=0 to=250 dur=1.3s repeatCount=indefinite /></rect><circle cy=80 cx=20 r=9 "
     "fill=blue><animate attributeName=r values='1;19;1' dur=0.7s repeatCount=indefinite />"
     "</circle></svg>"},
    {"marquee",
     "<marquee width=300 bgcolor=yellow>to the left, to the left</marquee>"
     "<marquee direction=up height=60>up and up</marquee>after"},
    {"gif",
     "<img src=/blink.gif width=80 height=80><div style='width:80px;height:80px;"
     "background:url(/blink.gif);background-size:80px'></div>"},
    {"caret", "<textarea autofocus rows=4>typed</textarea><input value=also>"},
    {"scrollbars",
     "<div style='height:80px;width:200px;overflow:scroll'><p>a<p>b<p>c<p>d<p>e"
     "</div><div style='height:4000px'>long</div>"},
    {"canvas",
     "<canvas id=c width=300 height=100></canvas><script>const g=c.getContext('2d');let n=0;"
     "(function f(){g.fillStyle='teal';g.fillRect(0,0,++n*5,50);if(n<50)requestAnimationFrame(f)"
     "})()</script>"},
    {"smooth",
     "<style>html{scroll-behavior:smooth}</style><div style='height:3000px'>top</div>"
     "<p id=end>end</p><script>location.hash='end'</script>"},
    {"video",
     "<video src=/film.webm width=160 height=90 muted autoplay loop controls></video>"
     "<video id=live width=160 height=90 muted autoplay></video><canvas id=c hidden></canvas>"
     "<script>const g=c.getContext('2d');let n=0;setInterval(()=>{g.fillStyle=`hsl(${n++} 90% "
     "50%)`;"
     "g.fillRect(0,0,300,150)},40);live.srcObject=c.captureStream(25)</script>"},
    {"random",
     "<div id=d "
     "style='width:90px;height:90px'></div><script>d.style.background=`hsl(${Math.random()"
     "*360} 80% 50%)`;document.write(Math.random())</script>"},
    {"progress", "<progress></progress><br><input type=range><meter value=.4></meter>"},
};

// 1.5 seconds in which colours and numbers change.
std::string film() {
  std::ifstream file(std::string(test::source_dir()) + "/tests/data/pictures/film.webm",
                     std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Site moving_site() {
  Site site;
  for (const Moving& moving : kMoving)
    site[std::string("/") + moving.name] =
        page(std::string("<!doctype html><meta charset=utf-8>") + moving.body);
  site["/film.webm"] = page(film(), "video/webm");
  site["/blink.gif"] = page(blinking_gif(), "image/gif");
  std::string rows;
  for (int i = 0; i < 2000; ++i) rows += fmt::format("<p>row {}</p>", i);
  site["/long"] = page("<!doctype html>" + rows);
  site["/noise"] = page(
      "<!doctype html><body style='margin:0'><canvas id=c width=800 height=600></canvas><script>"
      "const g=c.getContext('2d');let s=1;for(let y=0;y<600;y+=4)for(let x=0;x<800;x+=4){"
      "s=s*16807%2147483647;g.fillStyle=`#${(s%16777216).toString(16).padStart(6,'0')}`;"
      "g.fillRect(x,y,4,4)}</script>");
  site["/world"] = page(
      "<!doctype html><meta charset=utf-8><style>p{font-size:28px;margin:4px}</style>"
      "<p>English Ελληνικά Русский<p>漢字 かな カナ 한국어 简体 繁體<p dir=rtl>العربية עברית"
      "<p>हिन्दी বাংলা தமிழ்<p>ภาษาไทย Հայերեն ქართული አማርኛ<p>☀ ⚐ ♞ ⌘ ∮ → 😀 "
      "👩‍🚀 "
      "🇪🇺");
  return site;
}

struct Pictures : OwnPoolFixture {
  Pictures() {
    dialer.port = moving.port();
    start();
    auto leased = lease();
    if (!leased) throw std::runtime_error(leased.error().to_string());
    held.emplace(std::move(*leased));
  }
  ~Pictures() override { held.reset(); }

  Result<RenderResult> take(RenderRequest request) {
    request.url = "http://page.example.com" + request.url;
    request.mode = RenderMode::screenshot;
    return loop.run(held->render(std::move(request), Deadline::in(kPatience)));
  }
  static void keep(const std::string& name, const std::string& picture) {
    const char* folder = std::getenv("GVM_PICTURE_FOLDER");
    if (folder != nullptr) std::ofstream(std::string(folder) + "/" + name) << picture;
  }

  HttpServer moving{serving(moving_site())};
  std::optional<Lease> held;
};

struct MovingPictures : Pictures, testing::WithParamInterface<Moving> {};

TEST_P(MovingPictures, AreTheSameWheneverTheyAreTaken) {
  const char* wanted = std::getenv("GVM_PICTURE_RENDERS");
  const int renders = wanted == nullptr ? 10 : std::atoi(wanted);
  std::set<std::string> distinct;
  for (int i = 0; i < renders; ++i) {
    auto picture = take({.url = std::string("/") + GetParam().name,
                         .wait_after_loaded = milliseconds(i * 37 % 400)});
    ASSERT_TRUE(picture) << picture.error().to_string();
    EXPECT_FALSE(picture->unsettled);
    distinct.insert(picture->content);
    keep(fmt::format("{}-{}.png", GetParam().name, distinct.size()), picture->content);
  }
  EXPECT_EQ(distinct.size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(Pages, MovingPictures, testing::ValuesIn(kMoving),
                         [](const auto& tested) { return tested.param.name; });

TEST_F(Pictures, ALongPageIsOnePictureUpToTheLimit) {
  auto picture = take({.url = "/long", .capture = Capture::full_page});
  ASSERT_TRUE(picture) << picture.error().to_string();
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(picture->content[i]); };
  EXPECT_EQ(byte(22) << 8 | byte(23), DriverSession::kMaxPageHeight) << "the height in IHDR";
}

TEST_F(Pictures, JpegWhereAskedFor) {
  auto picture = take({.url = "/css", .format = PictureFormat::jpeg});
  ASSERT_TRUE(picture) << picture.error().to_string();
  EXPECT_THAT(picture->content, StartsWith("\xFF\xD8\xFF"));
  EXPECT_EQ(picture->format, PictureFormat::jpeg);
}

TEST_F(Pictures, ALargeOneIsMadeSmallerOnlyWhenAskedFor) {
  constexpr std::size_t kLimit = 60'000;
  auto refused = take({.url = "/noise", .max_bytes = kLimit});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), codes::kTooLarge);
  auto scaled =
      take({.url = "/noise", .max_bytes = kLimit, .large_picture = LargePicture::scale_down});
  ASSERT_TRUE(scaled) << scaled.error().to_string();
  EXPECT_LE(scaled->content.size(), kLimit);
  EXPECT_THAT(scaled->content, StartsWith("\x89PNG"));
}

TEST_F(Pictures, ScriptsOfTheWorldGiveOnePicture) {
  auto first = take({.url = "/world"});
  auto second = take({.url = "/world"});
  ASSERT_TRUE(first && second);
  EXPECT_TRUE(first->content == second->content);
  keep("world.png", first->content);
}

}  // namespace
}  // namespace gvm::browser
