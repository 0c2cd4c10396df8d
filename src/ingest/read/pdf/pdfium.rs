//! Characters of PDF pages through the pdfium library, which is loaded at run time. The only module that names it.

use std::path::Path;

use pdfium_render::prelude::{
    PdfMatrix, PdfPage, PdfPageObject, PdfPageObjectType, PdfPageObjectsCommon, PdfPageObjectsIterator,
    PdfPagePathObject, PdfPageTextChar, PdfPathFillMode, PdfPathSegmentType, PdfPathSegments, Pdfium, PdfiumError,
    PdfiumInternalError,
};

use super::{
    Page, Trouble,
    glyph::{Frame, Glyph, part_ligatures},
    letters,
    rule::{self, Placing, Rule},
};

/// A page that is drawn of more objects and path segments is a plot, whose lines rule no table.
const MOST_STROKES: usize = 100_000;
/// Drawings may hold drawings to this depth.
const DEEPEST: usize = 8;

/// Calls `take` with each page of the document, in order; stops with the first error that `take` gives.
pub fn pages(library: &Path, bytes: &[u8], mut take: impl FnMut(Page) -> Result<(), Trouble>) -> Result<(), Trouble> {
    let bindings = Pdfium::bind_to_library(library)
        .map_err(|error| Trouble::NoReader(format!("{} cannot be loaded: {error}", library.display())))?;
    let pdfium = Pdfium::new(bindings);
    let document = pdfium.load_pdf_from_byte_slice(bytes, None).map_err(|error| match error {
        PdfiumError::PdfiumLibraryInternalError(
            PdfiumInternalError::PasswordError | PdfiumInternalError::SecurityError,
        ) => Trouble::Locked,
        _ => Trouble::Damaged("it is no PDF that can be opened".to_owned()),
    })?;
    for (at, page) in document.pages().iter().enumerate() {
        let number = u32::try_from(at + 1).unwrap_or(u32::MAX);
        take(read(number, &page)?)?;
    }
    Ok(())
}

fn read(number: u32, page: &PdfPage<'_>) -> Result<Page, Trouble> {
    let text = page.text().map_err(|_| Trouble::Damaged(format!("its page {number} cannot be read")))?;
    let mut glyphs = Vec::new();
    let mut space = false;
    let codes = Codes::of(text.chars().iter());
    for char in text.chars().iter() {
        let value = char.unicode_value();
        let c = match char::from_u32(value) {
            // What no character map explains.
            None | Some('\0' | '\u{fffe}' | '\u{ffff}') => '\u{fffd}',
            Some(c) => c,
        };
        let c = letters::of_tex(c).filter(|_| codes == Codes::OfTex && is_drawn(&char)).unwrap_or(c);
        if c.is_whitespace() || c == '\u{a0}' || (c.is_control() && c != '\u{2}') {
            space = true;
            continue;
        }
        // pdfium's mark for a hyphen at the end of a line.
        let c = if c == '\u{2}' { '-' } else { c };
        let c = if ('\u{f000}'..='\u{f0ff}').contains(&c) { letters::sign(c, &char.font_name()) } else { c };
        let (Ok(loose), Ok(tight)) = (char.loose_bounds(), char.tight_bounds()) else { continue };
        let size = char.scaled_font_size().value.abs();
        // Letters that run aslant are a stamp over the page, whose words would fall between those of the text. pdfium
        // counts with the clock.
        let Some(turn) = Frame::of(-char.angle_degrees().unwrap_or(0.0)) else { continue };
        let bold = char.font_weight().is_some_and(|weight| weight_of(weight) >= 600) || {
            let name = char.font_name().to_lowercase();
            name.contains("bold") || name.contains("heavy") || name.contains("black")
        };
        let rect = [loose.left().value, loose.bottom().value, loose.right().value, loose.top().value];
        let rect = if rect[2] > rect[0] && rect[3] > rect[1] {
            rect
        } else {
            [tight.left().value, tight.bottom().value, tight.right().value, tight.top().value]
        };
        glyphs.push(Glyph::new(c, rect, size, bold, std::mem::take(&mut space), turn));
    }
    part_ligatures(&mut glyphs);
    let pictures = glyphs.is_empty() && page.objects().iter().any(|o| o.object_type() == PdfPageObjectType::Image);
    let mut drawn = Drawn::default();
    if !glyphs.is_empty() && drawn.collect(page.objects().iter(), Placing::PAGE, 0).is_none() {
        drawn = Drawn::default();
    }
    Ok(Page { number, glyphs, rules: drawn.rules, fills: drawn.fills, pictures })
}

