#!/usr/bin/python3
"""Checks that every link of a site leads somewhere: tools/check_site_links.py FOLDER

Links and pictures of all pages must exist within the site, and the part of a link behind a # must be an id of the page that it leads to. Pages that no other page links to, and
pictures that no page shows, are reported as well. Prints each problem and exits with 1 if there is any. Addresses on other hosts are not visited.
"""

import html.parser
import os
import pathlib
import sys
import urllib.parse


class Page(html.parser.HTMLParser):
    """Links and ids of one page."""

    def __init__(self, path):
        super().__init__()
        self.links, self.ids = [], set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        values = dict(attrs)
        self.ids.update(value for value in (values.get("id"), values.get("name")) if value)
        self.links += [values[name] for name in ("href", "src") if values.get(name)]


def problems_of(page, path, pages, used):
    """Links of a page that lead nowhere. Files that others lead to are added to `used`."""
    for link in page.links:
        address = urllib.parse.urlsplit(link)
        if address.scheme or address.netloc:
            continue
        target = path if not address.path else pathlib.Path(os.path.normpath(path.parent / urllib.parse.unquote(address.path)))
        if target.is_dir():
            target /= "index.html"
        if target != path:
            used.add(target)
        if not target.is_file():
            yield f"{path}: {link}: there is no such file"
        elif address.fragment and target in pages and address.fragment not in pages[target].ids:
            yield f"{path}: {link}: the page has no such heading"


def main():
    site = pathlib.Path(sys.argv[1])
    pages = {path: Page(path) for path in sorted(site.rglob("*.html")) if path.name != "404.html"}
    used, problems = set(), []
    for path, page in pages.items():
        problems += problems_of(page, path, pages, used)
    for path in [*pages, *sorted(site.rglob("*.png"))]:
        if path not in used and path.relative_to(site).parts[0] in ("docs", "examples"):
            problems.append(f"{path}: no page leads here")
    print("\n".join(problems) if problems else f"{len(pages)} pages: all links lead somewhere")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
