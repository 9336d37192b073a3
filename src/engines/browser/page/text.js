// The text that a person sees, as the marks that html/composed_text.h describes.

const kHtml = 'http://www.w3.org/1999/xhtml';
// Never shown, or shown as something that is no text; the same as html/tag.cpp's.
const kNeverShown = new Set(('head title script style template noscript noframes noembed iframe ' +
  'object audio video canvas datalist rp textarea meta link base param area source track ' +
  'progress meter').split(' '));
const kNeverShownElsewhere = new Set(
  'annotation annotation-xml defs desc metadata script style symbol title'.split(' '));
// What is a block when it is shown: for what is not, and yet asked for.
const kBlocks = new Set(('html body address article aside blockquote center dd details dir div dl ' +
  'dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr legend li listing ' +
  'main menu nav ol optgroup option p plaintext pre section summary search dialog table tbody ' +
  'tfoot thead caption ul xmp').split(' '));
const kSmallestText = 2;      // pixels
const kMostComparisons = 5e6;

function isTransparent(style) {
  if (style.filter === 'none') return false;
  const filter = /opacity\(([\d.]+)\)/.exec(style.filter);
  return filter !== null && +filter[1] < kFaintest;
}

// The part of the page that a person can scroll to, in pixels of the page.
function reachablePart() {
  const own = getComputedStyle(here.root());
  const body = here.body() ? getComputedStyle(here.body()) : own;
  const scroller = here.scroller() || here.root();
  const locked = [own.overflowX, body.overflowX].some((x) => x === 'hidden' || x === 'clip');
  const beyond = scroller.scrollWidth - scroller.clientWidth;
  const left = body.direction === 'rtl' && !locked ? -beyond : 0;
  return {left, right: locked ? innerWidth : Infinity};
}

function isCentreIn(rect, box) {
  const x = (rect.left + rect.right) / 2;
  const y = (rect.top + rect.bottom) / 2;
  return x >= box.left && x <= box.right && y >= box.top && y <= box.bottom;
}

class TextReader {
  constructor(roots, all, most) {
    this.roots = roots;
    this.all = all;
    this.most = most;
    this.parts = [];
    this.units = 0;
    this.nodes = 0;
    this.range = here.range();
    this.pageWide = [here.root(), here.body()];  // their colours are the whole page's
    this.reachable = reachablePart();
    this.painters = null;
    this.comparisons = 0;
  }

