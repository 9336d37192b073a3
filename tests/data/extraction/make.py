#!/usr/bin/env python3
"""Writes the pages of this folder and their right texts from words.json: ten languages, five ways to build a page.
The articles, menus and comments were written for this test; a page of each way stands for a kind found on the web."""
import html
import json
import pathlib

HERE = pathlib.Path(__file__).parent


def links(words, tag="li"):
    return "".join(f"<{tag}><a href=\"/s/{i}\">{html.escape(word)}</a></{tag}>\n" for i, word in enumerate(words))


def paragraphs(texts, before="<p>", after="</p>"):
    return "\n".join(before + html.escape(text) + after for text in texts)


def semantic(w, title, texts):
    """HTML's own elements, a list and a quotation in the text, a figure, a related list inside of the article."""
    items = w["teasers"][:3]
    body = f"""<header><a href="/">{w['menu'][0]}</a><nav><ul>{links(w['menu'])}</ul></nav></header>
<main><article><h1>{title}</h1><p class="byline">{w['by']}</p><time datetime="2024-05-06">2024-05-06</time>
{paragraphs(texts[:2])}
<figure><img src="a.jpg" alt=""><figcaption>{title}</figcaption></figure>
{paragraphs(texts[2:3])}
<ul>{"".join(f"<li>{item}</li>" for item in items)}</ul>
<aside><h3>{w['more']}</h3><ul>{links(w['teasers'])}</ul></aside>
<blockquote><p>{texts[3]}</p></blockquote>
{paragraphs(texts[4:])}
<footer><a href="#s">{w['share']}</a></footer></article></main>
<aside><h2>{w['more']}</h2><ul>{links(w['teasers'])}</ul></aside>
<footer><p>{w['footer']}</p></footer>"""
    return body, texts[:3] + items + texts[3:]


def nameless(w, title, texts):
    """Only divs, whose names say nothing; a heading between."""
    body = f"""<div class="a1"><div class="a2">{links(w['menu'], 'span')}</div></div>
<div class="b1"><div class="b2"><div class="b3">{title}</div><div class="b4">{w['by']} 2024-05-06</div>
<div class="b5">{paragraphs(texts[:2])}<h3>{w['teasers'][3]}</h3>{paragraphs(texts[2:])}</div>
<div class="b6">{w['more']}<br>{links(w['teasers'], 'div')}</div></div>
<div class="c1"><div class="c2">{links(w['teasers'], 'div')}</div></div></div>
<div class="d1">{w['footer']}</div>"""
    return body, texts[:2] + [w["teasers"][3]] + texts[2:]


def tables(w, title, texts):
    """A page of the nineties: tables for the layout, line breaks for the paragraphs."""
    menu = links(w["menu"], "td")
    body = f"""<table width="100%"><tr>{menu}</tr></table>
<table><tr><td width="160" valign="top"><font size="2">{links(w['teasers'], 'div')}</font></td>
<td valign="top"><font size="5"><b>{title}</b></font><hr>
<font size="3">{"<br><br>".join(html.escape(text) for text in texts)}</font></td></tr></table>
<center><font size="1">{w['footer']}</font></center>"""
    return body, [title, *texts]


def blog(w, title, texts):
    """A page builder's wrappers, whose names say widget, sidebar and comments; a consent banner; readers' comments."""
    comments = "".join(f'<li class="comment"><div class="comment-author">{w["by"]}</div><p>{text}</p></li>' for text in w["comments"])
    widgets = [texts[:2], texts[2:4], texts[4:]]
    parts = "".join(
        f'<div class="elementor-element elementor-widget elementor-widget-text-editor"><div class="elementor-widget-container">'
        f"{paragraphs(part)}</div></div>" for part in widgets)
    body = f"""<div class="cookie-consent"><p>{w['consent']}</p><button>OK</button></div>
<div class="site has-sidebar layout-right-rail"><div class="site-header"><ul class="menu">{links(w['menu'])}</ul></div>
<div class="content-area with-sidebar"><div class="post comments-open"><h1 class="title">{title}</h1>
{parts}
<div class="share-buttons"><a href="#f">{w['share']}</a></div>
<div class="related-posts"><h3>{w['more']}</h3><ul>{links(w['teasers'])}</ul></div></div>
<div id="comments"><ol>{comments}</ol></div></div>
<div class="sidebar widget-area"><div class="widget"><ul>{links(w['teasers'])}</ul></div></div></div>
<div class="site-footer"><p>{w['footer']}</p></div>"""
    return body, texts


def generated(w, title, texts):
    """Names made by a build, each paragraph in a div of its own, links in the text, teasers that are sentences."""
    linked = [html.escape(texts[0][:12]) + '<a href="/x">' + html.escape(texts[0][12:20]) + "</a>" + html.escape(texts[0][20:])]
    lines = linked + [html.escape(text) for text in texts[1:]]
    cards = "".join(f'<div class="css-9k2"><a href="/c"><div class="css-h1p"><h3>{teaser}</h3></div><div>{text[:60]}</div></a></div>'
                    for teaser, text in zip(w["teasers"], reversed(w["paragraphs"])))
    body = f"""<div id="root"><div class="css-1a"><div class="css-2b">{links(w['menu'], 'span')}</div></div>
<div class="css-3c"><div class="css-4d"><div class="css-5e"><h1>{title}</h1></div>
<div class="css-6f">{"".join(f'<div class="css-7g"><div class="css-8h">{line}</div></div>' for line in lines)}</div></div>
<div class="css-9i">{cards}</div></div>
<div class="css-0j"><div>{w['footer']}</div></div></div>"""
    return body, texts


def main():
    ways = [semantic, nameless, tables, blog, generated]
    for language, w in json.loads((HERE / "words.json").read_text()).items():
        for i, way in enumerate(ways):
            texts = [w["paragraphs"][(2 * i + k) % 9] for k in range(4 + (i + len(language)) % 3 + 1)]
            title = w["title"][i]
            body, right = way(w, title, texts)
            direction = ' dir="rtl"' if w["rtl"] else ""
            page = f'<!doctype html>\n<html lang="{language}"{direction}><head><meta charset="utf-8"><title>{title}</title></head>\n<body>\n{body}\n</body></html>\n'
            name = f"{language}-{way.__name__}"
            (HERE / f"{name}.html").write_text(page)
            (HERE / f"{name}.txt").write_text("\n\n".join(right) + "\n")


if __name__ == "__main__":
    main()
