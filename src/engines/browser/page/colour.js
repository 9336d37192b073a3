// Colours, and what paints them.

const kFaintest = 0.05;       // opacity
const kFaintestContrast = 1.1;
const kClosestColours = 32;   // of each part, 0 to 255
const kSvg = 'http://www.w3.org/2000/svg';

const known = new Map();
let pixel = null;

// Any colour of CSS as {rgb, alpha}; null for what is none (a gradient) or cannot be told.
function colourOf(css) {
  const parts = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(css);
  if (parts)
    return {rgb: [+parts[1], +parts[2], +parts[3]], alpha: parts[4] === undefined ? 1 : +parts[4]};
  if (!known.has(css)) known.set(css, paintedColour(css));
  return known.get(css);
}

function paintedColour(css) {
  if (!CSS.supports('color', css)) return null;
  if (!pixel && globalThis.OffscreenCanvas)
    pixel = new OffscreenCanvas(1, 1).getContext('2d', {willReadFrequently: true});
  if (!pixel) return null;
  pixel.clearRect(0, 0, 1, 1);
  pixel.fillStyle = css;
  pixel.fillRect(0, 0, 1, 1);
  const [red, green, blue, alpha] = pixel.getImageData(0, 0, 1, 1).data;
  return {rgb: [red, green, blue], alpha: alpha / 255};
}

// What is seen of a colour over an opaque one.
function over(colour, ground) {
  return colour.rgb.map((part, i) => part * colour.alpha + ground[i] * (1 - colour.alpha));
}

// WCAG 2.2, "contrast ratio", which says nothing of blue on dark green: so every part must be close.
function isSameToTheEye(a, b) {
  if (a.some((part, i) => Math.abs(part - b[i]) > kClosestColours)) return false;
  const luminance = (rgb) => {
    const [red, green, blue] = rgb.map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const x = luminance(a);
  const y = luminance(b);
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05) < kFaintestContrast;
}

// Shadows of a box or a text: colour (null: cannot be told) and lengths in pixels.
function shadowsOf(css) {
  if (css === 'none') return [];
  return css.split(/,(?![^(]*\))/).map((shadow) => {
    const inset = /\binset\b/.test(shadow);
    const rest = shadow.replace(/\binset\b/, '').trim();
    const parts = /^(.*?)((?: ?-?[\d.e-]+px){2,4})$/.exec(rest);
    if (!parts) return {colour: null, inset, x: 0, y: 0, blur: Infinity, spread: 0};
    const [x, y, blur = 0, spread = 0] = parts[2].trim().split(' ').map(parseFloat);
    return {colour: colourOf(parts[1].trim()), inset, x, y, blur, spread};
  });
}

// The colours in which a text is drawn; null when they cannot be told.
function inksOf(style, isSvg) {
  const inks = [];
  const add = (css, opacity) => {
    const colour = css === 'none' ? {rgb: [0, 0, 0], alpha: 0} : colourOf(css);
    inks.push(colour && {rgb: colour.rgb, alpha: colour.alpha * opacity});
  };
  if (isSvg) {
    add(style.fill, parseFloat(style.fillOpacity));
    if (parseFloat(style.strokeWidth) > 0) add(style.stroke, parseFloat(style.strokeOpacity));
  } else {
    add(style.webkitTextFillColor, 1);
    if (parseFloat(style.webkitTextStrokeWidth) > 0) add(style.webkitTextStrokeColor, 1);
  }
  // A sharp shadow that is not moved is behind its text.
  for (const shadow of shadowsOf(style.textShadow)) {
    if (shadow.x !== 0 || shadow.y !== 0 || shadow.blur > 0) inks.push(shadow.colour);
  }
  return inks.every((ink) => ink) ? inks.filter((ink) => ink.alpha >= kFaintest) : null;
}

function isFaint(element, style) {
  return parseFloat(style.opacity) < kFaintest || isClippedAway(element, style);
}

// The same by what is around it; kept, as it is asked for each text that stands on it.
function isFaintInItsPlace(painter) {
  if (painter.faint === undefined) {
    painter.faint = false;
    for (let at = painter.element; at && !painter.faint; at = parentOf(at))
      painter.faint = isFaint(at, getComputedStyle(at));
  }
  return painter.faint;
}

function grown(rect, by, x = 0, y = 0) {
  return {left: rect.left - by + x, right: rect.right + by + x,
    top: rect.top - by + y, bottom: rect.bottom + by + y};
}

