//! Characters with boxes to lines in reading order, by geometry alone: words by gaps, columns by gutters, tables by the
//! lines that rule them, or by cells that stand over each other.

mod amounts;
mod bands;
mod beside;
mod cells;
mod columns;
mod extent;
mod headings;
mod inner;
mod lattice;
mod rows;
mod ruled;
mod spaced;
mod wrapped;

use lattice::{Stroke, Strokes};
use serde::{Deserialize, Serialize};

use super::{
    super::table::Cell,
    Page,
    glyph::{Frame, Glyph},
    letters,
};

/// A line of a page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Line {
    pub text: String,
    /// Left, bottom, right, top on the page in points, y upwards.
    pub rect: [f32; 4],
    pub size: f32,
    pub bold: bool,
    /// A row of a table, as a sentence.
    pub row: bool,
    /// Lines of one block stand under each other.
    pub block: u32,
    /// Edges as the reader sees them: left, top, right, bottom, y downwards.
    pub seen: [f32; 4],
    /// Left and right edge of the block.
    pub edges: [f32; 2],
}

/// Characters that follow each other closely on one line.
#[derive(Clone, Debug, Default)]
struct Run {
    text: String,
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
    /// The font size of most characters: a bullet or a note's mark says nothing about the line.
    size: f32,
    /// By how many characters `size` leads (majority vote of Boyer and Moore).
    lead: usize,
    bold: bool,
    count: usize,
    /// The last character is a raised one: an exponent, or the mark of a note.
    raised: bool,
    /// The spaces in `text`: where the next word begins there, and the edges of the words around it.
    spaces: Vec<(usize, f32, f32)>,
    /// Stands for this table of the page, which takes its place.
    sheet: Option<usize>,
}

/// A table that was found: the cells of each row, and where its text stands.
#[derive(Clone, Debug, Default)]
struct Sheet {
    rows: Vec<(Vec<Cell>, Run)>,
    /// Where its columns are ruled, their edges from left to right.
    edges: Vec<f32>,
    /// How many rows head the others, where the page shows it.
    heading_rows: Option<usize>,
    /// Stands over the whole table, inside its rules.
    caption: Option<Run>,
}

/// What is smaller and higher than this, in font sizes, is raised.
const RAISED_SIZE: f32 = 0.8;
const RAISED_BY: f32 = 0.1;

impl Run {
    fn of(glyph: &Glyph) -> Self {
        let mut text = String::new();
        letters::push(&mut text, glyph.c);
        Self {
            text,
            left: glyph.left,
            top: glyph.top,
            right: glyph.right,
            bottom: glyph.bottom,
            size: glyph.size,
            lead: 1,
            bold: glyph.bold,
            count: 1,
            raised: false,
            spaces: Vec::new(),
            sheet: None,
        }
    }

    fn height(&self) -> f32 {
        self.bottom - self.top
    }

    fn middle(&self) -> f32 {
        f32::midpoint(self.top, self.bottom)
    }

    /// Whether `glyph` goes on with this run.
    fn takes(&self, glyph: &Glyph) -> bool {
        let size = self.size.max(glyph.size);
        let gap = glyph.left - self.right;
        // Superscripts are smaller and higher, by less than half a line.
        let level = (glyph.middle() - self.middle()).abs() < 0.5 * size;
        level
            && gap < segment_gap(self.text.chars().next_back(), glyph.c) * size
            && gap > -size
            && glyph.left > self.left - 0.2 * size
    }

