// Brings everything that moves to one state.

// Where the clock of SVG animations is stopped: most have ended by then, endless ones stand still.
// (In browsers of our own they do not run at all, see cell_flags.cpp.)
const kSvgSeconds = 10;

// Finite animations and transitions are at their end, endless ones at their beginning.
function endAnimations(roots) {
  for (const root of roots) {
    for (const animation of animationsOf(root)) {
      try {
        const timing = animation.effect && animation.effect.getComputedTiming();
        if (timing && timing.endTime !== Infinity) animation.finish();
        else animation.cancel();
      } catch (problem) {
        continue;
      }
    }
  }
}

function addSheet(roots, text) {
  for (const root of roots) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    addSheetTo(root, sheet);
  }
}

function stopSvg(root) {
  for (const svg of allIn(root, 'svg')) {
    if (!svg.pauseAnimations || svg.ownerSVGElement) continue;
    svg.pauseAnimations();
    svg.setCurrentTime(kSvgSeconds);
  }
}

// A marquee shows its text from the start, as a box that does not move. It stays in the tree, out
// of sight.
function stopMarquees(root) {
  for (const marquee of allIn(root, 'marquee')) {
    const box = marquee.getBoundingClientRect();
    const still = here.element('div');
    still.style.cssText = marquee.style.cssText +
      `;display:inline-block;overflow:hidden;white-space:nowrap;vertical-align:bottom;` +
      `width:${box.width}px;height:${box.height}px;background:` +
      getComputedStyle(marquee).background;
    for (const child of [...marquee.childNodes]) still.append(child);
    marquee.before(still);
    marquee.style.display = 'none';
  }
}

// A film shows its poster, or nothing: which of its pictures has come is a matter of time.
function stopMedia(root) {
  for (const media of allIn(root, 'video, audio')) {
    media.pause();
    media.srcObject = null;
    media.removeAttribute('src');
    for (const source of [...media.querySelectorAll('source')]) source.remove();
    media.load();
  }
}

// What a text needs.
function holdStill(roots) {
  if (globalThis.__genvmStill) return;
  globalThis.__genvmStill = true;
  endAnimations(roots);
}

// What a picture needs in addition.
function holdPictureStill(roots) {
  if (globalThis.__genvmPictureStill) return;
  globalThis.__genvmPictureStill = true;
  for (const root of roots) {
    stopSvg(root);
    stopMarquees(root);
    stopMedia(root);
  }
  addSheet(roots, '*{caret-color:transparent!important;scroll-behavior:auto!important;' +
    'animation-play-state:paused!important;transition:none!important}' +
    '*::-webkit-scrollbar,video::-webkit-media-controls{display:none!important}' +
    // The native bar moves while its value is not known.
    'progress:indeterminate{appearance:none!important}');
}

// Whether two pictures have to be the same before one counts: what draws pixels itself is beyond
// every style sheet.
function paints(roots) {
  return roots.some((root) => firstIn(root, 'canvas, video') !== null);
}