  // False when the page is too large.
  read() {
    const dark = getComputedStyle(here.root()).colorScheme === 'dark';
    const start = {spaces: 'n', hidden: false, opacity: 1, clip: null, placedClip: null,
      ground: dark ? [18, 18, 18] : [255, 255, 255], groundBox: null, cutOut: false,
      box: null, style: null, inks: undefined, element: null, svg: false};
    const stack = [{children: {next: null, list: [here.root()], at: 0}, state: start,
      mark: '', waits: false}];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      const node = takeNext(top.children);
      if (!node) {
        if (top.mark && !top.waits) this.parts.push('\x03');
        stack.pop();
        continue;
      }
      if (++this.nodes > kMostNodes || this.units > this.most) return false;
      const type = typeOf(node);
      if (type === Node.TEXT_NODE || type === Node.CDATA_SECTION_NODE) {
        this.text(node, top.state, stack);
      } else if (type === Node.ELEMENT_NODE) {
        this.element(node, top.state, stack);
      }
    }
    return true;
  }

  element(element, around, stack) {
    const html = namespaceOf(element) === kHtml;
    const name = localNameOf(element);
    if ((html ? kNeverShown : kNeverShownElsewhere).has(name)) return;
    const style = getComputedStyle(element);
    const display = style.display;
    if (display === 'none' && !this.all) return;
    const waiting = stack[stack.length - 1].waits;
    if (html && name === 'br') {
      if (!waiting) this.parts.push('\x02');
      return;
    }
    const box = this.boxOf(name, html, display);
    const apart = /^(absolute|fixed)$/.test(style.position) || style.cssFloat !== 'none';
    const state = this.stateOf(element, style, display, around);
    if (!state) {
      if (box !== 'i' && !apart && !waiting) this.parts.push('\x01' + box + 'n\x03');
      return;
    }
    const mark = box !== 'i' || state.spaces !== around.spaces ?
      this.spanOf(element, box) + '\x01' + box + state.spaces : '';
    const waits = waiting || (apart && box === 'b');
    if (mark && !waits) this.parts.push(mark);
    // Options are shown when they are wanted, a marquee shows all its text sooner or later: their
    // own box tells what is seen.
    if (html && (name === 'select' || name === 'marquee')) state.box = element;
    stack.push({children: composedChildren(element), state, mark, waits});
  }

  // A box apart from the lines around it (placed by coordinates, or floating) parts them only when
  // something in it is seen: a price with a hidden word for screen readers stays one word.
  beginWaiting(stack) {
    for (const frame of stack) {
      if (frame.waits && frame.mark) this.parts.push(frame.mark);
      frame.waits = false;
    }
  }

  boxOf(name, html, display) {
    if (!html && name !== 'svg') return name === 'text' || name === 'foreignObject' ? 'b' : 'i';
    if (display === 'none') {
      if (name === 'tr') return 'r';
      if (name === 'td' || name === 'th') return 'c';
      if (!kBlocks.has(name)) return 'i';
    }
    if (display === 'table-row') return 'r';
    if (display === 'table-cell') return 'c';
    if (/^(inline|ruby|contents|-webkit-inline)/.test(display)) return 'i';
    return html && /^(p|h[1-6])$/.test(name) ? 'p' : 'b';
  }

  spanOf(element, box) {
    const spans = box === 'c' && element instanceof HTMLTableCellElement &&
      (element.colSpan !== 1 || element.rowSpan !== 1);
    return spans ? '\x05' + element.colSpan + ',' + element.rowSpan + ';' : '';
  }

  spacesOf(element, style) {
    if (/^(select|option|optgroup)$/.test(localNameOf(element))) return 'n';
    const collapse = style.whiteSpaceCollapse;
    if (collapse === 'collapse') return 'n';
    return collapse === 'preserve-breaks' ? 'l' : 'k';
  }

  // What an element hands down to its content; null: nothing of it is visible.
  stateOf(element, style, display, around) {
    const state = {...around, element, style, inks: undefined};
    state.svg = namespaceOf(element) === kSvg;
    state.spaces = this.spacesOf(element, style);
    if (this.all) return state;
    state.hidden = style.visibility !== 'visible';
    state.opacity = around.opacity * parseFloat(style.opacity);
    if (state.opacity < kFaintest || style.contentVisibility === 'hidden' ||
        isClippedAway(element, style) || isTransparent(style)) return null;
    this.clip(element, style, display, state, around);
    if (display !== 'contents') this.ground(element, style, display, state);
    if (style.backgroundImage !== 'none' && style.webkitBackgroundClip === 'text')
      state.cutOut = true;
    return state;
  }

  // Keeps the colour that the content stands on, and the box that is painted with it: content may
  // stand outside of the box. The root's and the body's colours are the whole page's.
  ground(element, style, display, state) {
    // Both change the text's colour, but not that of what it stands on.
    if (style.filter !== 'none' || style.mixBlendMode !== 'normal') state.ground = null;
    const background = colourOf(style.backgroundColor);
    if (style.backgroundImage === 'none' && background && background.alpha === 0) return;
    const plain = style.backgroundImage === 'none' && background &&
      (background.alpha === 1 || state.ground !== null);
    const bounded = display !== 'inline' && !this.pageWide.includes(element);
    state.ground = plain ? over(background, state.ground || background.rgb) : null;
    state.groundBox = plain && bounded ? element : null;
  }

  // Keeps the area in which the content can show up. What is placed by coordinates is cut by the
  // boxes around the element that it is placed in.
  clip(element, style, display, state, around) {
    const position = style.position;
    if (position === 'absolute') state.clip = around.placedClip;
    if (position === 'fixed') state.clip = null;
    const cuts = style.overflowX !== 'visible' || style.overflowY !== 'visible';
    const boxless = display === 'inline' || display === 'contents' ||
      this.pageWide.includes(element);
    if (cuts && !boxless) {
      const rect = rectOf(element);
      const empty = rect.width <= kSmallestBox || rect.height <= kSmallestBox;
      const on = (overflow) => empty || overflow === 'hidden' || overflow === 'clip';
      const old = state.clip || {left: -Infinity, top: -Infinity, right: Infinity, bottom: Infinity};
      state.clip = {
        left: on(style.overflowX) ? Math.max(old.left, rect.left) : old.left,
        right: on(style.overflowX) ? Math.min(old.right, rect.right) : old.right,
        top: on(style.overflowY) ? Math.max(old.top, rect.top) : old.top,
        bottom: on(style.overflowY) ? Math.min(old.bottom, rect.bottom) : old.bottom};
    }
    if (position !== 'static' || style.transform !== 'none') state.placedClip = state.clip;
  }

  text(node, state, stack) {
    let data = node.data;
    // Characters without width are nothing to be measured either.
    const blank = /^[ \t\n\f\r\u00ad\u200b-\u200f\u2060-\u2064\ufeff]*$/.test(data);
    if (!blank && !this.all && !this.isSeen(node, state)) return;
    if (stack[stack.length - 1].waits) {
      if (blank) return;
      this.beginWaiting(stack);
    }
    if (state.spaces === 'n') data = data.replace(/[ \t\n\f\r]+/g, ' ');
    this.units += data.length;
    this.parts.push(/[\x01-\x05]/.test(data) ? data.replace(/[\x01-\x05]/g, '\x04$&') : data);
  }

  isSeen(node, state) {
    if (state.hidden) return false;
    if (!state.box) this.range.selectNodeContents(node);
    const rect = state.box ? rectOf(state.box) : this.range.getBoundingClientRect();
    if (rect.width === 0 || rect.height < kSmallestText) return false;
    if (parseFloat(state.style.fontSize) < kSmallestText) return false;
    if (rect.bottom + scrollY <= 0 || rect.right + scrollX <= this.reachable.left ||
        rect.left + scrollX >= this.reachable.right) return false;
    const clip = state.clip;
    if (clip && (Math.min(rect.right, clip.right) - Math.max(rect.left, clip.left) <= kSmallestBox ||
                 Math.min(rect.bottom, clip.bottom) - Math.max(rect.top, clip.top) <= kSmallestBox))
      return false;
    return this.isPainted(rect, state);
  }

  isPainted(rect, state) {
    if (state.cutOut) return true;
    if (state.inks === undefined) state.inks = inksOf(state.style, state.svg);
    if (!state.inks) return true;
    if (state.inks.length === 0) return false;
    if (!state.ground) return true;
    const differs = (ground) => state.inks.some((ink) => !isSameToTheEye(over(ink, ground), ground));
    if (differs(state.ground)) return true;
    if (state.groundBox && !isCentreIn(rect, rectOf(state.groundBox))) return true;
    return this.standsOnAnother(rect, state, differs);
  }

  standsOnAnother(rect, state, differs) {
    if (!this.painters) this.painters = new PaintersByHeight(painters(this.roots));
    const near = this.painters.at((rect.top + rect.bottom) / 2);
    this.comparisons += near[0].length + near[1].length;
    if (this.comparisons > kMostComparisons) return true;  // rather too much than too little
    const isUnder = (painter) => {
      const {element, rect: area, hole, colour, own} = painter;
      if (!isCentreIn(rect, area) || (hole && isCentreIn(rect, hole))) return false;
      if (own && isIn(element, state.element)) return false;
      return (!colour || differs(over(colour, state.ground))) && !isFaintInItsPlace(painter);
    };
    return near.some((list) => list.some(isUnder));
  }
}