/// What the control characters of a page are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Codes {
    /// Letters of TeX's fonts.
    OfTex,
    /// Letters of a font whose codes nothing explains, or none at all.
    Unknown,
}

impl Codes {
    fn of<'a>(chars: impl Iterator<Item = PdfPageTextChar<'a>>) -> Self {
        let mut codes = Self::Unknown;
        for char in chars {
            let Some(c) = char::from_u32(char.unicode_value()).filter(|c| c.is_control() && *c != '\u{2}') else {
                continue;
            };
            if letters::of_tex(c).is_some() {
                codes = if is_drawn(&char) { Self::OfTex } else { codes };
            } else if !matches!(c, '\t' | '\n') && !char.is_generated().unwrap_or(true) {
                return Self::Unknown;
            }
        }
        codes
    }
}

/// Whether a character has a shape; the ends of lines that pdfium adds have none.
fn is_drawn(char: &PdfPageTextChar<'_>) -> bool {
    !char.is_generated().unwrap_or(true) && char.tight_bounds().is_ok_and(|bounds| bounds.width().value > 0.0)
}

/// What the paths of a page draw along its edges.
#[derive(Default)]
struct Drawn {
    rules: Vec<Rule>,
    fills: Vec<Rule>,
    /// Objects and segments of paths so far.
    seen: usize,
}

impl Drawn {
    /// Appends what these objects draw; `None` where there are too many to be those of tables.
    fn collect(&mut self, objects: PdfPageObjectsIterator<'_>, placing: Placing, depth: usize) -> Option<()> {
        for object in objects {
            self.seen += 1;
            if self.seen > MOST_STROKES {
                return None;
            }
            match &object {
                PdfPageObject::Path(path) => {
                    let placing = path.matrix().map_or(placing, |matrix| placed(&matrix).within(placing));
                    let before = (self.rules.len(), self.fills.len());
                    if self.path(path, placing).is_none() {
                        self.rules.truncate(before.0);
                        self.fills.truncate(before.1);
                    }
                }
                PdfPageObject::XObjectForm(form) if depth < DEEPEST => {
                    let placing = form.matrix().map_or(placing, |matrix| placed(&matrix).within(placing));
                    self.collect(form.iter(), placing, depth + 1)?;
                }
                _ => {}
            }
        }
        Some(())
    }

    /// Appends the lines of a path; `None` where it has a curve or a slanted line.
    fn path(&mut self, path: &PdfPagePathObject<'_>, placing: Placing) -> Option<()> {
        let stroked = path.is_stroked().unwrap_or(false);
        if !stroked && path.fill_mode().is_ok_and(|mode| mode == PdfPathFillMode::None) {
            return Some(());
        }
        let mut points: Vec<[f32; 2]> = Vec::new();
        for segment in path.segments().iter() {
            self.seen += 1;
            let (x, y) = segment.point();
            let point = placing.point([x.value, y.value]);
            match segment.segment_type() {
                PdfPathSegmentType::MoveTo => self.part(&std::mem::replace(&mut points, vec![point]), stroked)?,
                PdfPathSegmentType::LineTo if self.seen <= MOST_STROKES => points.push(point),
                _ => return None,
            }
            if let (true, Some(first)) = (segment.is_close(), points.first()) {
                points.push(*first);
            }
        }
        self.part(&points, stroked)
    }

    fn part(&mut self, points: &[[f32; 2]], stroked: bool) -> Option<()> {
        match rule::filled(points, stroked) {
            Some(fill) => self.fills.push(fill),
            None => self.rules.extend(rule::of_path(points, stroked)?),
        }
        Some(())
    }
}

fn placed(matrix: &PdfMatrix) -> Placing {
    Placing { right: [matrix.a(), matrix.b()], up: [matrix.c(), matrix.d()], origin: [matrix.e(), matrix.f()] }
}

fn weight_of(weight: pdfium_render::prelude::PdfFontWeight) -> u32 {
    use pdfium_render::prelude::PdfFontWeight as W;
    match weight {
        W::Weight100 => 100,
        W::Weight200 => 200,
        W::Weight300 => 300,
        W::Weight400Normal => 400,
        W::Weight500 => 500,
        W::Weight600 => 600,
        W::Weight700Bold => 700,
        W::Weight800 => 800,
        W::Weight900 => 900,
        W::Custom(n) => n,
    }
}
