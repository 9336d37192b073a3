// What a box is cut to.

const kSmallestBox = 1;       // pixels

// A length of a computed style in pixels, of `whole` where it is a share; NaN when it is another.
function pixelsOf(length, whole) {
  const sum = /^calc\((.+?)% ([+-]) ([\d.]+)px\)$/.exec(length);
  if (sum) return whole * sum[1] / 100 + (sum[2] === '-' ? -sum[3] : +sum[3]);
  if (/^-?[\d.e-]+%$/.test(length)) return whole * parseFloat(length) / 100;
  return /^-?[\d.e-]+(px)?$/.test(length) ? parseFloat(length) : NaN;
}

// Parted at spaces that are in no parentheses.
function lengthsOf(text) {
  return text.match(/calc\([^)]*\)|[^\s]+/g) || [];
}

// Whether a basic shape of `clip-path` has no area, or lies outside of its box.
function isEmptyShape(path, rect) {
  const shape = /^(\w+)\((.*)\)/.exec(path);
  if (!shape) return false;
  const [, kind, inner] = shape;
  if (kind === 'circle' || kind === 'ellipse') {
    const radii = lengthsOf(inner.split(/\bat\b/)[0]);
    return radii.some((radius, i) => pixelsOf(radius, i ? rect.height : rect.width) <= kSmallestBox / 2);
  }
  if (kind === 'inset') {
    const edges = lengthsOf(inner.split(/\bround\b/)[0]);
    const [top, right = top, bottom = top, left = right] = edges;
    const width = rect.width - pixelsOf(left, rect.width) - pixelsOf(right, rect.width);
    const height = rect.height - pixelsOf(top, rect.height) - pixelsOf(bottom, rect.height);
    return width <= kSmallestBox || height <= kSmallestBox;
  }
  if (kind === 'polygon') {
    const points = inner.replace(/^(nonzero|evenodd),/, '').split(',').map((point) => lengthsOf(point.trim()));
    if (points.some((point) => point.length !== 2)) return false;
    const xs = points.map((point) => pixelsOf(point[0], rect.width));
    const ys = points.map((point) => pixelsOf(point[1], rect.height));
    const extent = (at, end) => Math.min(Math.max(...at), end) - Math.max(Math.min(...at), 0);
    const area = xs.reduce((sum, x, i) => {
      const next = (i + 1) % xs.length;
      return sum + x * ys[next] - xs[next] * ys[i];
    }, 0) / 2;
    return extent(xs, rect.width) <= kSmallestBox || extent(ys, rect.height) <= kSmallestBox ||
      Math.abs(area) <= kSmallestBox;
  }
  return kind === 'path' && !/[a-ln-y]/i.test(inner.replace(/^(nonzero|evenodd),/, ''));
}

function isClippedAway(element, style) {
  if (style.clip !== 'auto' && (style.position === 'absolute' || style.position === 'fixed')) {
    const edges = (style.clip.match(/-?[\d.]+/g) || []).map(Number);
    if (edges.length === 4 &&
        (edges[1] - edges[3] <= kSmallestBox || edges[2] - edges[0] <= kSmallestBox)) return true;
  }
  return style.clipPath !== 'none' && isEmptyShape(style.clipPath, rectOf(element));
}
