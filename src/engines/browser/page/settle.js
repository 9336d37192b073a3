// Whether a page has come to rest.

const kMostReported = 100;

// Whether anything in the page can still change it: scripts, handlers, frames, a refresh.
function canChange(roots) {
  const isCode = (script) =>
    /^$|javascript|ecmascript|^module$/i.test((script.getAttribute('type') || '').trim());
  const isActive = (element) =>
    /^(iframe|frame|object|embed)$/.test(localNameOf(element)) ||
    (localNameOf(element) === 'script' && isCode(element)) ||
    (localNameOf(element) === 'meta' && /refresh/i.test(attributeOf(element, 'http-equiv') || '')) ||
    attributeNamesOf(element).some((name) => name.startsWith('on'));
  return roots.some((root) => {
    const walker = here.elementsOf(root);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      if (isActive(node)) return true;
    }
    return false;
  });
}

// Scripts and style sheets of the document that are on their way.
function pendingCode() {
  const bare = (url) => url.split('#', 1)[0];
  const done = new Set(performance.getEntriesByType('resource').map((entry) => bare(entry.name)));
  const awaited = (url) => /^https?:/.test(url) && !done.has(bare(url));
  const scripts = allIn(document, 'script[src]:not([nomodule])')
    .filter((script) => awaited(script.src));
  const sheets = allIn(document, 'link[rel~="stylesheet" i][href]')
    .filter((link) => !link.sheet && !link.disabled && awaited(link.href));
  return scripts.length + sheets.length;
}

// Whether fonts, images and the first pictures of films have come; for a picture of the whole page
// also the images further down, which are loaded when they come into view.
function isPainted(roots, part) {
  const all = (selector) => roots.flatMap((root) => allIn(root, selector));
  const images = all('img');
  if (part === 'page') {
    for (const image of images) {
      if (image.loading === 'lazy') image.loading = 'eager';
    }
  }
  const fonts = here.fonts();
  return (!fonts || fonts.status === 'loaded') &&
    images.every((image) => image.complete || image.loading === 'lazy') &&
    all('video').every((film) => film.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA ||
      film.networkState !== HTMLMediaElement.NETWORK_LOADING);
}

// Milliseconds since the trees last changed: nodes, texts, attributes, also in shadow trees that
// were attached since, and since something was last loaded.
function rested(roots) {
  let watch = globalThis.__genvmWatch;
  if (!watch) {
    const changed = () => { watch.changed = performance.now(); };
    watch = {changed: performance.now(), trees: new MutationObserver(changed), seen: new WeakSet()};
    globalThis.__genvmWatch = watch;
    new PerformanceObserver(changed).observe({type: 'resource'});
  }
  for (const root of roots) {
    if (watch.seen.has(root)) continue;
    watch.seen.add(root);
    watch.trees.observe(
      root, {subtree: true, childList: true, characterData: true, attributes: true});
    if (root !== document) watch.changed = performance.now();
  }
  return performance.now() - watch.changed;
}
