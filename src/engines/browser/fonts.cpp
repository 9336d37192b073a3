#include "browser/fonts.h"

#include <dlfcn.h>

#include <array>
#include <cstdint>
#include <memory>

namespace gvm::browser {
namespace {

struct Script {
  const char* name;
  char32_t letter;  // one that every font of the script has
  const char* package;
};

constexpr const char* kCore = "fonts-noto-core";
constexpr const char* kCjk = "fonts-noto-cjk";
constexpr std::array<Script, 17> kScripts = {{
    {"Latin", U'A', kCore},
    {"Greek", U'\u03A9', kCore},
    {"Cyrillic", U'\u0416', kCore},
    {"Armenian", U'\u0531', kCore},
    {"Georgian", U'\u10D0', kCore},
    {"Hebrew", U'\u05D0', kCore},
    {"Arabic", U'\u0639', kCore},
    {"Devanagari", U'\u0905', kCore},
    {"Bengali", U'\u0985', kCore},
    {"Tamil", U'\u0B85', kCore},
    {"Thai", U'\u0E01', kCore},
    {"Ethiopic", U'\u1200', kCore},
    {"Han", U'\u6F22', kCjk},
    {"Japanese", U'\u3042', kCjk},
    {"Korean", U'\uD55C', kCjk},
    {"symbols", U'\u2690', kCore},
    {"emoji", U'\U0001F600', "fonts-noto-color-emoji"},
}};

// The part of fontconfig's interface that is used; Chromium brings the library, not its headers.
struct FontSet {
  int count;
  int size;
  void** fonts;
};
struct Fontconfig {
  void* (*FcInitLoadConfigAndFonts)() = nullptr;
  void (*FcConfigDestroy)(void* config) = nullptr;
  void* (*FcPatternCreate)() = nullptr;
  void (*FcPatternDestroy)(void* pattern) = nullptr;
  int (*FcPatternAddCharSet)(void* pattern, const char* object, const void* set) = nullptr;
  void* (*FcCharSetCreate)() = nullptr;
  void (*FcCharSetDestroy)(void* set) = nullptr;
  int (*FcCharSetAddChar)(void* set, std::uint32_t letter) = nullptr;
  void* (*FcObjectSetCreate)() = nullptr;
  void (*FcObjectSetDestroy)(void* set) = nullptr;
  FontSet* (*FcFontList)(void* config, void* pattern, void* objects) = nullptr;
  void (*FcFontSetDestroy)(FontSet* set) = nullptr;
};

template <class Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(dlsym(library, name));
  return function != nullptr;
}

bool find_all(void* library, Fontconfig& fc) {
#define GVM_FC_FIND(name) find(library, #name, fc.name)
  return GVM_FC_FIND(FcInitLoadConfigAndFonts) && GVM_FC_FIND(FcConfigDestroy) &&
         GVM_FC_FIND(FcPatternCreate) && GVM_FC_FIND(FcPatternDestroy) &&
         GVM_FC_FIND(FcPatternAddCharSet) && GVM_FC_FIND(FcCharSetCreate) &&
         GVM_FC_FIND(FcCharSetDestroy) && GVM_FC_FIND(FcCharSetAddChar) &&
         GVM_FC_FIND(FcObjectSetCreate) && GVM_FC_FIND(FcObjectSetDestroy) &&
         GVM_FC_FIND(FcFontList) && GVM_FC_FIND(FcFontSetDestroy);
#undef GVM_FC_FIND
}

using Handle = std::unique_ptr<void, void (*)(void*)>;

bool has_font(const Fontconfig& fc, void* config, char32_t letter) {
  const Handle letters(fc.FcCharSetCreate(), fc.FcCharSetDestroy);
  const Handle pattern(fc.FcPatternCreate(), fc.FcPatternDestroy);
  const Handle objects(fc.FcObjectSetCreate(), fc.FcObjectSetDestroy);
  fc.FcCharSetAddChar(letters.get(), letter);
  fc.FcPatternAddCharSet(pattern.get(), "charset", letters.get());
  FontSet* fonts = fc.FcFontList(config, pattern.get(), objects.get());
  const bool any = fonts != nullptr && fonts->count > 0;
  if (fonts != nullptr) fc.FcFontSetDestroy(fonts);
  return any;
}

}  // namespace

std::vector<MissingFont> scripts_without_font(const std::function<bool(char32_t)>& has_font) {
  std::vector<MissingFont> missing;
  for (const Script& script : kScripts) {
    if (!has_font(script.letter)) missing.push_back({script.name, script.package});
  }
  return missing;
}

std::vector<MissingFont> scripts_without_installed_font() {
  // Stays open: the library keeps memory of its own until the process ends.
  void* library = dlopen("libfontconfig.so.1", RTLD_NOW | RTLD_LOCAL);
  Fontconfig fc;
  if (library == nullptr || !find_all(library, fc)) return {};
  const Handle config(fc.FcInitLoadConfigAndFonts(), fc.FcConfigDestroy);
  if (config == nullptr) return {};
  return scripts_without_font([&](char32_t letter) { return has_font(fc, config.get(), letter); });
}

}  // namespace gvm::browser
