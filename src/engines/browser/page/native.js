// The properties of nodes, taken from the prototypes that have them. An <input name=nodeType> hides
// that property of its form, an <img name=body> the document's: what a page names is never asked.

function propertyOf(type, name) {
  const found = Object.getOwnPropertyDescriptor(type.prototype, name);
  return found && found.get ? Function.prototype.call.bind(found.get) : () => undefined;
}

function methodOf(type, name) {
  const found = type.prototype[name];
  return found ? Function.prototype.call.bind(found) : () => undefined;
}

const typeOf = propertyOf(Node, 'nodeType');
const firstChildOf = propertyOf(Node, 'firstChild');
const parentOf = propertyOf(Node, 'parentElement');
const nextSiblingOf = propertyOf(Node, 'nextSibling');
const textContentOf = propertyOf(Node, 'textContent');
const isIn = methodOf(Node, 'contains');  // (outer, inner)
const localNameOf = propertyOf(Element, 'localName');
const namespaceOf = propertyOf(Element, 'namespaceURI');
const shadowOf = propertyOf(Element, 'shadowRoot');
const attributeNamesOf = methodOf(Element, 'getAttributeNames');
const attributeOf = methodOf(Element, 'getAttribute');
const isShown = methodOf(Element, 'checkVisibility');
const rectOf = methodOf(Element, 'getBoundingClientRect');

const hasHtml = 'getHTML' in Element.prototype;
const here = {
  root: () => propertyOf(Document, 'documentElement')(document),
  body: () => propertyOf(Document, 'body')(document),
  doctype: () => propertyOf(Document, 'doctype')(document),
  scroller: () => propertyOf(Document, 'scrollingElement')(document),
  type: () => propertyOf(Document, 'contentType')(document),
  charset: () => propertyOf(Document, 'characterSet')(document),
  readyState: () => propertyOf(Document, 'readyState')(document),
  fonts: () => propertyOf(Document, 'fonts')(document),
  element: (name) => methodOf(Document, 'createElement')(document, name),
  range: () => methodOf(Document, 'createRange')(document),
  elementsOf: (root) => methodOf(Document, 'createTreeWalker')(document, root, NodeFilter.SHOW_ELEMENT),
};

// Of the document or a shadow root.
function firstIn(root, selector) {
  return methodOf(root === document ? Document : DocumentFragment, 'querySelector')(root, selector);
}

function allIn(root, selector) {
  return [...methodOf(root === document ? Document : DocumentFragment, 'querySelectorAll')(
    root, selector)];
}

function animationsOf(root) {
  return methodOf(root === document ? Document : ShadowRoot, 'getAnimations')(root) || [];
}

function addSheetTo(root, sheet) {
  const found = Object.getOwnPropertyDescriptor(
    (root === document ? Document : ShadowRoot).prototype, 'adoptedStyleSheets');
  if (found) found.set.call(root, [...found.get.call(root), sheet]);
}
