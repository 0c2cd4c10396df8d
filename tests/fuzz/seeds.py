#!/usr/bin/env python3
"""Writes the seeds of each fuzz target, made from tests/data: seeds.py FOLDER."""

import hashlib
import pathlib
import re
import subprocess
import sys
import zipfile

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"
WORD = ["word/document.xml", "word/styles.xml", "word/numbering.xml", "word/footnotes.xml"]
EXCEL = ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/styles.xml", "xl/sharedStrings.xml"]
HTML = """<!doctype html><html><head><meta charset=utf-8><title>利率</title></head><body><h1>一</h1><p>甲&amp;乙<br>丙</p>
<ul><li>a<li>b</ul><table><caption>单位：万元</caption><tr><th rowspan=2>项目<th colspan=2>2024年</tr><tr><th>上半年<th>下半年</tr>
<tr><td>收入<td>1,000<td>(200)</tr></table><pre>x  y</pre></body></html>"""
MARKDOWN = "---\ntitle: x\n---\n# 标题\n\n正文 *强调* `code`\n\n- a\n  - b\n\n| 项目 | 2024 |\n|---|---:|\n| 收入 | 1 |\n\nSetext\n===\n"
STATUTE = "中华人民共和国某法\n\n第一章　总则\n第一条　为了保护当事人。\n第二条　本法适用于：\n（一）甲；\n（二）乙。\n"
RULE = '<rule xMin="{}" yMin="{}" xMax="{}" yMax="{}"/>\n'
WORD_BOX = '<word xMin="{}" yMin="{}" xMax="{}" yMax="{}">{}</word>\n'
JSONL = '{"key":"k","title":"t","lang":"zh","valid_from":"2021-01-01","sections":[{"locator":"第一条","path":["总则"],"text":"甲。"}]}\n{"x":1}\n\n'


def rows(name):
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line.replace("\t", "\n") for line in lines if line and not line.startswith("#")]


def parts(path, names):
    with zipfile.ZipFile(path) as package:
        held = package.namelist()
        return b"\0".join(package.read(name) if name in held else b"" for name in names)


def few_styles(word):
    """The parts of a document with the styles that it uses: all that Word writes are a hundred times its text."""
    document, styles, *rest = word.split(b"\0")
    used = set(re.findall(rb'w:(?:p|r|tbl)Style w:val="([^"]*)"', document))
    names = lambda style: set(re.findall(rb'w:styleId="([^"]*)"', style[:300]))
    for style in re.findall(rb"(?s)<w:style .*?</w:style>|<w:latentStyles.*?</w:latentStyles>", styles):
        if not names(style) & used:
            styles = styles.replace(style, b"")
    return b"\0".join([document, styles, *rest])


def ruled_table():
    """A page with a ruled table of three columns, the first heading over two of them, as the PDF target reads it."""
    lines = [RULE.format(50, y, 350, y) for y in (100, 120, 140, 160)] + [RULE.format(50, 300, 350, 300)]
    lines += [RULE.format(x, top, x, 160) for x, top in ((50, 100), (150, 100), (250, 120), (350, 100))]
    for row, cells in enumerate([["项目", "2023年", ""], ["", "金额", "占比"], ["收入", "1,000", "12%"]]):
        for x, cell in zip((60, 160, 260), cells):
            top = 104 + 20 * row
            lines.append(WORD_BOX.format(x, top, x + 10 * max(1, len(cell)), top + 10, cell))
    return "%PDF-\n<page width=\"600\" height=\"800\">\n" + "".join(lines) + "</page>\n"


def main(folder):
    def put(target, seed):
        seed = seed.encode() if isinstance(seed, str) else seed
        place = folder / target
        place.mkdir(parents=True, exist_ok=True)
        (place / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)

    documents = sorted(DATA.glob("documents/*"))
    for path in documents:
        match path.suffix:
            case ".pdf":
                boxes = subprocess.run(["pdftotext", "-bbox-layout", path, "-"], capture_output=True, check=True)
                words = boxes.stdout.split(b"<body>")[-1]
                put("read-pdf", b"%PDF-\n" + words[:8_000])
            case ".docx":
                put("read-docx", few_styles(parts(path, WORD)))
            case ".xlsx":
                put("read-xlsx", parts(path, EXCEL))
            case ".csv":
                put("read-csv", path.read_bytes())
        put("read-any", b"\x02" + path.read_bytes())
    for target, text in [("pdf", ruled_table()), ("html", HTML), ("markdown", MARKDOWN), ("text", STATUTE), ("jsonl", JSONL)]:
        put(f"read-{target}", text)
    for encoding in ["gb18030", "big5hkscs", "utf-16", "utf-8-sig"]:
        put("read-text", STATUTE.replace("总则", "").replace("保护当事人", "一").encode(encoding, "ignore"))
        put("read-html", HTML.replace("charset=utf-8", f"charset={encoding}").encode(encoding, "ignore"))
    for name in ["quantities.tsv", "references.tsv", "figure_rules.tsv"]:
        for row in rows(name):
            for target in ["quantities", "references", "dates", "claims"]:
                put(target, row)
    put("claims", STATUTE + MARKDOWN + "见[1]。[2;3] 又[1]；而[^2]。\n[^2]: x\n## 参考文献\n1. y\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
