"""Substack, Medium, WordPress and Ghost: the published posts, and a word on the drafts."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from ownvoice.intake.documents import Reading
from ownvoice.intake.sources import read_sources
from tests.unit.intake.readings_for_tests import kinds_and_texts, reason_of, texts, written, zip_of

SUBSTACK: dict[str, bytes | str] = {
    "posts.csv": "post_id,post_date,is_published,title,subtitle\n"
    '12.roof,2021-03-04T10:00:00.000Z,true,"The roof, again",On rain\n13.draft,,false,Not yet,\n',
    "posts/12.roof.html": '<p>It rained<a class="footnote-anchor" href="#f">1</a>.</p>'
    '<div class="subscription-widget-wrap"><p>Subscribe now</p></div><div class="footnote"><p>A note.</p></div>',
    "posts/13.draft.html": "<p>Not yet.</p>",
    "posts/12.opens.csv": "a,b",
}
MEDIUM = """<!DOCTYPE html><html><head><title>x</title></head><body><article class="h-entry"><header>
<h1 class="p-name">Roofs &amp; rain</h1></header><section data-field="subtitle" class="p-summary">In March</section>
<section data-field="body" class="e-content"><section class="section"><div><hr></div><div>
<h3 class="graf--title">Roofs &amp; rain</h3><p>It rained.</p></div></section></section>
<footer><p>By Jane on <time class="dt-published" datetime="2019-03-04T10:00:00.000Z">March 4</time></p></footer></article>"""
WORDPRESS = """<?xml version="1.0" encoding="UTF-8" ?><rss xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:wp="http://wordpress.org/export/1.2/"><channel><wp:wxr_version>1.2</wp:wxr_version>{items}</channel></rss>"""
ITEM = """<item><title>{title}</title><content:encoded><![CDATA[{text}]]></content:encoded>
<wp:post_name>{title}</wp:post_name><wp:post_date>2012-01-02 10:00:00</wp:post_date><wp:status>{status}</wp:status>
<wp:post_type>{type}</wp:post_type><category domain="post_tag">rain</category></item>"""
OLD_EDITOR = "It <em>rained</em>.\nAnd again.\n\n[caption id=a]<img src=x> A roof[/caption]\n\n<blockquote>She: yes.</blockquote>\n\nThe end."
NEW_EDITOR = "<!-- wp:paragraph -->\n<p>It rained.</p>\n<!-- /wp:paragraph -->"


def test_substack_gives_published_posts_with_titles_of_its_table(tmp_path: Path) -> None:
    reading = _read(tmp_path, "blog.zip", zip_of(SUBSTACK))
    (post,) = reading.documents
    assert (post.source, post.format) == ("blog.zip: posts/12.roof.html", "Substack post")
    assert (post.title, post.subtitle, post.date) == ("The roof, again", "On rain", "2021-03-04T10:00:00+00:00")
    assert texts(post) == ["It rained."]
    assert [skipped.reason.split(",")[0] for skipped in reading.skipped] == ["1 of its posts not published"]


def test_medium_gives_published_posts_without_their_frame(tmp_path: Path) -> None:
    posts: dict[str, bytes | str] = {"posts/2019-03-04_Roofs-1.html": MEDIUM, "posts/draft_x-2.html": MEDIUM}
    reading = _read(tmp_path, "medium.zip", zip_of(posts))
    (post,) = reading.documents
    assert (post.title, post.subtitle, post.date) == ("Roofs & rain", "In March", "2019-03-04T10:00:00+00:00")
    assert kinds_and_texts(post) == [("heading", "Roofs & rain"), ("paragraph", "It rained.")]
    assert [skipped.source for skipped in reading.skipped] == ["medium.zip"]


def test_wordpress_gives_posts_and_pages_of_both_editors(tmp_path: Path) -> None:
    items = [
        ITEM.format(title="old", text=OLD_EDITOR, status="publish", type="post"),
        ITEM.format(title="new", text=NEW_EDITOR, status="publish", type="page"),
        ITEM.format(title="draft", text="x", status="draft", type="post"),
        ITEM.format(title="picture", text="x", status="inherit", type="attachment"),
    ]
    reading = _read(tmp_path, "wp.xml", WORDPRESS.format(items="\x0b".join(items)))
    old, new = reading.documents
    assert (old.title, old.date, old.tags, old.format) == ("old", "2012-01-02T10:00:00", ("rain",), "WordPress post")
    assert kinds_and_texts(old) == [
        ("paragraph", "It rained. And again."),
        ("quote", "She: yes."),
        ("paragraph", "The end."),
    ]
    assert (new.format, texts(new)) == ("WordPress page", ["It rained."])
    assert len(reading.skipped) == 1


def test_ghost_gives_published_posts(tmp_path: Path) -> None:
    posts = [
        {
            "title": "Roofs",
            "slug": "roofs",
            "html": "<p>It rained.</p>",
            "status": "published",
            "published_at": "2020-01-02T00:00:00.000Z",
        },
        {"title": "Not yet", "html": None, "status": "draft"},
    ]
    reading = _read(tmp_path, "ghost.json", json.dumps({"db": [{"meta": {}, "data": {"posts": posts}}]}))
    (post,) = reading.documents
    assert (post.source, post.title, post.date) == ("ghost.json: post roofs", "Roofs", "2020-01-02T00:00:00+00:00")
    assert (post.format, texts(post), len(reading.skipped)) == ("Ghost post", ["It rained."], 1)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.json", "{", "no export of Ghost"),
        ("a.json", '{"a":' * 100_000, "no export of Ghost"),
        ("a.json", '{"db": [{"data": {"posts": 3}}]}', "no export of Ghost"),
        ("a.xml", "<a><b></a>", "broken XML at line 1"),
        ("a.xml", "<rss><channel/></rss>", "no export of WordPress"),
        ("a.xml", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "defines entities"),
        ("a.zip", zip_of({"a.md": "text"}), "unpack it and give the folder"),
        ("a.zip", zip_of(SUBSTACK)[:300], "broken or cut off"),
    ],
)
def test_what_is_no_export_is_told(tmp_path: Path, name: str, content: bytes | str, reason: str) -> None:
    assert reason in reason_of(tmp_path, name, content)


@pytest.mark.parametrize("name", ["../posts/evil.html", "/posts/evil.html", "..\\evil.html", "C:/posts/evil.html"])
def test_a_member_that_leaves_the_zip_file_is_named_and_not_read(tmp_path: Path, name: str) -> None:
    reading = _read(tmp_path / "in", "blog.zip", zip_of({**SUBSTACK, name: "<p>evil</p>"}))
    assert [document.title for document in reading.documents] == ["The roof, again"]
    assert reading.skipped[0].reason.split(":")[0] == "its name points out of the zip file"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["blog.zip", "in"]


def test_a_post_that_swells_is_left_out_and_the_others_are_read(tmp_path: Path) -> None:
    reading = _read(tmp_path, "blog.zip", zip_of({**SUBSTACK, "posts/14.bomb.html": b"<p>" + b" " * 20_000_000}))
    assert [document.title for document in reading.documents] == ["The roof, again"]
    assert "swells from" in reading.skipped[0].reason


def test_members_that_would_fill_the_memory_are_not_unpacked(tmp_path: Path) -> None:
    posts: dict[str, bytes | str] = {f"posts/{number}.html": bytes(24_000_000) for number in range(9)}
    assert "would unpack to 216 MB" in reason_of(tmp_path, "blog.zip", zip_of(posts))


def test_a_zip_file_with_a_password_is_told(tmp_path: Path) -> None:
    content = bytearray(zip_of(SUBSTACK))
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        start = packed.start_dir
    while (start := content.find(b"PK\x01\x02", start)) >= 0:
        content[start + 8] |= 1  # the flag "encrypted" of each member
        start += 4
    assert reason_of(tmp_path, "blog.zip", bytes(content)) == "encrypted: save it without a password"


def test_a_damaged_post_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    content = zip_of({**SUBSTACK, "posts/14.html": "<p>stored</p>" * 50})
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        place = packed.getinfo("posts/14.html").header_offset + 30 + len("posts/14.html")
    reading = _read(tmp_path, "blog.zip", content[:place] + b"\xff\xff" + content[place + 2 :])
    assert [document.title for document in reading.documents] == ["The roof, again"]
    assert reading.skipped[0].source == "blog.zip: posts/14.html"
    assert reading.skipped[0].reason.startswith("broken or cut off")


def _read(folder: Path, name: str, content: bytes | str) -> Reading:
    return read_sources([written(folder, name, content)])
