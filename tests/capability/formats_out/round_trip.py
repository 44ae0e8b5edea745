"""IPTC's examples on their way through the house, looked at by somebody who knows nothing of it.

`prepare PART CORPUS FOLDER` writes every example that should pass and holds a story into FOLDER/in, each under a name of
its own, and prints what there is to ask for. `compare PART FOLDER` reads what came out (FOLDER/out) beside it, and prints
every difference in headline, text, times, subjects, status and language, one a line. `valid FOLDER SCHEMA...` holds ninjs
against IPTC's schemas.
"""
import datetime
import html
import json
import os
import re
import sys
import xml.etree.ElementTree as ET

NOT_STORIES = ("event", "planning")
# A listing of IPTC's guidelines that shows the frame only.
FRAMES = ("LISTING_24_",)


def entries(corpus, part):
    with open(os.path.join(corpus, part, "index.ndjson"), encoding="utf-8") as index:
        for line in index:
            entry = json.loads(line)
            if entry["kind"] != "schema" and entry.get("expect") != "invalid":
                yield entry["file"], entry, os.path.join(corpus, part, entry["file"])


def later(text):
    """What has expired is not to be read; so it expires in twenty years."""
    return re.sub(r"^(20)([0-3])", lambda m: m[1] + str(int(m[2]) + 2), text)


# --- ninjs

def ninjs_stories(value):
    if isinstance(value, dict) and isinstance(value.get("item", value.get("items")), list):
        value = value.get("item", value.get("items"))
    return [v for v in (value if isinstance(value, list) else [value]) if isinstance(v, dict)]


def prepare_ninjs(corpus, folder):
    asked = []
    for file, entry, path in entries(corpus, "ninjs"):
        if entry.get("version") == "not-valid":
            continue
        for story in ninjs_stories(json.load(open(path, encoding="utf-8"))):
            if story.get("type") in NOT_STORIES:
                continue
            name, uri = f"{len(asked)}.json", f"urn:example:ninjs:{len(asked)}"
            story["uri" if "uri" in story or "guid" not in story else "guid"] = uri
            if isinstance(story.get("expires"), str):
                story["expires"] = later(story["expires"])
            # In several lines: a single one is a record in the house's own words.
            json.dump(story, open(os.path.join(folder, "in", name), "w", encoding="utf-8"), indent=1)
            status = story.get("pubStatus", story.get("pubstatus", "usable"))
            asked.append({"file": file, "name": name, "uri": uri, "status": status})
    return asked


def small(story):
    return {name.lower(): value for name, value in story.items()}


def spoken(story, stem):
    """Texts of `headline`, `headline_main`, `headlines` …, as (text, whether it is markup)."""
    found = []
    for name, value in story.items():
        if isinstance(value, str) and (name == stem or name.startswith(stem + "_")):
            marked = name.endswith("html") or name.endswith("richtext") or (name == stem and "</" in value)
            found.append((value, marked))
        if isinstance(value, list) and name in (stem + "s", {"body": "bodies"}.get(stem, "")):
            for text in value:
                kind = str(small(text).get("contenttype", ""))
                text = small(text).get("value")
                if isinstance(text, str):
                    marked = "html" in kind or "xml" in kind or (not kind and "</" in text)
                    found.append((text, marked))
    return [(text, marked) for text, marked in found if text.strip()]


CONCEPTS = ("subject", "subjects", "person", "people", "organisation", "organisations", "place", "places", "event", "events",
            "object", "objects")


def concepts(story):
    for name in CONCEPTS:
        for concept in story.get(name) or []:
            if not isinstance(concept, dict):
                continue
            said = {concept.get(k) for k in ("uri", "literal", "code") if concept.get(k)}
            if concept.get("scheme") and concept.get("code"):
                said.add(concept["scheme"] + ":" + concept["code"])
            if said or concept.get("name"):
                yield {codes(s) for s in said}, line(concept.get("name") or "")


def ninjs_facts(story):
    story = small(story)
    times = {"published": "versioncreated", "first": "firstcreated", "embargoed": "embargoed", "expires": "expires"}
    story["embargoed"] = story.get("embargoed", story.get("embargoeduntil"))
    bodies = spoken(story, "body")
    return {
        "headlines": [line(plain(text) if marked else text) for text, marked in spoken(story, "headline")],
        "texts": [bare(plain(text) if marked else text) for text, marked in bodies],
        "marked": [bare(plain(text)) for text, marked in bodies if marked],
        "times": {name: moment(story.get(member)) for name, member in times.items()},
        "subjects": list(concepts(story)),
        "status": story.get("pubstatus", "usable"),
        "language": story.get("language"),
    }


