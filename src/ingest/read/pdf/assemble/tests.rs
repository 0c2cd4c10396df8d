use super::*;

/// A page of lines: `x`, width, size and text of each, from top to bottom; `gap` before a line in line heights.
fn page(number: u32, lines: &[(f32, f32, f32, &str)]) -> PageLines {
    let mut top = 50.0;
    let lines = lines.iter().map(|(left, width, size, text)| {
        top += size * 1.5;
        let seen = [*left, top, left + width, top + size];
        Line {
            text: (*text).to_owned(),
            rect: [*left, 800.0 - top - size, left + width, 800.0 - top],
            size: *size,
            block: 1,
            seen,
            edges: [50.0, 450.0],
            ..Line::default()
        }
    });
    PageLines { number, lines: lines.collect(), pictures: false }
}

#[test]
fn lines_become_paragraphs_over_pages_and_running_lines_go() {
    let pages = (1..=4)
        .map(|n| {
            let (last, first) =
                (format!("- {n} -"), format!("Chapter {} begins in the middle of the text", "abcd".repeat(n as usize)));
            page(
                n,
                &[
                    (50.0, 100.0, 9.0, "Annual report 2023"),
                    (50.0, 150.0, 10.0, &first),
                    (50.0, 395.0, 10.0, "The company was founded in Zürich and has since pro-"),
                    (50.0, 200.0, 10.0, "duced watches."),
                    (70.0, 380.0, 10.0, "本公司成立于一九九八年，主要从事"),
                    (50.0, 200.0, 10.0, "医疗器械的研发、生产和销售。"),
                    (50.0, 150.0, 10.0, &format!("{first}, and ends.")),
                    (240.0, 20.0, 9.0, &last),
                ],
            )
        })
        .collect();
    let paged = assemble(pages);
    let expected = "The company was founded in Zürich and has since produced watches.\n\n本公司成立于一九九八年，主要从事医疗器械的研发、生产和销售。\n\n";
    assert!(paged.text.contains(expected), "{}", paged.text);
    assert!(!paged.text.contains("Annual report") && !paged.text.contains("- 2 -"));
    for place in &paged.places {
        assert!(place.span.of(&paged.text).is_some(), "{place:?}");
    }
    let pages: Vec<u32> = paged.places.iter().map(|place| place.page).collect();
    assert!(pages.is_sorted() && pages.last() == Some(&4));
}

#[test]
fn sizes_make_headings_and_page_numbers_are_known() {
    let paged = assemble(vec![page(
        1,
        &[
            (150.0, 200.0, 18.0, "Guideline"),
            (50.0, 100.0, 13.0, "Methods"),
            (50.0, 390.0, 10.0, "We searched the literature of ten years and kept what was"),
            (50.0, 100.0, 10.0, "relevant."),
            (50.0, 100.0, 13.0, "Results"),
            (50.0, 300.0, 10.0, "Nothing was found."),
        ],
    )]);
    let headings: Vec<_> = paged.headings.iter().map(|mark| (mark.level, mark.name.as_str())).collect();
    assert_eq!(headings, [(Some(1), "Guideline"), (Some(2), "Methods"), (Some(2), "Results")]);
    assert_eq!(paged.title.as_deref(), Some("Guideline"));
    let contents = |text: &str| is_contents(&Line { text: text.to_owned(), ..Line::default() });
    assert!(contents("6.3 IPv4 . . . . . . 38") && contents("前言…………iv") && !contents("Signature ........"));
    assert!(!contents("As of 2023, it holds."));
    for text in ["12", "- 3 -", "第 5 页", "Page 7 of 20", "第3页 共10页", "3/10", "xiv"] {
        assert!(is_page_number(text), "{text}");
    }
    for text in ["2023年", "Table 3", "12.5%", "civil"] {
        assert!(!is_page_number(text), "{text}");
    }
}

