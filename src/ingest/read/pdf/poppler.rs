//! The fallback where pdfium is not installed: poppler's `pdftotext -bbox-layout`, whose words have boxes. Characters
//! share the box of their word evenly; heights stand in for font sizes, and nothing is bold.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Command, Stdio},
    thread,
};

use super::{
    Page, Trouble,
    glyph::{Frame, Glyph},
    rule,
};

pub fn pages(bytes: &[u8], take: &mut impl FnMut(Page) -> Result<(), Trouble>) -> Result<(), Trouble> {
    let mut child = Command::new("pdftotext")
        .args(["-bbox-layout", "-enc", "UTF-8", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|_| Trouble::NoReader("neither the pdfium library nor poppler is installed".to_owned()))?;
    let (Some(mut input), Some(output), Some(mut errors)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(Trouble::NoReader("pdftotext has no pipes".to_owned()));
    };
    let mut said = String::new();
    let found = thread::scope(|scope| {
        scope.spawn(move || drop(input.write_all(bytes)));
        scope.spawn(|| std::io::Read::read_to_string(&mut errors, &mut said).ok());
        words(BufReader::new(output), take)
    });
    let ended = child.wait();
    let number = found?;
    if said.contains("Incorrect password") {
        return Err(Trouble::Locked);
    }
    // It goes on without the characters, which would make a scan of a Chinese text, or half a text of a mixed one.
    if said.contains("Missing language pack") {
        let problem = "poppler lacks the character tables that the fonts of this file need";
        return Err(Trouble::NoReader(problem.to_owned()));
    }
    if number == 0 || !ended.is_ok_and(|status| status.success()) {
        return Err(Trouble::Damaged("it is no PDF that can be opened".to_owned()));
    }
    Ok(())
}

/// Reads pages and words; returns how many pages there were.
pub fn words(output: impl BufRead, take: &mut impl FnMut(Page) -> Result<(), Trouble>) -> Result<u32, Trouble> {
    let mut number = 0;
    let mut height = 0.0;
    let (mut glyphs, mut rules) = (Vec::new(), Vec::new());
    for line in output.lines() {
        let line = line.map_err(|error| Trouble::Damaged(format!("pdftotext broke off ({error})")))?;
        let line = line.trim();
        if line.starts_with("<page ") {
            height = attribute(line, "height").unwrap_or(0.0);
        } else if line.starts_with("<word ") {
            word(line, height, &mut glyphs);
        } else if cfg!(fuzzing) && line.starts_with("<rule ") {
            // Poppler does not tell of ruled lines; the fuzz target makes some up.
            let edges = ["xMin", "yMax", "xMax", "yMin"].map(|name| attribute(line, name).unwrap_or(0.0));
            rules.extend(
                rule::of_path(&[[edges[0], height - edges[1]], [edges[2], height - edges[3]]], true)
                    .into_iter()
                    .flatten(),
            );
        } else if line == "</page>" {
            number += 1;
            let pictures = glyphs.is_empty();
            let (glyphs, rules) = (std::mem::take(&mut glyphs), std::mem::take(&mut rules));
            take(Page { number, glyphs, rules, fills: Vec::new(), pictures })?;
        }
    }
    Ok(number)
}

fn word(line: &str, height: f32, glyphs: &mut Vec<Glyph>) {
    let (Some(left), Some(top), Some(right), Some(bottom)) =
        (attribute(line, "xMin"), attribute(line, "yMin"), attribute(line, "xMax"), attribute(line, "yMax"))
    else {
        return;
    };
    let Some(text) = line.split_once('>').and_then(|(_, rest)| rest.split_once("</word>")).map(|(text, _)| text) else {
        return;
    };
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'");
    let text = text.replace("&apos;", "'").replace("&amp;", "&");
    let count = text.chars().count().max(1) as f32;
    let width = (right - left) / count;
    for (at, c) in text.chars().enumerate() {
        let from = left + width * at as f32;
        let rect = [from, height - bottom, from + width, height - top];
        // Boxes are as high as ascent and descent, about a fifth more than the font size.
        glyphs.push(Glyph::new(c, rect, (bottom - top) / 1.2, false, at == 0, Frame::default()));
    }
}

fn attribute(tag: &str, name: &str) -> Option<f32> {
    let rest = tag.split_once(&format!("{name}=\""))?.1;
    rest.split_once('"')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_become_characters_with_boxes() {
        let output = "<page width=\"600\" height=\"800\">\n<word xMin=\"10\" yMin=\"20\" xMax=\"30\" yMax=\"32\">A&amp;</word>\n</page>\n<page width=\"600\" height=\"800\">\n</page>\n";
        let mut pages = Vec::new();
        let count = words(output.as_bytes(), &mut |page| {
            pages.push(page);
            Ok(())
        });
        assert_eq!(count, Ok(2));
        let glyphs = &pages[0].glyphs;
        assert_eq!(glyphs.iter().map(|g| g.c).collect::<String>(), "A&");
        let edges = [glyphs[1].left, -glyphs[1].top, glyphs[1].right, -glyphs[1].bottom];
        let expected = [20.0, 780.0, 30.0, 768.0];
        assert!(edges.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-3), "{edges:?}");
        assert!(pages[1].pictures);
    }
}