# --- NewsML-G2

ITEM = re.compile(rb"<((?:\w+:)?(?:newsItem|packageItem))\b([^>]*?)\bguid\s*=\s*([\"'])(.*?)\3", re.S)
EXPIRES = re.compile(rb"(<(?:\w+:)?expires[^>]*>20)([0-3])")
STATUS = re.compile(r"^(?:.*[:/])?")


def prepare_newsml(corpus, folder):
    asked = []
    for file, entry, path in entries(corpus, "newsml-g2"):
        if entry.get("format") != "newsml-g2" or any(frame in file for frame in FRAMES):
            continue
        if entry.get("root") not in ("newsItem", "packageItem", "newsMessage"):
            continue
        name = f"{len(asked)}.xml"
        uris = []

        def named(match):
            uris.append(f"urn:example:g2:{name[:-4]}-{len(uris)}")
            return b"<" + match[1] + match[2] + b"guid=\"" + uris[-1].encode() + b"\""

        text = ITEM.sub(named, open(path, "rb").read())
        text = EXPIRES.sub(lambda m: m[1] + str(int(m[2]) + 2).encode(), text)
        open(os.path.join(folder, "in", name), "wb").write(text)
        facts = newsml_facts(os.path.join(folder, "in", name))
        for uri in uris:
            if uri in facts:
                asked.append({"file": file, "name": name, "uri": uri, "status": facts[uri]["status"]})
    return asked


def local(element):
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def children(element, *path):
    found = [element]
    for name in path:
        found = [child for parent in found for child in parent if local(child) == name]
    return found


def line_of(element):
    return line("".join(element.itertext()))


def code_of(element):
    said = element.get("qcode") or element.get("uri") or ""
    return re.split(r"[:/#]", said)[-1]


def prose(element):
    """The text of a body; media, notes and heads of NITF are no part of it."""
    said = [element.text or ""]
    for child in element:
        if local(child) not in ("media", "body.head", "head", "script", "style", "notes", "docdata"):
            said.append(prose(child))
        said.append(child.tail or "")
    return "".join(said)


def newsml_texts(item):
    for part in children(item, "contentSet", "inlineXML"):
        nitf = [e for e in part.iter() if local(e) == "body.content"]
        body = nitf or [e for e in part.iter() if local(e) == "body"] or list(part)
        # Tables of sport, companies' figures and lists of events are no texts of a story.
        if not body or local(body[0]) not in ("body.content", "body", "div", "section", "p"):
            continue
        yield bare("".join(prose(e) for e in body[:1]))
    for part in children(item, "contentSet", "inlineData"):
        text = "".join(part.itertext())
        marked = "html" in (part.get("contenttype") or "") or "</" in text
        if not part.get("encoding"):
            yield bare(plain(text) if marked else text)


def newsml_facts(path):
    root = ET.parse(path).getroot()
    items = [e for e in root.iter() if local(e) in ("newsItem", "packageItem")]
    facts = {}
    for item in items:
        def first(*path):
            # What holds for certain uses only does not hold for the story.
            said = [e for e in children(item, *path) if not e.get("pubconstraint")]
            return next((line_of(e) for e in said if line_of(e)), None)
        languages = [e.get("tag") for e in children(item, "contentMeta", "language") if e.get("tag")]
        subjects = []
        for subject in children(item, "contentMeta", "subject"):
            said = {subject.get(k) for k in ("qcode", "uri", "literal") if subject.get(k)}
            names = [line_of(n) for n in children(subject, "name") if line_of(n)]
            if said or names:
                subjects.append(({codes(s) for s in said}, names[0] if names else ""))
        facts[item.get("guid")] = {
            "headlines": [line_of(e) for e in children(item, "contentMeta", "headline") if line_of(e)],
            "texts": [text for text in newsml_texts(item) if text],
            "marked": [],
            "times": {
                "published": moment(first("itemMeta", "versionCreated")),
                "first": moment(first("itemMeta", "firstCreated")),
                "embargoed": moment(first("itemMeta", "embargoed")),
                "expires": moment(first("itemMeta", "expires")),
            },
            "subjects": subjects,
            "status": next((code_of(e) for e in children(item, "itemMeta", "pubStatus")), "usable"),
            "language": (languages or [item.get("{http://www.w3.org/XML/1998/namespace}lang")])[0],
        }
    return facts