// The parts of a box beside its background that are painted: borders, the outline, shadows.
function edgesOf(element, rect, style) {
  const found = [];
  const add = (css, area, hole = null) => {
    const colour = typeof css === 'string' ? colourOf(css) : css;
    if (!colour || colour.alpha > 0) found.push({element, rect: area, hole, colour, own: false});
  };
  const width = (side) => parseFloat(style['border' + side + 'Width']) || 0;
  const {left, right, top, bottom} = rect;
  if (width('Left') > 1) add(style.borderLeftColor, {left, right: left + width('Left'), top, bottom});
  if (width('Right') > 1) add(style.borderRightColor, {left: right - width('Right'), right, top, bottom});
  if (width('Top') > 1) add(style.borderTopColor, {left, right, top, bottom: top + width('Top')});
  if (width('Bottom') > 1) add(style.borderBottomColor, {left, right, top: bottom - width('Bottom'), bottom});
  const line = style.outlineStyle === 'none' ? 0 : parseFloat(style.outlineWidth);
  const apart = parseFloat(style.outlineOffset) || 0;
  if (line > 1) add(style.outlineColor, grown(rect, apart + line), grown(rect, apart));
  for (const {colour, inset, x, y, blur, spread} of shadowsOf(style.boxShadow)) {
    if (inset) add(colour, rect, grown(rect, -(spread + blur), x, y));
    else add(colour, grown(rect, spread + blur, x, y), rect);
  }
  return found;
}

// Everything that paints an area, for texts whose colour is that of the background they inherit:
// they may stand on something else. Without a colour it cannot be told what is painted.
function painters(roots) {
  const found = [];
  for (const root of roots) {
    for (const element of allIn(root, '*')) {
      const rect = rectOf(element);
      if (rect.width < 2 || rect.height < 2) continue;
      if (isShown(element, {opacityProperty: true, visibilityProperty: true}) === false) continue;
      const name = localNameOf(element);
      if (namespaceOf(element) === kSvg) {
        if (name === 'image' || name === 'use') found.push({element, rect, colour: null, own: false});
        if (!/^(path|rect|circle|ellipse|polygon|polyline|line)$/.test(name)) continue;
        const style = getComputedStyle(element);
        for (const [css, opacity] of [[style.fill, style.fillOpacity], [style.stroke, style.strokeOpacity]]) {
          if (css === 'none') continue;
          const colour = colourOf(css);
          found.push({element, rect, own: false,
            colour: colour && {rgb: colour.rgb, alpha: colour.alpha * parseFloat(opacity)}});
        }
        continue;
      }
      if (/^(img|video|canvas|object|embed|iframe)$/.test(name)) {
        found.push({element, rect, colour: null, own: false});
        continue;
      }
      for (const pseudo of [null, '::before', '::after']) {
        const style = getComputedStyle(element, pseudo);
        if (pseudo && (style.content === 'none' || style.content === 'normal')) continue;
        if (style.display === 'none' || style.visibility !== 'visible' || isFaint(element, style)) continue;
        const colour = colourOf(style.backgroundColor);
        if (style.backgroundImage !== 'none') found.push({element, rect, colour: null, own: !pseudo});
        else if (!colour || colour.alpha > 0) found.push({element, rect, colour, own: !pseudo});
        const edges = edgesOf(element, rect, style);
        // Where the box of a pseudo-element is cannot be asked: it may be anywhere in its element.
        found.push(...(pseudo ? edges.map((edge) => ({...edge, rect, hole: null})) : edges));
      }
    }
  }
  return found;
}

const kBand = 64;        // pixels
const kMostBands = 256;  // of one painter

// Painters by where they stand in the height of the page, so that a text is compared with few.
class PaintersByHeight {
  constructor(all) {
    this.tall = [];
    this.bands = new Map();
    for (const painter of all) {
      const first = Math.floor(painter.rect.top / kBand);
      const last = Math.floor(painter.rect.bottom / kBand);
      if (!(last - first < kMostBands)) {
        this.tall.push(painter);
        continue;
      }
      for (let i = first; i <= last; ++i) {
        if (!this.bands.has(i)) this.bands.set(i, []);
        this.bands.get(i).push(painter);
      }
    }
  }

  // Two lists: all that may paint at this height.
  at(y) {
    return [this.bands.get(Math.floor(y / kBand)) || [], this.tall];
  }
}
