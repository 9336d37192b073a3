// The page's trees. These files are put together into one function of `ask` (page_script.cpp).

// More elements, texts and comments than that are too complex; the same limit as html/limits.h.
const kMostNodes = 600000;

// The document and every open shadow root in it.
function openRoots() {
  const roots = [document];
  let seen = 0;
  for (let i = 0; i < roots.length; ++i) {
    const walker = here.elementsOf(roots[i]);
    for (let node = walker.nextNode(); node && ++seen < kMostNodes; node = walker.nextNode()) {
      const shadow = shadowOf(node);
      if (shadow) roots.push(shadow);
    }
  }
  return roots;
}

// The first node of what is shown in an element, and the node that is shown after `node`: in a
// shadow host its shadow tree, in a slot what is assigned to it.
function composedChildren(element) {
  const shadow = shadowOf(element);
  if (shadow) return {next: firstChildOf(shadow), list: null};
  const name = localNameOf(element);
  if (name === 'slot' && element instanceof HTMLSlotElement) {
    const assigned = element.assignedNodes();
    if (assigned.length > 0) return {next: null, list: assigned, at: 0};
  }
  if (name === 'details' && !element.open) {
    const summary = [...element.children].find((child) => localNameOf(child) === 'summary');
    return {next: null, list: summary ? [summary] : [], at: 0};
  }
  if (element instanceof HTMLTableElement) return {next: null, list: shownParts(element), at: 0};
  return {next: firstChildOf(element), list: null};
}

// The children of a table as they are shown: its head before the rows, its foot behind them; the
// same as html/table_order.h's.
function shownParts(table) {
  const named = (name) => [...table.children].find((child) => localNameOf(child) === name);
  const head = named('thead');
  const foot = named('tfoot');
  const parts = [...table.childNodes].filter((child) => child !== head && child !== foot);
  const rows = parts.findIndex((child) => child instanceof Element &&
    /^(tr|tbody|thead|tfoot)$/.test(localNameOf(child)));
  if (head) parts.splice(rows < 0 ? parts.length : rows, 0, head);
  if (foot) parts.push(foot);
  return parts;
}

function takeNext(children) {
  if (children.list) return children.at < children.list.length ? children.list[children.at++] : null;
  const node = children.next;
  if (node) children.next = nextSiblingOf(node);
  return node;
}

function matches(roots, selector) {
  return roots.some((root) => firstIn(root, selector) !== null);
}

// The source that Chromium's viewer of plain text, scripts and JSON shows, its line ends as LF; null
// for every other viewer. (XML's is a document of its own.)
function shownSource() {
  if (!(document instanceof HTMLDocument) || !document.body) return null;
  const first = document.body.firstElementChild;
  const holds = first && (first.localName === 'pre' || (first.localName === 'div' && first.hidden));
  return holds ? first.textContent.replace(/\r\n?/g, '\n') : null;
}

// The document as HTML; open shadow trees become <template shadowrootmode>.
function htmlOf(roots) {
  const root = here.root();
  const type = here.doctype();
  const head = type ? new XMLSerializer().serializeToString(type) + '\n' : '';
  if (!root) return head;
  const shadows = roots.slice(1);
  if (shadows.length === 0 || !hasHtml) return head + root.outerHTML;
  const shell = root.cloneNode(false).outerHTML;
  const end = shell.lastIndexOf('</');
  return head + shell.slice(0, end) + root.getHTML({shadowRoots: shadows}) + shell.slice(end);
}