    fn push(&mut self, glyph: &Glyph) {
        let size = self.size.max(glyph.size);
        let gap = glyph.left - self.right;
        let between = self.text.chars().next_back();
        let raised = glyph.size < RAISED_SIZE * self.size && glyph.middle() < self.middle() - RAISED_BY * self.size;
        let digits = glyph.c.is_ascii_digit() && between.is_some_and(|c| c.is_ascii_digit());
        if digits && raised && !self.raised {
            // No digit of the figure before it: 8,935,112³ is not 8,935,1123. Over a ten stands an exponent. Nor is the
            // letter of a note one of the word before it.
            let figure = self.text.rsplit(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',')).next();
            self.text.push(if figure == Some("10") { '^' } else { ' ' });
        } else if is_apart(between, glyph.c, gap / size, glyph.spaced)
            || digits && self.raised && !raised
            || raised && !self.raised && glyph.c.is_lowercase() && between.is_some_and(char::is_alphabetic)
        {
            self.text.push(' ');
        }
        self.raised = raised;
        if self.text.ends_with(' ') {
            self.spaces.push((self.text.len(), self.right, glyph.left));
        }
        letters::push(&mut self.text, glyph.c);
        self.cover(glyph.left, glyph.top, glyph.right, glyph.bottom);
        self.vote(glyph.size);
        self.bold &= glyph.bold;
        self.count += 1;
    }

    fn vote(&mut self, size: f32) {
        if (size - self.size).abs() < 0.1 {
            self.lead += 1;
        } else if self.lead > 1 {
            self.lead -= 1;
        } else {
            self.size = size;
        }
    }

    fn cover(&mut self, left: f32, top: f32, right: f32, bottom: f32) {
        self.left = self.left.min(left);
        self.top = self.top.min(top);
        self.right = self.right.max(right);
        self.bottom = self.bottom.max(bottom);
    }

    /// The words with their left and right edges.
    fn words(&self) -> impl Iterator<Item = (&str, f32, f32)> {
        let starts = std::iter::once((0, self.left)).chain(self.spaces.iter().map(|(at, _, to)| (*at, *to)));
        let ends = self.spaces.iter().map(|(at, from, _)| (*at, *from)).chain([(self.text.len(), self.right)]);
        starts.zip(ends).map(|((at, left), (end, right))| (self.text.get(at..end).unwrap_or_default(), left, right))
    }

    /// Cuts the run in two before the word that begins at one of its spaces.
    fn cut(mut self, space: usize) -> (Self, Option<Self>) {
        let Some((at, from, to)) = self.spaces.get(space).copied() else { return (self, None) };
        let mut rest = self.clone();
        rest.text = self.text.split_off(at);
        rest.spaces = self.spaces.split_off(space).into_iter().skip(1).map(|(n, x, y)| (n - at, x, y)).collect();
        self.text.truncate(self.text.trim_end().len());
        (self.right, rest.left) = (from, to);
        for part in [&mut self, &mut rest] {
            part.count = part.text.chars().count();
        }
        (self, Some(rest))
    }

    /// Whether `next` stands so close on the right that it is the same cell.
    fn touches(&self, next: &Self) -> bool {
        let gap = segment_gap(self.text.chars().next_back(), next.text.chars().next().unwrap_or(' '));
        next.left - self.right < gap * self.size.max(next.size)
    }

    /// Appends a run of the same line on its right.
    fn join(&mut self, next: &Self) {
        let gap = (next.left - self.right) / self.size.max(next.size);
        if let (Some(before), Some(after)) = (self.text.chars().next_back(), next.text.chars().next())
            && is_apart(Some(before), after, gap, false)
        {
            self.text.push(' ');
            self.spaces.push((self.text.len(), self.right, next.left));
        }
        let before = self.text.len();
        self.spaces.extend(next.spaces.iter().map(|(at, from, to)| (before + at, *from, *to)));
        self.text.push_str(&next.text);
        self.cover(next.left, next.top, next.right, next.bottom);
        self.size = if next.count > self.count { next.size } else { self.size };
        self.bold &= next.bold;
        self.count += next.count;
        self.raised = next.raised;
    }
}

/// A wider gap, in font sizes, parts cells and columns, not words. Figures stand closer: the padding of two cells is
/// about one character. Between Chinese characters stands nothing, or one full-width blank.
fn segment_gap(before: Option<char>, after: char) -> f32 {
    let figure = |c: char| c.is_ascii_digit() || matches!(c, ')' | '(' | '%' | '-' | '$' | '¥' | '￥');
    let wide = |c: char| c >= '\u{2e80}';
    match before {
        Some(before) if figure(before) || figure(after) => 0.8,
        None if figure(after) => 0.8,
        Some(before) if wide(before) && wide(after) => 1.15,
        _ => 1.3,
    }
}

/// Room before the text of two cells that are set alike differs by less, in points.
const ALIKE: f32 = 0.5;
/// Cells have at least this between their texts, in font sizes.
const WALL_GAP: f32 = 0.12;

/// A wider gap, in font sizes, parts Latin words (their spaces are about a quarter).
const WORD_GAP: f32 = 0.17;

fn is_apart(before: Option<char>, after: char, gap: f32, spaced: bool) -> bool {
    let wide = |c: char| c >= '\u{2e80}';
    match before {
        None => false,
        // Chinese characters are set apart by design only where a whole character's room is left.
        Some(before) if wide(before) && wide(after) => gap > 0.7 || (spaced && gap > 0.2),
        Some(before) if wide(before) || wide(after) => gap > 0.5 || (spaced && gap > 0.1),
        Some(_) => gap > WORD_GAP || (spaced && gap > 0.05),
    }
}

pub use rows::Open;

