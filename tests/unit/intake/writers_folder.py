"""Files as writers have them: good ones in every format, and every kind of broken one."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import zipfile
from email.message import EmailMessage
from pathlib import Path

import pypandoc

from tests.unit.intake.documents_for_tests import prose

GOOD = 16  # documents that `write_good` makes
BROKEN = {
    "empty.docx": b"",
    "truncated.docx": b"PK\x03\x04 and then nothing",
    "locked.docx": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 a locked one",
    "broken.odt": b"no zip at all",
    "fake.rtf": b"this is no rtf",
    "broken.epub": b"PK\x05\x06" + bytes(18),
    "binary.txt": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(range(256)),
    "blank.txt": b" \n\n ",
    "front.md": b"---\ntitle: [unclosed\n---\ntext\n",
    "nothing.html": b"<html><body></body></html>",
    "notes.json": b'{"not": "ghost"}',
    "damaged.json": b"{",
    "feed.xml": b"<rss><channel><item><title>x</title></item></channel></rss>",
    "damaged.xml": b"<rss>",
    "bomb.xml": b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss>&b;</rss>',
    "old.doc": b"\xd0\xcf\x11\xe0",
    "report.pdf": b"%PDF-1.7",
    "strange.xyz": b"?",
    "empty.mbox": b"no mail here\n",
    "huge.txt": b"a" * (6 * 2**20),
}


def write_good(folder: Path) -> None:
    """One text a file, but for the mailbox and the exports, which hold two posts each and what is not to be taken."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "post.md").write_text(f"---\ntitle: The post\ndate: 2024-05-03\ntags: [life]\n---\n\n{text(0)}\n")
    (folder / "headed.markdown").write_text(f"# The heading\n\n{text(1)}\n\n![A boat](boat.png)\n")
    (folder / "plain.txt").write_text(text(2))
    (folder / "latin.txt").write_bytes((text(3) + "\n\nAu café, déjà vu, à côté du garçon.").encode("latin-1"))
    (folder / "wide.txt").write_text(text(4), encoding="utf-16")
    for suffix in ("docx", "odt", "rtf", "epub"):
        write_by_pandoc(folder / f"essay.{suffix}", f"# In {suffix}\n\n{text(5 + len(suffix) * 3 + ord(suffix[0]))}\n")
    page = "".join(f"<p>{part}</p>" for part in prose(9))
    (folder / "page.html").write_text(
        f"<html><head><title>The page</title></head><body><nav><a href=/>Home</a><a href=/a>About</a></nav>"
        f"<article><h1>The page</h1>{page}</article><footer>All rights reserved</footer></body></html>"
    )
    (folder / "letter.eml").write_bytes(mail("Re: The boat", text(10) + "\n\n-- \nAnna").as_bytes())
    (folder / "sent.mbox").write_bytes(
        b"".join(
            b"From anna Mon May  3 10:00:00 2024\n" + mail(f"Mail {n}", text(n)).as_bytes() + b"\n\n" for n in (11,)
        )
    )
    (folder / "substack.zip").write_bytes(substack_zip())
    (folder / "medium.zip").write_bytes(medium_zip())
    (folder / "wordpress.xml").write_text(wordpress_xml())
    (folder / "ghost.json").write_text(ghost_json())


def write_broken(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in BROKEN.items():
        (folder / name).write_bytes(content)
    (folder / "bomb.zip").write_bytes(zip_of({"posts/a.html": b"\0" * (60 * 2**20)}))
    (folder / "leaves.zip").write_bytes(zip_of({"../../posts/evil.html": b"<p>x</p>"}))
    (folder / "other.zip").write_bytes(zip_of({"readme.txt": b"x"}))


def text(number: int) -> str:
    return "\n\n".join(prose(number))


def html_of(number: int) -> str:
    return "".join(f"<p>{part}</p>" for part in prose(number))


def write_by_pandoc(path: Path, markdown: str) -> None:
    command = [pypandoc.get_pandoc_path(), "--from", "markdown", "--standalone", "--output", str(path)]
    subprocess.run(command, input=markdown.encode(), check=True, capture_output=True)


def mail(subject: str, body: str) -> EmailMessage:
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "anna@example.org", "ruth@example.org"
    message["Date"] = "Fri, 03 May 2024 10:00:00 +0000"
    message.set_content(body)
    return message


def zip_of(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def substack_zip() -> bytes:
    table = io.StringIO()
    rows = csv.writer(table)
    rows.writerow(["post_id", "post_date", "is_published", "title", "subtitle"])
    rows.writerow(["1.first", "2024-05-03T10:00:00Z", "true", "First letter", "On beginning"])
    rows.writerow(["2.draft", "", "false", "A draft", ""])
    pages = {"posts/1.first.html": html_of(12).encode(), "posts/2.draft.html": b"<p>no</p>"}
    return zip_of({"posts.csv": table.getvalue().encode(), **pages})


def medium_zip() -> bytes:
    body = f'<section data-field="body" class="e-content">{html_of(13)}</section>'
    header = '<header><h1 class="p-name">On Medium</h1></header>'
    page = f'<html><head><title>On Medium</title></head><body><article>{header}{body}<footer><a href="x">p</a></footer></article></body></html>'
    return zip_of({"posts/2024-05-03_On-Medium.html": page.encode(), "posts/draft_x.html": b"<p>no</p>"})


def wordpress_xml() -> str:
    def item(kind: str, status: str, title: str, content: str) -> str:
        return (
            f"<item><title>{title}</title><content:encoded><![CDATA[{content}]]></content:encoded>"
            f"<wp:post_type>{kind}</wp:post_type><wp:status>{status}</wp:status>"
            f"<wp:post_date>2024-05-03 10:00:00</wp:post_date></item>"
        )

    items = item("post", "publish", "On WordPress", text(14)) + item("post", "draft", "Not yet", "x")
    items += item("attachment", "inherit", "boat.png", "")
    namespaces = 'xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:wp="http://wordpress.org/export/1.2/"'
    return f'<?xml version="1.0"?><rss version="2.0" {namespaces}><channel><title>b</title><wp:wxr_version>1.2</wp:wxr_version>{items}</channel></rss>'


def ghost_json() -> str:
    posts = [
        {"title": "On Ghost", "html": html_of(15), "status": "published", "published_at": "2024-05-03T10:00:00.000Z"},
        {"title": "Not yet", "html": "<p>x</p>", "status": "draft"},
    ]
    return json.dumps({"db": [{"data": {"posts": posts}}]})
