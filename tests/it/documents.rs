//! Documents in the formats that people have, whole and damaged.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use attest::{
    ingest::{IngestOptions, IngestReport, Ingester, PdfOptions},
    ports::{Store, StoredChunk},
    store::SqliteStore,
};
use tokio_util::sync::CancellationToken;

use crate::ingest::{named, with_collection};

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/documents")
}

fn pdfium() -> PdfOptions {
    let program = Some(PathBuf::from(env!("CARGO_BIN_EXE_attest")));
    PdfOptions { program, library: crate::support::pdfium().clone(), ..PdfOptions::default() }
}

async fn ingest(path: &Path, pdf: PdfOptions) -> (Arc<SqliteStore>, IngestReport) {
    let store = Arc::new(SqliteStore::open_in_memory().await.expect("opens"));
    with_collection(&store, "c").await;
    let options = IngestOptions { pdf, ..IngestOptions::default() };
    let ingester = Ingester::new(Arc::clone(&store) as Arc<dyn Store>, options);
    let report = ingester.ingest_path(&named("c"), path, &(), &CancellationToken::new()).await.expect("the run ends");
    (store, report)
}

/// Chunk texts by document key.
async fn chunks(store: &SqliteStore) -> BTreeMap<String, Vec<String>> {
    let mut texts = BTreeMap::new();
    for version in store.documents(&named("c"), 0, u64::MAX).await.expect("lists") {
        let (_, document) = store.version_text(version.id).await.expect("reads").expect("is there");
        let chunks = store.chunks_of(version.id).await.expect("reads");
        for chunk in &chunks {
            let chunk = &chunk.chunk;
            assert_eq!(chunk.span.of(&document.text), Some(chunk.text.as_str()), "{}", version.meta.key);
        }
        texts.insert(version.meta.key.clone(), chunks.into_iter().map(|c| c.chunk.text).collect());
    }
    texts
}

#[tokio::test(flavor = "multi_thread")]
async fn every_sample_is_read_and_every_chunk_slices_its_text() {
    let (store, report) = ingest(&samples(), pdfium()).await;
    // README.md is read as well: it is a document like any other.
    assert_eq!(report.problems, []);
    let texts = chunks(&store).await;
    let holds = |key: &str, part: &str| {
        let all = &texts[key];
        assert!(all.iter().any(|text| text.contains(part)), "{key} holds {part}: {all:#?}");
    };
    holds("fees-gb18030.csv", "跨行转账（柜台，5万元以上）：标准 20.00元；备注 每笔。");
    holds("labs.csv", "Analyte Potassium: Reference range 3.5-5.1; Unit mmol/L.");
    holds("statement.xlsx", "净利润：2023年度 / 金额 58,024.69万元");
    holds("contract-tracked.docx", "人民币135万元");
    assert_eq!(store.check().await.expect("checks"), Vec::<String>::new());
}

/// Chunks of a sample, read with these options.
async fn chunks_of(name: &str, pdf: PdfOptions) -> (Arc<SqliteStore>, Vec<StoredChunk>) {
    let (store, report) = ingest(&samples().join(name), pdf).await;
    assert_eq!(report.problems, [], "{name}");
    let version = store.document(&named("c"), name).await.expect("reads").expect("is there");
    let chunks = store.chunks_of(version.id).await.expect("reads");
    (store, chunks)
}