/// The lines of a page in reading order. Text that is turned against the rest comes last. `open` is the table that the
/// page before may have left open.
pub fn lines(page: &Page, open: &mut Open) -> Vec<Line> {
    let mut frames: Vec<(usize, Frame)> = Frame::ALL
        .into_iter()
        .map(|frame| (page.glyphs.iter().filter(|glyph| glyph.frame == frame).count(), frame))
        .filter(|(count, _)| *count > 0)
        .collect();
    frames.sort_by_key(|(count, frame)| (usize::MAX - count, *frame));
    let mut lines = Vec::new();
    let mut block = 0;
    for (nth, (_, frame)) in frames.into_iter().enumerate() {
        // Text that is turned against the rest is a remark in the margin; what rules the page is not for it.
        let turned = |drawn: &[[f32; 4]]| -> Vec<[f32; 4]> {
            drawn.iter().take_while(|_| nth == 0).map(|rule| frame.turn(*rule)).collect()
        };
        let (rules, fills) = (turned(&page.rules), turned(&page.fills));
        let drawn = |shades: &[[f32; 4]]| Strokes::new(rules.iter().copied().chain(lattice::around(shades)));
        let grids = lattice::grids(&drawn(&fills));
        // Shades behind rows rule nothing, and those of one row's cells are one.
        let Strokes { down, .. } = drawn(&lattice::side_by_side(fills));
        let strokes = Strokes { down, ..drawn(&[]) };
        let walls = lattice::walls(&grids);
        let runs = runs(page.glyphs.iter().filter(|glyph| glyph.frame == frame), &walls);
        let (mut sheets, runs) = ruled::sheets(grids, runs);
        let runs = beside::take(runs, &strokes, &mut sheets);
        let ruled = rows::Ruled { sheets, strokes };
        for region in columns::regions(runs, &ruled.strokes.across) {
            block += 1;
            rows::write(region, &ruled, frame, open, &mut block, &mut lines);
        }
    }
    lines
}

/// Characters that follow each other closely, with none of `walls`, which are in order, between them.
fn runs<'a>(glyphs: impl Iterator<Item = &'a Glyph>, walls: &[Stroke]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut before: Option<Glyph> = None;
    for glyph in glyphs {
        // Bold type is faked by drawing a character twice, a hair apart.
        let twice = before.is_some_and(|before| {
            before.c == glyph.c
                && (before.left - glyph.left).abs() < 0.1 * glyph.size
                && (before.top - glyph.top).abs() < 0.1 * glyph.size
        });
        let last = before.replace(*glyph).filter(|_| !twice);
        match (runs.last_mut(), last) {
            _ if twice => {}
            (Some(run), Some(last)) if run.takes(glyph) && !is_walled(walls, run, &last, glyph) => run.push(glyph),
            _ => runs.push(Run::of(glyph)),
        }
    }
    runs
}

/// Whether a wall parts a character from the run that ends with `last`. Words that are wider than their cell run
/// through the wall; then the next cell begins as far behind its own wall as the run behind that of its cell.
fn is_walled(walls: &[Stroke], run: &Run, last: &Glyph, next: &Glyph) -> bool {
    if !next.spaced && next.left - last.right < WALL_GAP * next.size {
        return false;
    }
    let center = |glyph: &Glyph| f32::midpoint(glyph.left, glyph.right);
    let height = next.middle();
    let end = walls.partition_point(|wall| wall.at < center(next));
    let mut near = walls[..end].iter().rev().filter(|wall| wall.from < height && height < wall.to);
    let Some(wall) = near.next() else { return false };
    let mut begins = || near.find(|wall| wall.at <= run.left).map(|own| run.left - own.at);
    wall.at > center(last)
        || wall.at > run.left && begins().is_some_and(|room| (next.left - wall.at - room).abs() < ALIKE)
}

/// Whether dots lead from a heading to its page, as in a table of contents.
pub fn is_dotted(text: &str) -> bool {
    let dots = text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    dots.contains(".....") || dots.contains("………") || dots.contains("·····")
}

/// Runs on one height, from left to right.
#[derive(Clone, Debug, Default)]
struct Row {
    runs: Vec<Run>,
    top: f32,
    bottom: f32,
}

impl Row {
    fn middle(&self) -> f32 {
        f32::midpoint(self.top, self.bottom)
    }

    /// The runs as one.
    fn joined(&self) -> Option<Run> {
        let (first, rest) = self.runs.split_first()?;
        let mut line = first.clone();
        for run in rest {
            line.join(run);
        }
        Some(line)
    }
}

/// Runs grouped by height, from top to bottom; runs that touch are joined.
fn rows_of(mut runs: Vec<Run>) -> Vec<Row> {
    runs.sort_by(|a, b| a.middle().total_cmp(&b.middle()));
    let mut rows: Vec<Row> = Vec::new();
    for run in runs {
        let shares = |row: &Row| {
            let overlap = row.bottom.min(run.bottom) - row.top.max(run.top);
            overlap > 0.5 * run.height().min(row.bottom - row.top)
        };
        match rows.iter_mut().rev().take(3).find(|row| shares(row)) {
            Some(row) => {
                // A tall character must not make the row swallow its neighbours.
                if run.height() < 1.6 * (row.bottom - row.top) {
                    row.top = row.top.min(run.top);
                    row.bottom = row.bottom.max(run.bottom);
                }
                row.runs.push(run);
            }
            None => rows.push(Row { top: run.top, bottom: run.bottom, runs: vec![run] }),
        }
    }
    for row in &mut rows {
        row.runs.sort_by(|a, b| a.left.total_cmp(&b.left));
        let mut joined: Vec<Run> = Vec::new();
        for run in row.runs.drain(..) {
            match joined.last_mut() {
                Some(last) if last.touches(&run) => last.join(&run),
                _ => joined.push(run),
            }
        }
        row.runs = amounts::amounts(joined);
    }
    rows.sort_by(|a, b| a.top.total_cmp(&b.top));
    rows
}

#[cfg(test)]
mod tests;
