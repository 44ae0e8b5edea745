"""What Python's feedparser finds in the cases of the corpus: one JSON object a line, for those that have entries.

Titles as it gives them, which may be HTML, and the plain text of that.
"""

import html.parser
import json
import os
import sys
import warnings

import feedparser

warnings.simplefilter("ignore")


class Plain(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.text = []

    def handle_data(self, data):
        self.text.append(data)

    def handle_starttag(self, tag, attributes):
        if tag in ("br", "p", "div", "li"):
            self.text.append(" ")


def plain(text):
    parser = Plain()
    parser.feed(text)
    parser.close()
    return "".join(parser.text)


root = sys.argv[1]
with open(os.path.join(root, "index.ndjson"), encoding="utf-8") as index:
    for line in index:
        case = json.loads(line)
        with open(os.path.join(root, case["file"]), "rb") as file:
            data = file.read()
        headers = (header.partition(":") for header in case.get("headers") or [])
        headers = {name.strip().lower(): value.strip() for name, _, value in headers}
        titles = [entry.get("title") or "" for entry in feedparser.parse(data, response_headers=headers).entries]
        if titles:
            print(json.dumps({"file": case["file"], "titles": titles, "plain": [plain(title) for title in titles]}))
