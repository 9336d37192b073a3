// The function that runs in a page. Keys of its argument `ask`:
//   selector  string: the answer's `found` says whether an element matches
//   quiet     true: the answer's `rested` is the time in milliseconds since the DOM last changed
//   still     true: finishes animations (endless ones are set to their beginning), hides the caret
//   read      "text" or "html": returns it as `content`
//   max       longest `content`, in UTF-16 units; a longer one is only counted, in `too_long`
//   body      longest `body`, the beginning of a failed page's text, in UTF-16 units
// The answer always has `url`, `status` (0: unknown) and `ready` (the document is complete).
#include "browser/page_reader.h"

namespace gvm::browser {

std::string_view page_script() {
  return R"JS(function (ask) {
  const entry = performance.getEntriesByType('navigation')[0];
  const root = document.documentElement;
  const out = {
    url: location.href,
    status: (entry && entry.responseStatus) || 0,
    ready: document.readyState === 'complete',
  };
  const clean = (text) => (text.toWellFormed ? text.toWellFormed() : text);
  const text = () => {
    if (document.body) return document.body.innerText || '';
    return (root && root.textContent) || '';
  };
  const html = () => {
    const type = document.doctype;
    const head = type ? new XMLSerializer().serializeToString(type) + '\n' : '';
    return head + (root ? root.outerHTML : '');
  };
  if (ask.selector) {
    try {
      out.found = document.querySelector(ask.selector) !== null;
    } catch (problem) {
      out.bad_selector = true;
    }
  }
  if (ask.quiet) {
    if (!globalThis.__genvmRested) {
      let changed = performance.now();
      const watch = new MutationObserver(() => { changed = performance.now(); });
      watch.observe(document, {subtree: true, childList: true, characterData: true});
      globalThis.__genvmRested = () => performance.now() - changed;
    }
    out.rested = globalThis.__genvmRested();
  }
  if (ask.still) {
    for (const animation of document.getAnimations ? document.getAnimations() : []) {
      try {
        const timing = animation.effect && animation.effect.getComputedTiming();
        if (timing && timing.endTime !== Infinity) animation.finish();
        else animation.cancel();
      } catch (problem) {
        continue;
      }
    }
  }
  if (ask.still && document.adoptedStyleSheets) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { caret-color: transparent !important; }');
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }
  if (out.status >= 400 || out.url.startsWith('chrome-error:')) {
    out.body = clean(text().slice(0, ask.body));
    return out;
  }
  if (ask.read) {
    const content = ask.read === 'html' ? html() : text();
    if (content.length > ask.max) out.too_long = content.length;
    else out.content = clean(content);
  }
  return out;
})JS";
}

}  // namespace gvm::browser