#[tokio::test(flavor = "multi_thread")]
async fn pdfs_know_their_articles_tables_columns_pages_and_boxes() {
    let (store, chunks) = chunks_of("statute-zh.pdf", pdfium()).await;
    let article = chunks.iter().find(|c| c.chunk.locator == "第二条").expect("an article");
    assert_eq!(article.chunk.text, "第二条 民法调整平等主体的自然人、法人和非法人组织之间的人身关系和财产关系。");
    assert_eq!(article.chunk.path, ["第一编 总则", "第一章 基本规定"]);
    let later = chunks.iter().find(|c| c.chunk.page == Some(3)).expect("a third page");
    let boxes = store.chunk_boxes(later.chunk.id).await.expect("reads");
    assert!(!boxes.is_empty() && boxes[0].page == 3);
    for boxed in boxes {
        let [left, bottom, right, top] = boxed.edges;
        assert!(0 < left && left < right && right < 5953 && 0 < bottom && bottom < top && top < 8419, "{boxed:?}");
    }
    assert!(chunks.iter().all(|c| !c.chunk.text.contains("法律文件汇编")), "no running header");

    let (_, chunks) = chunks_of("report-zh.pdf", pdfium()).await;
    let all: String = chunks.iter().map(|c| c.chunk.text.as_str()).collect();
    for row in [
        "营业收入：2023年 1,234,567.89万元；2022年 1,098,765.43万元；本年比上年增减（%） 12.36%。",
        "经营活动产生的现金流量净额：2023年 -12,345.60万元；2022年 45,678.90万元；本年比上年增减（%） -127.03%。",
        "基本每股收益（元/股）：2023年 1.23元/股；2022年 1.04元/股；本年比上年增减（%） 18.27%。",
        "审计报告，投资者应当阅读年度报告全文。",
    ] {
        assert!(all.contains(row), "{row} in {all}");
    }

    let (_, chunks) = chunks_of("two-columns-en.pdf", pdfium()).await;
    let all: String = chunks.iter().map(|c| c.chunk.text.as_str()).collect();
    assert!(all.contains("blood flows through blood vessels (arteries) at higher than normal pressures."), "{all}");
    assert!(!all.contains("Collected Patient Information"));

    // TeX draws "ff" as one sign.
    let (_, chunks) = chunks_of("pdflatex.pdf", pdfium()).await;
    let all: String = chunks.iter().map(|c| c.chunk.text.as_str()).collect();
    assert_eq!((all.matches("difference").count(), all.matches("diference").count()), (12, 0));

    let (_, chunks) = chunks_of("gbk-euc-h.pdf", pdfium()).await;
    assert!(
        chunks.iter().any(|c| c.chunk.locator == "第一条" && c.chunk.text.ends_with("应当按照约定的期限返还借款。"))
    );
}

/// A PDF with one page, which is shown turned by `shown` degrees with the clock, of these lines, each with its text matrix.
fn pdf_of(shown: u32, lines: &[(&str, &str)]) -> Vec<u8> {
    let mut drawn = String::new();
    for (matrix, text) in lines {
        writeln!(drawn, "BT /F 12 Tf {matrix} Tm ({text}) Tj ET").expect("memory");
    }
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 400] /Rotate {shown} /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>"
        ),
        format!("<< /Length {} >>\nstream\n{drawn}endstream", drawn.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut file = "%PDF-1.4\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (number, object) in (1..).zip(&objects) {
        writeln!(table, "{:010} 00000 n ", file.len()).expect("memory");
        write!(file, "{number} 0 obj\n{object}\nendobj\n").expect("memory");
    }
    let start = file.len();
    write!(file, "{table}trailer\n<< /Root 1 0 R /Size {} >>\nstartxref\n{start}\n%%EOF\n", objects.len() + 1)
        .expect("memory");
    file.into_bytes()
}

/// A table set sideways gives its figures as they are read, not back to front.
#[tokio::test(flavor = "multi_thread")]
async fn turned_pages_are_read_the_way_they_run() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, shown, turn, places) in [
        ("upright", 0, "1 0 0 1", ["50 300", "50 280"]),
        ("sideways", 0, "0 1 -1 0", ["100 50", "120 50"]),
        ("downwards", 0, "0 -1 1 0", ["120 350", "100 350"]),
        ("shown-turned", 90, "0 1 -1 0", ["100 50", "120 50"]),
        ("upside-down", 180, "-1 0 0 -1", ["350 100", "350 120"]),
    ] {
        let [first, second] = places.map(|place| format!("{turn} {place}"));
        let lines =
            [(first.as_str(), "Net sales rose to 1,234.56 million."), (second.as_str(), "Costs were 7.8 million.")];
        fs::write(folder.path().join(format!("{name}.pdf")), pdf_of(shown, &lines)).expect("a file");
    }
    let (store, report) = ingest(folder.path(), pdfium()).await;
    assert_eq!(report.problems, []);
    let read = chunks(&store).await;
    assert_eq!(read.len(), 5);
    for (key, texts) in read {
        let text = texts.join("\n");
        let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("{key}: {part} in {text}"));
        assert!(at("Net sales rose to 1,234.56 million.") < at("Costs were 7.8 million."), "{key}: {text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn poppler_stands_in_where_pdfium_is_not_installed() {
    let poppler = PdfOptions { library: PathBuf::from("/nowhere/libpdfium.so"), ..pdfium() };
    let (_, chunks) = chunks_of("statute-zh.pdf", poppler).await;
    let article = chunks.iter().find(|c| c.chunk.locator == "第二条").expect("an article");
    assert!(article.chunk.text.ends_with("之间的人身关系和财产关系。"), "{}", article.chunk.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn protected_and_scanned_files_are_refused_with_a_way_out() {
    let refused = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/refused");
    let (_, report) = ingest(&refused, pdfium()).await;
    let told: Vec<String> = report.problems.iter().map(ToString::to_string).collect();
    let expect = |name: &str, part: &str| {
        assert!(told.iter().any(|problem| problem.starts_with(name) && problem.contains(part)), "{name}: {told:#?}");
    };
    expect("locked.docx", "protected by a password");
    expect("locked.pdf", "protected by a password");
    expect("scan.pdf", "--ocr");
    assert_eq!((report.problem_count, report.added), (3, 1), "and README.md is read");

    let ocr = Some("echo 本合同自双方签字之日起生效。".to_owned());
    let (store, report) = ingest(&refused.join("scan.pdf"), PdfOptions { ocr, ..pdfium() }).await;
    assert_eq!(report.problems, []);
    assert_eq!(chunks(&store).await["scan.pdf"], ["本合同自双方签字之日起生效。"]);
    let ocr = Some("/no/such/program".to_owned());
    let (_, report) = ingest(&refused.join("scan.pdf"), PdfOptions { ocr, ..pdfium() }).await;
    assert!(report.problems[0].message.contains("/no/such/program"), "{:?}", report.problems);
}

/// A small generator with a seed, so that every run damages alike (Marsaglia's xorshift64).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % below.max(1) as u64).unwrap_or(0)
    }
}

