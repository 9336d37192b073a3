// The answer to `ask`. Keys of `ask`:
//   when      "settled": nothing is brought to rest or read before the page has settled; "now"
//   loaded    true: what is still loading no longer matters
//   busy      true: the page has requests under way that may change it
//   unsure    true: whether it is busy is not known as of now; a page that has settled, but which
//             something could change, is not read yet (the answer's `rests`)
//   selector  string: an element in any open tree must match; the answer's `found` says whether
//   picture   "viewport" or "page": images and fonts count as part of what has to load
//   quiet     the page must not have changed for so many milliseconds, unless nothing in it can
//             change it (`fixed`); the answer's `rested` says for how many it has not
//   still     "text" or "picture": brings what moves to one state
//   read      "text" or "html": returns it as `content`; text as marks (html/composed_text.h)
//   all       true: text includes what is not visible
//   max       longest `content` in UTF-16 units; a longer one is only counted, in `too_long`
//   body      longest `body`, the beginning of a failed page's text, in UTF-16 units
// The answer always has `url`, `status` (0: unknown), `type` (the content type), `ready` (all has
// loaded), `parsed` (the document is complete) and, until `ready`, `pending` (scripts and style
// sheets on their way); `settled` unless the page failed.
const roots = openRoots();
const out = {
  url: location.href,
  status: (performance.getEntriesByType('navigation')[0] || {}).responseStatus || 0,
  type: here.type(),
  parsed: here.readyState() !== 'loading',
  ready: here.readyState() === 'complete' && (!ask.picture || isPainted(roots, ask.picture)),
};
const clean = (text) => (text.toWellFormed ? text.toWellFormed() : text);
const isDocument = out.type === 'text/html' || out.type === 'application/xhtml+xml';
if (out.status >= 400 || out.url.startsWith('chrome-error:')) {
  const root = here.root();
  const body = here.body();
  const text = body ? body.innerText : root && textContentOf(root);
  out.body = clean((text || '').slice(0, ask.body));
  return out;
}
if (!out.ready) out.pending = pendingCode();
if (ask.selector) {
  try {
    out.found = matches(roots, ask.selector);
  } catch (problem) {
    out.bad_selector = true;
  }
}
if (ask.quiet) {
  out.rested = rested(roots);
  out.fixed = !isDocument || !canChange(roots);
}
out.settled = (out.ready || ask.loaded === true) &&
  (!ask.quiet || out.fixed || (!ask.busy && out.rested >= ask.quiet)) && (!ask.selector || out.found === true);
out.rests = ask.unsure === true && out.settled && ask.quiet > 0 && !out.fixed;
if (out.rests) out.settled = false;
if (ask.when === 'settled' && !out.settled) return out;
if (ask.still) {
  holdStill(roots);
  if (ask.still === 'picture') {
    holdPictureStill(roots);
    out.paints = paints(roots);
  }
}
const give = (content) => {
  if (content.length > ask.max) out.too_long = content.length;
  else out.content = clean(content);
};
out.unlabelled = here.charset() === 'windows-1252' &&
  firstIn(document, 'meta[charset], meta[http-equiv="content-type" i]') === null;
const source = ask.read && !isDocument ? shownSource() : null;
if (source !== null) {
  out.source = true;
  give(source);
} else if (ask.read === 'html') {
  give(htmlOf(roots));
} else if (ask.read && !isDocument) {
  const root = here.root();
  give((root && textContentOf(root)) || '');
} else if (ask.read && here.body() && localNameOf(here.body()) === 'frameset') {
  out.frames = allIn(document, 'frame').slice(0, kMostReported).map((f) => f.src);
} else if (ask.read && !here.root()) {
  out.content = '';
} else if (ask.read) {
  const reader = new TextReader(roots, ask.all === true, ask.max);
  if (reader.read()) {
    out.content = clean(reader.parts.join(''));
  } else if (reader.nodes > kMostNodes) {
    out.too_complex = kMostNodes;
  } else {
    out.too_long = reader.units;
  }
}
return out;