# --- both

def line(text):
    return " ".join(text.split())


def bare(text):
    """Letters only: how text is divided is a matter of form."""
    return "".join(text.split())


def plain(text):
    text = re.sub(r"(?is)<(script|style|title)\b.*?</\1>", "", text)
    return html.unescape(re.sub(r"(?s)<!--.*?-->|<[^>]*>", "", text))


def codes(said):
    """What a vocabulary calls it, however the vocabulary is called."""
    return re.split(r"[:/#=]", said.rstrip("/"))[-1]


def moment(text):
    if not isinstance(text, str):
        return None
    text = text.strip()
    if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
        text += "T00:00:00Z"
    try:
        at = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=datetime.timezone.utc)).timestamp()


def differences(before, after):
    if not before["headlines"]:
        if after["headlines"]:
            yield "headline", None, after["headlines"]
    elif not after["headlines"] or after["headlines"][0] not in before["headlines"]:
        yield "headline", before["headlines"], after["headlines"]
    lost = [headline for headline in before["headlines"] if headline not in after["headlines"]]
    if lost:
        yield "a headline", lost, after["headlines"]
    wanted = before["marked"] or before["texts"]
    missing = [text for text in wanted[:1] if text not in after["texts"]]
    if missing or (after["texts"] and not wanted):
        yield "text", missing, after["texts"]
    for name, at in before["times"].items():
        told = after["times"][name]
        same = at is None or (told is not None and abs(told - at) < 0.001)
        # What waits for nothing any more is not under embargo, and a first time after this one's is none.
        over = name == "embargoed" and told is None
        early = name == "first" and before["times"]["published"] is not None and (at or 0) > before["times"]["published"]
        if not (same or over or early):
            yield name, at, told
    for said, name in before["subjects"]:
        known = any(said & others if said else name == called for others, called in after["subjects"])
        if not known:
            yield "subject", [sorted(said), name], [[sorted(s), n] for s, n in after["subjects"]]
    if before["status"] != after["status"]:
        yield "status", before["status"], after["status"]
    tag, told = before["language"], after["language"]
    if tag and (told or "").lower() != tag.replace("_", "-").lower():
        yield "language", tag, told


def compare(part, folder):
    asked = json.load(open(os.path.join(folder, "asked.json"), encoding="utf-8"))
    for i, story in enumerate(asked):
        path = os.path.join(folder, "out", f"{i}")
        if not os.path.exists(path):
            continue
        come = os.path.join(folder, "in", story["name"])
        if part == "ninjs":
            facts = [ninjs_facts(json.load(open(p, encoding="utf-8"))) for p in (come, path)]
        else:
            facts = [newsml_facts(p).get(story["uri"]) for p in (come, path)]
        for what, before, after in differences(*facts):
            print(f"{story['file']} ({story['uri']}): {what}: {str(before)[:400]} became {str(after)[:400]}")


def valid(folder, schemas):
    import jsonschema
    others = [json.load(open(path, encoding="utf-8")) for path in schemas]
    store = {other.get("$id", "").rstrip("#"): other for other in others}
    store.update({other.get("$id", ""): other for other in others})
    kind = jsonschema.validators.validator_for(others[0])
    checker = kind(others[0], resolver=jsonschema.RefResolver.from_schema(others[0], store=store))
    for name in sorted(os.listdir(os.path.join(folder, "out")), key=int):
        story = json.load(open(os.path.join(folder, "out", name), encoding="utf-8"))
        for fault in list(checker.iter_errors(story))[:5]:
            print(f"{name}: {list(fault.absolute_path)}: {fault.message[:300]}")


command, rest = sys.argv[1], sys.argv[2:]
if command == "prepare":
    os.makedirs(os.path.join(rest[2], "in"))
    os.makedirs(os.path.join(rest[2], "out"))
    asked = (prepare_ninjs if rest[0] == "ninjs" else prepare_newsml)(rest[1], rest[2])
    json.dump(asked, open(os.path.join(rest[2], "asked.json"), "w", encoding="utf-8"))
elif command == "compare":
    compare(rest[0], rest[1])
else:
    valid(rest[0], rest[1:])
