//! A character and its place.

/// Text that leaves a quarter turn by more degrees runs aslant; scans are laid on glass less straight than paper is cut.
const ASLANT: f32 = 8.0;

/// Which way text runs, in quarter turns against the clock from left to right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Frame(u8);

impl Frame {
    /// `None` for text that runs aslant.
    pub fn of(degrees: f32) -> Option<Self> {
        let off = (degrees - 90.0 * (degrees / 90.0).round()).abs();
        if off.is_nan() || off > ASLANT {
            return None;
        }
        let turns = (degrees / 90.0).round().rem_euclid(4.0);
        Some(Self(if turns < 0.5 {
            0
        } else if turns < 1.5 {
            1
        } else if turns < 2.5 {
            2
        } else {
            3
        }))
    }

    /// The frame of all four ways.
    pub const ALL: [Self; 4] = [Self(0), Self(1), Self(2), Self(3)];

    /// A box of the page (left, bottom, right, top; y upwards) as left, top, right, bottom with y downwards, seen so
    /// that the text runs from left to right.
    pub fn turn(self, [left, bottom, right, top]: [f32; 4]) -> [f32; 4] {
        match self.0 {
            0 => [left, -top, right, -bottom],
            1 => [bottom, left, top, right],
            2 => [-right, bottom, -left, top],
            _ => [-top, -right, -bottom, -left],
        }
    }

    /// The inverse of [`Self::turn`].
    pub fn back(self, [left, top, right, bottom]: [f32; 4]) -> [f32; 4] {
        match self.0 {
            0 => [left, -bottom, right, -top],
            1 => [top, left, bottom, right],
            2 => [-right, top, -left, bottom],
            _ => [-bottom, -right, -top, -left],
        }
    }
}

/// In points of 1/72 inch, y downwards, seen so that its text runs from left to right.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Glyph {
    pub c: char,
    pub left: f32,
    pub top: f32,
    pub right: f32,
    pub bottom: f32,
    /// Font size as drawn.
    pub size: f32,
    pub bold: bool,
    /// A space stands before it in the file.
    pub spaced: bool,
    pub frame: Frame,
}

/// No page reaches farther, in points.
const FARTHEST: f32 = 1e7;

impl Glyph {
    /// `rect` is left, bottom, right, top on the page, y upwards.
    pub fn new(c: char, rect: [f32; 4], size: f32, bold: bool, spaced: bool, frame: Frame) -> Self {
        let rect = rect.map(|edge| if edge.is_nan() { 0.0 } else { edge.clamp(-FARTHEST, FARTHEST) });
        let [left, top, right, bottom] = frame.turn(rect);
        // A damaged file may tell of the edges in any order.
        let (left, right, top, bottom) = (left.min(right), left.max(right), top.min(bottom), top.max(bottom));
        // Some fonts give no size, or one that nothing has to do with what is drawn.
        let height = bottom - top;
        let size = if size > 0.5 && size < 4.0 * height.max(0.5) { size } else { height };
        Self { c, left, top, right, bottom, size, bold, spaced, frame }
    }

    fn is_at_place_of(&self, other: &Self) -> bool {
        let edges = |glyph: &Self| [glyph.left, glyph.top, glyph.right, glyph.bottom];
        edges(self).iter().zip(edges(other)).all(|(own, other)| own.total_cmp(&other).is_eq())
    }

    pub fn middle(&self) -> f32 {
        f32::midpoint(self.top, self.bottom)
    }
}

/// Narrowest ligature of two equal letters, in font sizes: an f or t alone is about 0.3 wide.
const TWO_LETTERS: f32 = 0.45;

/// The letters of a ligature are told one by one, each with the place of the whole. Here each gets its share of it, lest
/// the second f of "different" pass for bold type that is faked by drawing a letter twice.
pub fn part_ligatures(glyphs: &mut [Glyph]) {
    let same = |a: &Glyph, b: &Glyph| !b.spaced && a.c.is_alphabetic() && b.c.is_alphabetic() && a.is_at_place_of(b);
    for letters in glyphs.chunk_by_mut(same).filter(|letters| letters.len() > 1) {
        let Glyph { left, right, size, c, .. } = letters[0];
        let is_one_letter = letters.iter().all(|letter| letter.c == c) && right - left < TWO_LETTERS * size;
        if is_one_letter {
            continue;
        }
        let share = (right - left) / letters.len() as f32;
        let mut edge = left;
        for letter in letters {
            (letter.left, letter.right) = (edge, edge + share);
            edge += share;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_come_in_order_and_are_numbers() {
        let glyph = Glyph::new('a', [30.0, 50.0, 20.0, 40.0], 10.0, false, false, Frame::default());
        assert!(glyph.left < glyph.right && glyph.top < glyph.bottom, "{glyph:?}");
        let glyph = Glyph::new('a', [f32::NAN, f32::MAX, f32::INFINITY, 1.0], f32::NAN, false, false, Frame::default());
        assert!((glyph.right - glyph.left).is_finite() && glyph.size.is_finite(), "{glyph:?}");
    }

    #[test]
    fn letters_of_a_ligature_stand_side_by_side() {
        let told = |c, right| Glyph::new(c, [10.0, 0.0, right, 8.0], 10.0, false, false, Frame::default());
        let mut word = [told('f', 18.0), told('f', 18.0), told('i', 18.0)];
        part_ligatures(&mut word);
        let edges: Vec<String> = word.iter().flat_map(|g| [g.left, g.right]).map(|x| format!("{x:.1}")).collect();
        assert_eq!(edges, ["10.0", "12.7", "12.7", "15.3", "15.3", "18.0"]);
        // Drawn twice at one place.
        let mut bold = [told('f', 13.0), told('f', 13.0)];
        part_ligatures(&mut bold);
        assert_eq!(bold, [told('f', 13.0); 2]);
    }

    #[test]
    fn frames_turn_and_turn_back() {
        for (at, frame) in Frame::ALL.into_iter().enumerate() {
            let rect = [10.0, 20.0, 35.0, 50.0];
            let turned = frame.turn(rect);
            assert!(turned[0] < turned[2] && turned[1] < turned[3], "{at}: {turned:?}");
            let same = frame.back(turned).iter().zip(rect).all(|(a, b)| (a - b).abs() < 1e-3);
            assert!(same, "{at}: {turned:?}");
        }
        assert_eq!(Frame::of(89.0), Some(Frame(1)));
        assert_eq!(Frame::of(359.5), Some(Frame(0)));
        assert_eq!([45.0, -45.0, 57.3, 315.0, f32::NAN].map(Frame::of), [None; 5]);
    }
}
