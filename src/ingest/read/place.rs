//! Where text stands on the pages that it came from.

use crate::domain::{document::PageBox, text::Span};

/// A line of a page in the stored text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    pub span: Span,
    /// From 1.
    pub page: u32,
    /// Left, bottom, right, top in points of 1/72 inch from the lower left corner of the unturned page.
    pub rect: Option<[f32; 4]>,
}

/// Those of `places`, which are in order, that stand in `span`.
pub fn within(places: &[Place], span: Span) -> &[Place] {
    let start = places.partition_point(|place| place.span.end() <= span.start());
    let end = places.partition_point(|place| place.span.start() < span.end());
    places.get(start..end).unwrap_or_default()
}

impl Place {
    /// The place as it is stored; `None` where only the page is known.
    pub fn page_box(&self) -> Option<PageBox> {
        #[expect(clippy::cast_possible_truncation, reason = "within a million points")]
        let tenths = |points: f32| (points.clamp(-1e6, 1e6) * 10.0).round() as i32;
        self.rect.map(|rect| PageBox { page: self.page, edges: rect.map(tenths) })
    }
}