#[test]
fn running_lines_of_a_chapter_go_and_titles_that_look_alike_stay() {
    let words = ["alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa"];
    let mut pages = Vec::new();
    for (nth, number) in (1..=40).enumerate() {
        let chapter = format!("Chapter {}: On {}", nth / 4 + 1, words[nth / 4]);
        let body =
            format!("The text of this page is its own, for it has the word {}.", words[nth % 10].repeat(nth + 1));
        let annex = format!("Annex {number}");
        let head = if nth < 36 { (50.0, 150.0, 9.0, chapter.as_str()) } else { (50.0, 150.0, 14.0, annex.as_str()) };
        let foot = (
            50.0,
            390.0,
            9.0,
            if nth == 0 {
                "GeoBase v"
            } else if nth == 1 {
                "GeoBase vi"
            } else {
                "GeoBase xii"
            },
        );
        pages.push(page(number, &[head, (50.0, 390.0, 10.0, &body), foot]));
    }
    let text = assemble(pages).text;
    assert!(!text.contains("Chapter") && !text.contains("GeoBase"), "{text}");
    assert!((37..=40).all(|number| text.contains(&format!("Annex {number}"))), "{text}");
}

#[test]
fn lines_apart_at_one_height_of_most_pages_go_and_first_lines_of_the_text_stay() {
    let build = |apart: f32| {
        let pages = (0..12_u16).map(|nth| {
            let head =
                format!("CHAPTER {}. BASICS    {}. SECTION", nth / 4 + 1, "abc".repeat(usize::from(nth / 2) + 1));
            let first = format!("{} begins this page with words of its own.", "Alpha".repeat(usize::from(nth) + 1));
            let mut page = page(
                u32::from(nth) + 1,
                &[
                    (50.0, 390.0, 9.0, &head),
                    (50.0, 390.0, 10.0, &first),
                    (50.0, 390.0, 10.0, "The text goes on here with more words to the end of the line"),
                    (50.0, 390.0, 10.0, "and on the next one, and stops."),
                ],
            );
            for line in &mut page.lines[1..] {
                line.rect[1] -= apart;
                line.rect[3] -= apart;
            }
            page
        });
        assemble(pages.collect()).text
    };
    let text = build(20.0);
    assert!(!text.contains("CHAPTER") && text.matches("begins this page").count() == 12, "{text}");
    assert!(build(0.0).contains("CHAPTER"), "no space apart");
}

#[test]
fn sizes_that_most_lines_differ_in_make_no_headings() {
    let lines: Vec<(f32, f32, f32, String)> = (0..20_u8)
        .map(|n| (50.0, 200.0, if n % 2 == 0 { 10.0 } else { 12.0 }, format!("Line of a scan {n}")))
        .collect();
    let lines: Vec<_> = lines.iter().map(|(x, width, size, text)| (*x, *width, *size, text.as_str())).collect();
    assert!(assemble(vec![page(1, &lines)]).headings.is_empty());
}

#[test]
fn a_title_beside_the_number_of_its_page_is_a_running_line() {
    let titles = ["BASICS", "BOUNDS", "CLAIMS", "DUTIES", "ERRORS", "FORMS"];
    let pages = titles.iter().zip(1..).map(|(title, number)| {
        let head = if number % 2 == 0 { format!("{} {title}", number + 8) } else { format!("{title} {}", number + 8) };
        let body = format!("{title} of this page stands in its text, which is its own.");
        let mut lines = vec![(50.0, 150.0, 10.0, head.as_str()), (50.0, 390.0, 10.0, &body)];
        lines.extend((number == 3).then_some((50.0, 90.0, 10.0, "See rule 14")));
        page(number, &lines)
    });
    let text = assemble(pages.collect()).text;
    assert!(titles.iter().all(|title| !text.contains(&format!("{title} 1")) && text.contains(title)), "{text}");
    assert!(text.contains("See rule 14"), "{text}");
}

#[test]
fn bold_type_makes_headings_unless_most_of_the_text_is_bold() {
    let text = "The text goes on here with more words to the end of the line";
    let build = |all: bool| {
        let mut page =
            page(1, &[(50.0, 90.0, 10.0, "Methods"), (50.0, 390.0, 10.0, text), (50.0, 90.0, 10.0, "Short line")]);
        for (at, line) in page.lines.iter_mut().enumerate() {
            line.bold = all || at == 0;
        }
        assemble(vec![page]).headings.iter().map(|mark| mark.name.clone()).collect::<Vec<_>>()
    };
    assert_eq!(build(false), ["Methods"]);
    assert_eq!(build(true), Vec::<String>::new());
}