/// Damaged copies of `whole`: cut, with bytes turned over, with a stretch of zeros or of another file.
fn damage(dice: &mut Dice, whole: &[u8], other: &[u8], kind: usize) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    match kind {
        0 => bytes.truncate(1 + dice.roll(whole.len() - 1)),
        1 => {
            for _ in 0..=dice.roll(20) {
                let at = dice.roll(bytes.len());
                bytes[at] ^= 1 << dice.roll(8);
            }
        }
        2 => {
            let (at, length) = (dice.roll(bytes.len()), 1 + dice.roll(400));
            let end = (at + length).min(bytes.len());
            bytes[at..end].fill(0);
        }
        3 => {
            let (at, from) = (dice.roll(bytes.len()), dice.roll(other.len()));
            let stretch = &other[from..(from + 1 + dice.roll(500)).min(other.len())];
            bytes.splice(at..at, stretch.iter().copied());
        }
        _ => {
            let (at, length) = (dice.roll(bytes.len()), 1 + dice.roll(1000));
            bytes.drain(at..(at + length).min(bytes.len()));
        }
    }
    bytes
}

#[tokio::test(flavor = "multi_thread")]
async fn damaged_files_are_told_one_by_one_and_the_rest_is_taken_in() {
    let mut whole: Vec<(String, Vec<u8>)> = fs::read_dir(samples())
        .expect("lists")
        .map(|entry| entry.expect("reads").path())
        .map(|path| (path.file_name().expect("named").to_string_lossy().into_owned(), fs::read(&path).expect("reads")))
        .collect();
    whole.sort();
    let folder = tempfile::tempdir().expect("a folder");
    let inside = folder.path().join("in");
    fs::create_dir(&inside).expect("makes");
    let write = |name: &str, bytes: &[u8]| fs::write(inside.join(name), bytes).expect("writes");
    let mut dice = Dice(20_260_101);
    let mut made = 0;
    for (at, (name, bytes)) in whole.iter().enumerate() {
        let other = &whole[(at + 1) % whole.len()].1;
        for copy in 0..30 {
            let damaged = damage(&mut dice, bytes, other, copy % 5);
            write(&format!("{copy:02}-{name}"), &damaged);
            made += 1;
        }
        // Under the name of another format.
        for ending in ["txt", "docx", "xlsx", "csv", "html", "md"] {
            write(&format!("renamed-{at}.{ending}"), bytes);
            made += 1;
        }
    }
    write("good.txt", "合同自双方签字之日起生效。".as_bytes());
    assert!(made >= 200, "{made} damaged files");
    let (store, report) = ingest(&inside, pdfium()).await;
    assert_eq!(report.files, made + 1);
    assert_eq!(report.documents() + report.problem_count, report.files, "each file is a document or a problem");
    let texts = chunks(&store).await;
    assert!(texts.contains_key("good.txt"));
    // A truncated package has no directory: never silently half a document.
    for (name, _) in whole.iter().filter(|(name, _)| name.ends_with('x')) {
        for copy in (0..30).step_by(5) {
            let key = format!("{copy:02}-{name}");
            assert!(report.problems.iter().any(|p| p.path == key && p.message.contains("damaged")), "{key}");
        }
    }
    let outside: Vec<_> = fs::read_dir(folder.path()).expect("lists").map(|e| e.expect("reads").file_name()).collect();
    assert_eq!(outside, ["in"], "nothing was written");
}
