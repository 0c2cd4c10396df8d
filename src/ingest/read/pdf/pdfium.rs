//! Characters of PDF pages through the pdfium library, which is loaded at run time. The only module that names it.

use std::path::Path;

use pdfium_render::prelude::{
    PdfPage, PdfPageObjectType, PdfPageObjectsCommon, Pdfium, PdfiumError, PdfiumInternalError,
};

use super::{
    Page, Trouble,
    glyph::{Frame, Glyph},
};

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
    for char in text.chars().iter() {
        let value = char.unicode_value();
        let c = match char::from_u32(value) {
            // What no character map explains.
            None | Some('\0' | '\u{fffe}' | '\u{ffff}') => '\u{fffd}',
            Some(c) => c,
        };
        if c.is_whitespace() || c == '\u{a0}' || (c.is_control() && c != '\u{2}') {
            space = true;
            continue;
        }
        // pdfium's mark for a hyphen at the end of a line.
        let c = if c == '\u{2}' { '-' } else { c };
        let (Ok(loose), Ok(tight)) = (char.loose_bounds(), char.tight_bounds()) else { continue };
        let size = char.scaled_font_size().value.abs();
        let turn = Frame::of(char.angle_degrees().unwrap_or(0.0));
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
    let pictures = glyphs.is_empty() && page.objects().iter().any(|o| o.object_type() == PdfPageObjectType::Image);
    Ok(Page { number, glyphs, pictures })
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
